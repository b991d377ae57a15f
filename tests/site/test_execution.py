"""Executed pages: what a kernel makes of the cells, and what must not be published."""

import re
import threading
import time
from contextlib import suppress

import nbformat
import pytest

from literate import Problem
from literate.jupyter import execute
from literate.workshop import Workshop
from voronet_site.figures import PALETTE

pytestmark = pytest.mark.slow

CODE, TEXT = "# %%\n", "# %% [markdown]\n"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """Start workers in a project of its own."""
    root = tmp_path_factory.mktemp("project")
    (root / "secret").mkdir()
    workshop = Workshop(root, root / ".cache", ["matplotlib.pyplot", "mkdocs_jupyter.convert"])
    yield workshop
    workshop.stop()


@pytest.fixture
def run(workshop):
    """Execute a percent script, and return its Markdown."""

    def run(text, name="page.py", seconds=60):
        (workshop.root / name).write_text(text)
        workshop.begin()
        target = "literate.jupyter.execute:execute_page"
        executed = workshop.call(target, name, "voronet_site.figures", seconds, processes=True)
        return executed["markdown"]

    return run


PAGE = r"""# ---
# title: A page
# ---

# %% [markdown]
# Before, `{{= n }}` has no value.

# %%
n = 6
print('six')
n + 1

# %% [markdown]
# After, it has: {{= n }}, $L = {{= n / 1e4 :.1e }}$.

# %%
x = "```"

# %%
print('```')

# %% fold="How ten is made"
print(4 + n)

# %% alt="A line that rises"
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([0, 1]);

# %%
class Film:
    def _repr_html_(self):
        return '<video></video>'
Film()

# %% [markdown]
# {{= __name__ }} and {{= (2, 3) }}
"""


def test_cells_come_out_as_markdown_in_their_order(run):
    markdown = run(PAGE)
    parts = [
        "Before, `{{= n }}` has no value.",
        "``` { .python .cell }\nn = 6\nprint('six')\nn + 1\n```\n\n"
        "``` { .text .output }\nsix\n```\n\n``` { .text .output }\n7\n```",
        r"After, it has: 6, $L = 6.0 \times 10^{-4}$.",
        '```` { .python .cell }\nx = "```"\n````',
        "```` { .text .output }\n```\n````",
        "``` { .text .output }\n10\n```\n\n"
        '??? code "How ten is made"\n\n    ``` { .python .cell }\n    print(4 + n)\n    ```',
        '<figure class="drawn" id="figure-1">',
        'aria-label="Figure 1. A line that rises"',
        "var(--v-green)",
        '??? code "The code of this figure"\n\n    ``` { .python .cell }\n    import matplotlib',
        "``` html-output\n<video></video>\n```",
        "__main__ and (2, 3)",
    ]
    places = [markdown.find(part) for part in parts]
    assert -1 not in places, f"missing: {parts[places.index(-1)]!r} in\n{markdown}"
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (CODE + "1 / 0", "ZeroDivisionError"),
        (CODE + "import warnings\nwarnings.warn('old', DeprecationWarning)", "DeprecationWarning"),
        (CODE + "import numpy as np\nnp.log(np.zeros(1))", "divide by zero"),
        (CODE + "open('written', 'w')", "PermissionError.*temporary folder only"),
        (CODE + "import subprocess\nsubprocess.run(['ls'])", "PermissionError.*other processes"),
        (CODE + "import os\nos._exit(1)", "ended the kernel"),
        (TEXT + "# It is {{= missing }}.", "NameError: name 'missing'"),
        (CODE + "n = [1]\n\n" + TEXT + "# It is {{= n }}.", "no number, string or tuple"),
    ],
)
def test_a_cell_that_fails_fails_the_page_and_says_where(run, page, says):
    with pytest.raises(Problem) as caught:
        run(page)
    message = str(caught.value)
    assert re.search(says, message, re.DOTALL), message
    assert re.match(r"page\.py:\d+", message), message


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
    cell = nbformat.v4.new_code_cell("draw()", metadata={"alt": alt}, outputs=outputs)
    with pytest.raises(Problem, match=says):
        execute.write_cell(cell, 3, PALETTE, "1.2")


def test_a_page_that_takes_too_long_fails(run):
    with pytest.raises(Problem, match="takes more than 4 seconds"):
        run(CODE + "while True: pass", seconds=4)


def test_pages_that_run_side_by_side_do_not_meet(run):
    results = {}

    def page(name):
        text = f"{CODE}name = {name!r}\n\n{TEXT}# I am {{{{= name }}}}."
        results[name] = run(text, f"{name}.py")

    threads = [threading.Thread(target=page, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "I am one." in results["one"]
    assert "I am two." in results["two"]


def test_stopping_ends_a_page(tmp_path):
    workshop = Workshop(tmp_path, tmp_path / ".cache", [])
    (tmp_path / "page.py").write_text(CODE + "import time\ntime.sleep(600)")
    ended = threading.Event()

    def page():
        target = "literate.jupyter.execute:execute_page"
        with suppress(Problem):
            workshop.call(target, "page.py", "", 600, processes=True)
        ended.set()

    threading.Thread(target=page, daemon=True).start()
    time.sleep(4)
    assert not ended.is_set()
    workshop.stop()
    assert ended.wait(30)
