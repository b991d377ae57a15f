"""Executes a page through mkdocs-jupyter, and writes it as Markdown and as a notebook with its results.

One kernel runs the cells in their order. When the turn of a Markdown cell comes, the kernel
evaluates its `{{= values }}` with all that the cells above have made. Whatever a cell writes
to the error stream fails the page, and so do warnings, which the kernel raises as errors.

The code of a picture stands in a closed fold under it. So does the code of any cell that gives the
fold a title, under what the cell prints: `# %% fold="The gradient by loops"`.
"""

import ast
import html
import json
import os
import re
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

import mkdocs_jupyter.config
from jupyter_core.paths import jupyter_config_dir
from mkdocs_jupyter.convert import nb2html
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode

from literate import Problem
from literate.environment import JUPYTER
from literate.figures import Palette, load_style, number_figure, themed, write_figure
from literate.recording import DEPENDS
from literate.values import Asked, locate_value, replace, write_value

# Pictures as SVG in the site's style, and warnings as errors. Warnings about the kernel's
# own modules are left out. From here on the kernel notes what the page reads.
START = """
import os, sys, warnings
import matplotlib.pyplot
with warnings.catch_warnings(action="ignore"):
    get_ipython().run_line_magic("matplotlib", "inline")
    get_ipython().run_line_magic("config", "InlineBackend.figure_formats = ['svg']")
    # No date, so that two builds give the same picture.
    options = {{"bbox_inches": "tight", "metadata": {{"Date": None}}}}
    get_ipython().run_line_magic("config", f"InlineBackend.print_figure_kwargs = {{options}}")
from literate.environment import extend_path
from literate.recording import Recorder
extend_path()
_literate_recorder = Recorder({root!r}, os.environ["LITERATE_CACHE"]).start()
from literate.figures import load_style
matplotlib.rcParams.update(load_style({figures!r})[1])
warnings.simplefilter("error")
warnings.filterwarnings("ignore", module="ipykernel|IPython|jupyter_client|matplotlib_inline")
del os, sys, warnings, matplotlib, options, load_style, Recorder, extend_path
"""
COLOURED = re.compile(r"\x1b\[[\d;]*m")
DATA = (".csv", ".json", ".npy", ".npz")
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


class PageFailure(Problem):
    """A cell of an executed page must not be published: the build ends here."""


def execute_page(path: str, figures: str, seconds: int) -> dict[str, Any]:
    """Execute a page, a percent script; return its Markdown, its notebook and the data that it reads.

    Its figures take their style from the package `figures`, and it may take so many seconds.
    """
    # mkdocs-jupyter takes no preprocessor, but reads nbconvert's configuration: a file of this process alone.
    configuration = f'c.HTMLExporter.default_preprocessors = ["{__name__}.PagePreprocessor"]'
    Path(jupyter_config_dir(), "jupyter_nbconvert_config.py").write_text(configuration, encoding="utf-8")
    PagePreprocessor.page, PagePreprocessor.figures, PagePreprocessor.seconds = path, figures, seconds
    mkdocs_jupyter.config.settings.templates_dir = str(JUPYTER)
    markdown = html.unescape(nb2html(path, execute=True, kernel_name="literate", allow_errors=False))
    if not markdown.strip():
        raise PageFailure(f"{path}:1: mkdocs-jupyter did not use {JUPYTER}")
    notebook, data = PagePreprocessor.executed, [name for name in PagePreprocessor.read if name.endswith(DATA)]
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "raw"]
    for cell in notebook.cells:
        text = cell.metadata.pop("literate_markdown")
        cell.source = text if cell.cell_type == "markdown" else cell.source
    return {"markdown": markdown, "notebook": notebook, "data": data}


