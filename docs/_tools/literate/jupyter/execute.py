"""Runs an executed page, and writes it as Markdown with its results.

One kernel runs the cells in their order. When the turn of a Markdown cell comes, the kernel
evaluates its `{{= values }}` with all that the cells above have made. Whatever a cell writes
to the error stream fails the page, and so do warnings, which the kernel raises as errors.
"""

import ast
import asyncio
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellExecutionError
from nbclient.util import run_sync
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode

from literate.figures import themed
from literate.sources import CACHE, DOCS, ORACLES, PACKAGE, RECORDED, ROOT
from literate.values import replace

# Seconds that a page may take.
LIMIT = 300
READ = (PACKAGE, RECORDED, ORACLES, CACHE)
# Pictures as SVG in the site's style, and warnings as errors, in child processes too. What
# the kernel itself is warned of is its makers' business. A file of the project that the cache of
# the pages does not know must not be read: the page would not be executed when it changes.
START = f"""
import os, sys, warnings
def refuse(event, details, root={str(ROOT)!r}, known={[*map(str, READ)]!r}, os=os, sys=sys):
    if event == "open" and isinstance(details[0], str):
        path = os.path.realpath(details[0])
        folders = (root, *known, sys.prefix)
        if [folder for folder in folders if path.startswith(folder + os.sep)] == [root]:
            raise PermissionError(f"{{path}}: an executed page reads only from {{', '.join(known)}}")
sys.addaudithook(refuse)
"""
START += """
import matplotlib, numpy as np, voronet
from voronet.show import settings
with warnings.catch_warnings(action="ignore"):
    get_ipython().run_line_magic("matplotlib", "inline")
    get_ipython().run_line_magic("config", "InlineBackend.figure_formats = ['svg']")
matplotlib.rcParams.update(settings() | {"svg.fonttype": "none", "svg.hashsalt": "voronet"})
os.environ["PYTHONWARNINGS"] = "error"
warnings.simplefilter("error")
warnings.filterwarnings("ignore", module="ipykernel|IPython|jupyter_client|matplotlib_inline")
del os, sys, warnings, matplotlib, settings, refuse
"""
COLOURED = re.compile(r"\x1b\[[\d;]*m")
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


# The processes that run pages now.
kernels: set[int] = set()


class PageFailure(Exception):
    """A cell of an executed page must not be published: the build ends here."""


class PagePreprocessor(ExecutePreprocessor):
    """Executes the cells of a page and leaves the Markdown of each in its metadata."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.pid = 0
        # No history: kernels that run side by side would wait for one another's file.
        self.extra_arguments = ["--HistoryManager.enabled=False"]
        # When all is executed, nothing is left to save: do not wait for the kernel to say farewell.
        self.shutdown_kernel = "immediate"
        # What a cell prints is one output, however many pieces it comes in.
        self.coalesce_streams = True

    async def async_start_new_kernel(self, **options: Any) -> None:
        """Start the kernel in the folder of the executed pages."""
        environment = os.environ | {
            "PYTHONPYCACHEPREFIX": str(CACHE / "python"),
            # Pages run side by side, one core each.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        options |= {"env": environment, "cwd": str(DOCS / "run")}
        assert self.km is not None
        # Files as sockets, in a folder of their own: no port is opened, and none collide.
        self.km.transport, self.km.ip = "ipc", str(Path(self.sockets) / "kernel")
        await super().async_start_new_kernel(**options)
        self.pid = self.km.provisioner.pid
        kernels.add(self.pid)

    start_new_kernel = run_sync(async_start_new_kernel)

    def preprocess(
        self, nb: NotebookNode, resources: Any = None, km: Any = None
    ) -> tuple[NotebookNode, Any]:
        """Execute the cells, numbered so that two runs give the same page."""
        for index, cell in enumerate(nb.cells):
            cell["id"] = f"cell-{index}"
        self.started = time.monotonic()
        # The client waits in the event loop of its thread: give it one of its own.
        with (
            TemporaryDirectory(ignore_cleanup_errors=True) as self.sockets,
            ThreadPoolExecutor(1) as alone,
        ):
            return alone.submit(self.preprocess_alone, nb, resources, km).result()

    def preprocess_alone(
        self, nb: NotebookNode, resources: Any, km: Any
    ) -> tuple[NotebookNode, Any]:
        """Execute the cells in a thread without a loop, and close the one they wait in."""
        try:
            executed: tuple[NotebookNode, Any] = super().preprocess(nb, resources, km)
        finally:
            kernels.discard(self.pid)
            # What still waits for a kernel that is gone waits in vain.
            loop = ensure_event_loop()
            waiting = asyncio.all_tasks(loop)
            for task in waiting:
                task.cancel()
            loop.run_until_complete(asyncio.wait(waiting) if waiting else asyncio.sleep(0))
            loop.close()
        return executed

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, index: int
    ) -> tuple[NotebookNode, Any]:
        """Execute a cell of code, or evaluate the values of a cell of text."""
        self.timeout = LIMIT - int(time.monotonic() - self.started)
        if self.timeout <= 0:
            raise PageFailure(f"the page takes more than {LIMIT} seconds")
        if index == 0:
            self.ask(START)
        if cell.cell_type == "code":
            try:
                cell, resources = super().preprocess_cell(cell, resources, index)
            except CellExecutionError as error:
                raise PageFailure(f"a cell fails:\n{COLOURED.sub('', str(error))}") from None
            markdown = code_cell(cell, index)
        elif cell.cell_type == "markdown":
            markdown = replace(cell.source, self.evaluate)
        else:
            markdown = cell.source
        cell.metadata["voronet_markdown"] = markdown
        return cell, resources

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


def stop_kernels() -> None:
    """End the kernels that are running, and with them the pages."""
    while kernels:
        with suppress(ProcessLookupError):
            os.kill(kernels.pop(), signal.SIGKILL)


def code_cell(cell: NotebookNode, index: int) -> str:
    """Write a cell of code and its outputs as Markdown."""
    parts = [fenced(cell.source, "{ .python .cell }")] if cell.source.strip() else []
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
            drawn = themed(data["image/svg+xml"], description, f"cell-{index}")
            parts.append(fenced(drawn, "html-output"))
        elif "text/plain" in data:
            parts.append(text_output(data["text/plain"]))
        else:
            raise PageFailure(f"a cell shows nothing that a page can hold: {list(data)}")
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


def raw(source: str, *_: Any, **__: Any) -> str:
    """Put HTML into the page as it is: the format of the fence `html-output`."""
    return f'<div class="html-output">{source}</div>'
