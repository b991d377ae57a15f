"""Executed pages: what a kernel makes of the cells, and what must not be published."""

import os
import signal
import threading
import time

import nbformat
import pytest

from literate.figures import FigureFailure
from literate.jupyter import execute
from literate.jupyter.execute import PageFailure, PagePreprocessor

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def code(source, **metadata):
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def text(source):
    return nbformat.v4.new_markdown_cell(source)


def executed(*cells):
    """Execute cells in one kernel and return the Markdown of each."""
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    notebook, _ = PagePreprocessor(enabled=True).preprocess(notebook, {})
    return [cell.metadata["voronet_markdown"] for cell in notebook.cells]


def test_cells_come_out_as_markdown_in_their_order():
    markdown = executed(
        nbformat.v4.new_raw_cell("---\ntitle: A page\n---"),
        text("Before, `{{= n }}` has no value."),
        code("n = 6\nprint('six')\nn + 1"),
        text("After, it has: {{= n }}, $L = {{= n / 1e4 :.1e }}$, {{= np.float64(n) :.2f }}."),
        code("x = '```'"),
        code("print('```')"),
        code("voronet.Network().size"),
        code(
            "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([0, 1]);",
            alt="A line that rises",
        ),
        code("class Film:\n    def _repr_html_(self):\n        return '<video></video>'\nFilm()"),
        text("{{= __name__ }} and {{= (2, 3) }}"),
    )
    assert markdown[0] == "---\ntitle: A page\n---"
    assert markdown[1] == "Before, `{{= n }}` has no value."
    assert markdown[2] == (
        "``` { .python .cell }\nn = 6\nprint('six')\nn + 1\n```\n\n"
        "``` { .text .output }\nsix\n```\n\n``` { .text .output }\n7\n```"
    )
    assert markdown[3] == r"After, it has: 6, $L = 6.0 \times 10^{-4}$, 6.00."
    assert markdown[4] == "```` { .python .cell }\nx = '```'\n````"
    assert markdown[5].endswith("```` { .text .output }\n```\n````")
    assert markdown[6].endswith("``` { .text .output }\n48\n```")
    assert '<figure class="drawn">' in markdown[7]
    assert 'aria-label="A line that rises"' in markdown[7]
    assert "var(--v-green)" in markdown[7]
    assert markdown[8].endswith("``` html-output\n<video></video>\n```")
    assert markdown[9] == "__main__ and (2, 3)"


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([code("1 / 0")], "ZeroDivisionError"),
        ([code("import warnings\nwarnings.warn('old', DeprecationWarning)")], "DeprecationWarning"),
        ([code("import numpy as np\nnp.log(np.zeros(1))")], "divide by zero"),
        ([code("open('../notation.md')")], r"PermissionError.*notation.md"),
        ([code("import os\nos._exit(1)")], r"Kernel died|DeadKernel"),
        ([text("It is {{= missing }}.")], "NameError: name 'missing'"),
        ([code("n = [1]"), text("It is {{= n }}.")], "no number, string or tuple"),
    ],
)
def test_a_cell_that_fails_fails_the_page(cells, says):
    with pytest.raises(Exception, match=says):
        executed(*cells)
    assert not execute.kernels


def stream(name, text):
    return nbformat.v4.new_output("stream", name=name, text=text)


def shown(**data):
    mimes = {"plain": "text/plain", "svg": "image/svg+xml", "png": "image/png"}
    data = {mimes[name]: value for name, value in data.items()}
    return nbformat.v4.new_output("display_data", data=data)


SVG = '<svg viewBox="0 0 9 9"><path style="fill: {}"/></svg>'


@pytest.mark.parametrize(
    ("outputs", "alt", "says"),
    [
        ([stream("stderr", "careful")], "", "writes to the error stream: careful"),
        ([shown(plain="<object object at 0x7fcfe60ab740>")], "", "an address"),
        ([stream("stdout", "<f at 0x7fcfe60ab740>\n")], "", "an address"),
        ([shown(svg=SVG.format("#1d2428"))], "", "has one picture and describes it"),
        ([shown(svg=SVG.format("#1d2428"))] * 2, "Two", "has one picture and describes it"),
        ([shown(svg=SVG.format("#ff0000"))], "Red", "#ff0000 is not in the palette"),
        ([shown(png="aGk=")], "A raster", "nothing that a page can hold"),
    ],
)
def test_an_output_that_no_page_may_show_fails(outputs, alt, says):
    cell = code("draw()", alt=alt)
    cell.outputs = outputs
    with pytest.raises((PageFailure, FigureFailure), match=says):
        execute.code_cell(cell, 3)


def test_a_page_that_takes_too_long_fails(monkeypatch):
    monkeypatch.setattr(execute, "LIMIT", 6)
    with pytest.raises(Exception, match=r"[Tt]imed out"):
        executed(code("while True: pass"))
    assert not execute.kernels


def test_a_warning_in_a_child_process_fails_too():
    child = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {!r}], check=True)"
    with pytest.raises(PageFailure, match="CalledProcessError"):
        executed(code(child.format("import warnings; warnings.warn('old')")))


def test_pages_that_run_side_by_side_do_not_meet():
    results = {}

    def page(name):
        results[name] = executed(code(f"name = {name!r}\nname"), text("{{= name }}"))[1]

    threads = [threading.Thread(target=page, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"one": "one", "two": "two"}


def test_stopping_ends_a_page():
    failed = []

    def page():
        try:
            executed(code("import time\nfor _ in range(600):\n    time.sleep(0.1)"))
        except Exception as error:
            failed.append(str(error))

    thread = threading.Thread(target=page)
    thread.start()
    while not execute.kernels:
        time.sleep(0.1)
    time.sleep(3)
    pids = set(execute.kernels)
    execute.stop_kernels()
    thread.join(30)
    assert failed
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
