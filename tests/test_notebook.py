"""What the pages show, pasted into a notebook and into a plain session."""

import base64
import io
import os
import re
import subprocess
import sys
import warnings

import nbclient
import nbformat
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

BEGIN = """
import numpy as np
import voronet
from voronet.show import curves, film, frame, region, tessellation
rng = np.random.default_rng(1)
rule, x = voronet.VoronoiRule.random(rng), voronet.sample_points(9, rng)
y = voronet.one_hot(rule.label(x))
run = voronet.train(x, y, rule=rule, max_steps=200)
"""
CELLS = {
    "tessellation": "tessellation(rule, x)",
    "region": "region(run.net, run.w)",
    "frame": "frame(run)",
    "curves": "curves(run)",
    "show": "import matplotlib.pyplot as plt\nframe(run, 0)\nplt.show()",
    "film": "film(run)",
    "replay": "run.replay()",
    "run": "run",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Execute the cells in a fresh kernel; give the output of each, by its kind."""
    cells = [nbformat.v4.new_code_cell(source) for source in (BEGIN, *CELLS.values())]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(notebook, kernel_name="python3")
    client.create_kernel_manager()
    # Sockets as files, in a folder of their own.
    folder = tmp_path_factory.mktemp("kernel")
    client.km.transport, client.km.ip = "ipc", str(folder / "k")
    environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    with warnings.catch_warnings(action="ignore"):
        client.execute(env=environment)
    found = {}
    for name, cell in zip(CELLS, notebook.cells[1:], strict=True):
        assert not [o for o in cell.outputs if o.output_type == "stream"], name
        found[name] = {
            kind: data for o in cell.outputs for kind, data in o.data.items()
        }
    return found


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_shows_its_picture(shown, name):
    png = base64.b64decode(shown[name]["image/png"])
    with Image.open(io.BytesIO(png)) as picture:
        assert min(picture.size) > 400
    assert len(shown[name]["text/plain"]) < 200, "the text beside it is short"


@pytest.mark.parametrize("name", ["film", "replay", "run"])
def test_no_script_and_no_style_is_shown_as_text(shown, name):
    # What cleans a page of scripts may leave what stands between their tags.
    page = shown[name]["text/html"]
    text = re.sub("<[^>]*>", " ", page)
    assert len(text.split()) < 20, text[:300]
    assert "{" not in text
    # Of a page without scripts a picture of the run remains.
    assert '<img src="data:image/' in page


def test_in_a_plain_session_the_pages_work_too(tmp_path):
    # Each line is typed into the prompt; the pictures wait for plt.show().
    lines = [*BEGIN.splitlines(), *CELLS.values()]
    done = subprocess.run(
        [sys.executable, "-i", "-q"],
        input="\n\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MPLBACKEND": "svg"},
        cwd=tmp_path,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr, done.stderr
    answers = done.stdout.splitlines()
    assert max(map(len, answers)) < 120, "no answer is a page of HTML"
    assert any(answer.startswith("<Film of 3 pictures: play()") for answer in answers)
    assert any(answer.startswith("<Replay of Run(") for answer in answers)


@pytest.mark.parametrize(
    ("missing", "kinds"),
    [
        (("matplotlib", "PIL", "av"), {"text/plain"}),
        (("PIL",), {"text/plain"}),
        (("av",), {"text/plain", "text/html", "image/png"}),
    ],
)
def test_a_run_without_the_extra_is_shown_as_text(missing, kinds):
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({missing!r}))\n"
        "import voronet\n"
        "from IPython.core.formatters import DisplayFormatter\n"
        "run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=9)\n"
        "print(*DisplayFormatter().format(run)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert set(done.stdout.split()) == kinds


def test_a_film_without_the_library_for_videos_is_its_last_frame():
    code = (
        "import sys; sys.modules['av'] = None\n"
        "import voronet, voronet.show\n"
        "run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=9)\n"
        "film = voronet.show.film(run)\n"
        "print(film._repr_html_(), film._repr_png_()[:4])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "None b'\\x89PNG'\n"