class PagePreprocessor(ExecutePreprocessor):
    """Executes the cells of a page and leaves the Markdown of each in its metadata."""

    page, figures, seconds = "", "", 300
    executed: NotebookNode
    read: dict[str, str]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # When all is executed, nothing is left to save: do not wait for the kernel to shut down.
        self.shutdown_kernel = "immediate"
        # What a cell prints is one output, however many pieces it comes in.
        self.coalesce_streams = True

    async def async_start_new_kernel(self, **options: Any) -> None:
        """Start the kernel in the folder of the page."""
        assert self.km is not None
        # Files as sockets: no port is opened, and none collide.
        self.km.transport, self.km.ip = "ipc", str(Path(tempfile.mkdtemp()) / "kernel")
        await super().async_start_new_kernel(**options | {"cwd": str(Path(self.page).parent)})

    start_new_kernel = run_sync(async_start_new_kernel)

    def preprocess(
        self, nb: NotebookNode, resources: Any = None, km: Any = None
    ) -> tuple[NotebookNode, Any]:
        """Execute the cells, numbered so that two runs give the same page."""
        for index, cell in enumerate(nb.cells):
            cell["id"] = f"cell-{index}"
        self.started, self.pictures = time.monotonic(), 0
        self.palette, _ = load_style(self.figures)
        PagePreprocessor.executed, resources = super().preprocess(nb, resources, km)
        return PagePreprocessor.executed, resources

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, index: int
    ) -> tuple[NotebookNode, Any]:
        """Execute a cell of code, or evaluate the values of a cell of text."""
        failure, place = "", self.locate(cell)
        try:
            self.timeout = self.seconds - int(time.monotonic() - self.started)
            if self.timeout <= 0:
                raise CellTimeoutError
            if index == 0:
                self.ask(START.format(root=os.getcwd(), figures=self.figures))
            cell.metadata["literate_markdown"] = self.write(cell, resources, index)
        except CellExecutionError as error:
            said = COLOURED.sub("", error.traceback)
            failure = f"a cell fails: {error.ename}: {error.evalue}\n{said}"
        except CellTimeoutError:
            failure = f"the page takes more than {self.seconds} seconds"
        except DeadKernelError:
            failure = "a cell ended the kernel"
        except Problem as error:
            failure = str(error)
            place = locate_value(self.page, error) if cell.cell_type == "markdown" else place
        # Take over what the kernel has read until now, unless there is no one to ask.
        if not failure.startswith(("the page takes", "a cell ended")):
            said = self.ask("", {"files": "__import__('json').dumps(_literate_recorder.files)"})
            PagePreprocessor.read = json.loads(ast.literal_eval(said["files"]["data"]["text/plain"]))
            sys.audit(DEPENDS, self.read)
        if failure:
            raise PageFailure(f"{place}: {failure}")
        return cell, resources

    def write(self, cell: NotebookNode, resources: Any, index: int) -> str:
        """Return what a cell becomes: its text with values, or its code with outputs."""
        if cell.cell_type == "code":
            cell, _ = super().preprocess_cell(cell, resources, index)
            drawn = sum("image/svg+xml" in output.get("data", {}) for output in cell.outputs)
            self.pictures += drawn
            number = number_figure(Path(self.page).read_text(encoding="utf-8"), self.pictures)
            return write_cell(cell, index, self.palette, number)
        if cell.cell_type == "markdown":
            return replace(cell.source, self.write_values)
        return str(cell.source)

    def locate(self, cell: NotebookNode) -> str:
        """Return `file:line` of a cell."""
        lines = Path(self.page).read_text(encoding="utf-8").split("\n")
        plain = [re.sub(r"^# ?", "", line) if cell.cell_type == "markdown" else line for line in lines]
        wanted = cell.source.split("\n")
        places = range(len(plain))
        found = [k for k in places if plain[k : k + len(wanted)] == wanted] or [0]
        return f"{self.page}:{found[0] + 1}"

    def write_values(self, asked: list[Asked]) -> list[str]:
        """Write values; one that shows itself as HTML belongs in a cell of code."""
        return ["".join(write_value(self.evaluate, one)) for one in asked]

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the kernel: a number, a string or a tuple."""
        # A number of NumPy becomes Python's own, so that what comes back can be read.
        plain = f"(lambda value: getattr(value, 'item', lambda: value)())({expression})"
        result = self.ask("", {"value": plain})["value"]
        if result["status"] == "error":
            raise PageFailure(f"{result['ename']}: {result['evalue']}")
        text = result["data"]["text/plain"]
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            if text in ("nan", "inf", "-inf"):
                return float(text)
            raise PageFailure(f"{text} is no number, string or tuple") from None

    def ask(self, code: str, expressions: dict[str, str] | None = None) -> Any:
        """Run code in the kernel, leaving no trace, and return what expressions give."""
        assert self.kc is not None
        message = self.kc.execute(code, store_history=False, user_expressions=expressions)
        content = self.wait_for_reply(message)["content"]
        if content["status"] != "ok":
            raise PageFailure(f"{content['ename']}: {content['evalue']}")
        return content["user_expressions"]


def write_cell(cell: NotebookNode, index: int, palette: Palette, number: str = "") -> str:
    """Write a cell of code and its outputs as Markdown: what is folded comes after what it made."""
    code = fenced(cell.source, "{ .python .cell }") if cell.source.strip() else ""
    parts: list[str] = []
    pictures = 0
    for output in cell.outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                raise PageFailure(f"a cell writes to the error stream: {output.text}")
            parts.append(text_output(output.text))
            continue
        data = output.data
        if "text/html" in data:
            parts.append(fenced(data["text/html"], "html-output"))
        elif "image/svg+xml" in data:
            pictures += 1
            description = cell.metadata.get("alt", "")
            if not description or pictures > 1:
                raise PageFailure(
                    'a cell that draws has one picture and describes it: # %% alt="What it shows"'
                )
            drawn = themed(data["image/svg+xml"], palette, f"cell-{index}")
            parts.append(fenced(write_figure(drawn, description, number), "html-output"))
        elif "text/plain" in data:
            parts.append(text_output(data["text/plain"]))
        else:
            raise PageFailure(f"a cell shows nothing that a page can hold: {list(data)}")
    title = cell.metadata.get("fold", "The code of this figure" if pictures else "")
    if title:
        parts.append(f'??? code "{title}"\n\n{textwrap.indent(code, "    ")}')
    elif code:
        parts.insert(0, code)
    return "\n\n".join(parts)


def text_output(text: str) -> str:
    """Write printed text as Markdown."""
    if ADDRESS.search(text):
        raise PageFailure(f"a cell prints an address, which is never the same twice: {text}")
    return fenced(text.rstrip("\n"), "{ .text .output }")


def fenced(text: str, head: str) -> str:
    """Fence text off, with a fence that it does not contain."""
    ticks = max([2, *(len(found) for found in re.findall(r"`+", text))]) + 1
    fence = "`" * ticks
    return f"{fence} {head}\n{text}\n{fence}"
