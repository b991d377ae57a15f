"""The MkDocs hook: only what must be one.

It tells mkdocs-jupyter how to execute (side by side, from a cache that knows the package and the
dependencies), hands the Markdown that comes back to MkDocs' own renderer, stops the build at what
the guards find, and adds the style sheet of the palette. All else is a Markdown extension.
"""

import gc
import html
import logging
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mkdocs_jupyter.config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import get_toc
from mkdocs.utils import CountHandler, meta
from mkdocs_jupyter.plugin import _compute_cache_key, _get_cache_path

from literate import sources
from literate.sources import CACHE, DOCS, ORACLES, PACKAGE, RECORDED

log = logging.getLogger("mkdocs.voronet")
JUPYTER = DOCS / "_tools" / "literate" / "jupyter"
EXECUTED = CACHE / "executed"
WAITING = "<p><em>This page is being executed. It will show itself when it is done.</em></p>"

serving = False
running: dict[Path, Future[str]] = {}
pool = ThreadPoolExecutor(os.cpu_count())
waiting = False
loaded = behind = ""
rendered: dict[Path, tuple[Any, bool]] = {}
warned = CountHandler(level=logging.WARNING)
logging.getLogger("mkdocs").addHandler(warned)
# What the index of the search shall not read, for it is made of words.
ASIDE = re.compile(r"<(math|pre|svg)\b.*?</\1>", re.DOTALL)
aside: list[str] = []


def on_startup(command: str, dirty: bool) -> None:
    """Note whether pages are served, and keep Jupyter to the project's own configuration."""
    global serving
    serving = command == "serve"
    # Python 3.11 fails now and then ("AST constructor recursion depth mismatch") when the collector
    # hands one thread's turn to another in the midst of a parse: collect before each build instead.
    gc.disable()
    os.environ.pop("JUPYTER_PATH", None)
    os.environ |= {
        "JUPYTER_CONFIG_DIR": str(JUPYTER),
        "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1",
        "JUPYTER_DATA_DIR": str(CACHE / "jupyter"),
        "IPYTHONDIR": str(CACHE / "ipython"),
    }
    mkdocs_jupyter.config.settings.templates_dir = str(JUPYTER)
    # Bytecode beside the sources would look like an edit to `mkdocs serve`.
    sys.pycache_prefix = str(CACHE / "python")


def on_config(config: Any) -> Any:
    """Forget what has changed, and give the executed pages a cache of this state."""
    global loaded, behind
    gc.collect()
    from literate import build_cache as memory
    from literate.equations.pages import read_pages

    memory.begin()
    rendered.clear()
    warned.counts.clear()
    aside.clear()
    # Values and figures speak of the package and of the equations of all pages.
    state = memory.state() + repr(read_pages(DOCS))
    before, behind = behind, behind_executed()
    if before and behind != before:
        stop_executing()
    if loaded and state != loaded:
        forget_modules()
    loaded = state
    cache = CACHE / "pages" / behind
    for old in cache.parent.glob("*"):
        if old != cache:
            shutil.rmtree(old)
    cache.mkdir(parents=True, exist_ok=True)
    config.plugins["mkdocs-jupyter"].config["cache_dir"] = str(cache)
    return config


def behind_executed() -> str:
    """Return a digest of all that an executed page depends on, but for its own text."""
    sources_behind = [
        *sources.files(PACKAGE, "*.py"),
        *sources.files(JUPYTER, "*.py", "*.j2"),
        *sources.files(RECORDED, "*"),
        *sources.files(ORACLES, "*"),
        *sources.imported(JUPYTER / "execute.py"),
    ]
    return sources.digest(set(sources_behind), sources.dependencies())


def forget_modules() -> None:
    """Let the package and the tooling be imported anew, for `mkdocs serve` goes on and on."""
    for name in [*sys.modules]:
        if name.partition(".")[0] in ("voronet", "voronet_site", "literate"):
            del sys.modules[name]


def on_files(files: Any, config: Any) -> Any:
    """Add what the look is made of, and start to execute the pages that need it."""
    from voronet_site import theme_assets as look

    files.append(File.generated(config, "palette.css", content=look.palette()))
    files.append(File.generated(config, "favicon.svg", content=look.mark(fixed=True)))
    config.extra["logo"] = look.mark()
    plugin = config.plugins["mkdocs-jupyter"]
    for file in files.documentation_pages():
        if plugin.should_include(file):
            start(file, plugin, config, files)
    return files


def place(plugin: Any, file: Any) -> Path:
    """Return where mkdocs-jupyter keeps a page, named after all that the page depends on."""
    state = _compute_cache_key(file.abs_src_path, plugin.config, plugin.config["execute"])
    return Path(_get_cache_path(plugin.config["cache_dir"], state))


def start(file: Any, plugin: Any, config: Any, files: Any) -> None:
    """Let mkdocs-jupyter fill its own cache for a page, beside the other pages."""
    cached = place(plugin, file)
    if cached in running:
        return
    page = SimpleNamespace(file=file, abs_url="/")
    plugin.on_pre_page(page, config=config, files=files)
    if cached.exists():
        running[cached] = Future()
        page.render(config, files)
        running[cached].set_result(page.content)
        return

    def execute() -> str:
        began = time.monotonic()
        log.info("Executing %s", file.src_uri)
        try:
            page.render(config, files)
            if behind_executed() != cached.parent.name:
                cached.unlink(missing_ok=True)
                running.pop(cached, None)
                raise PluginError(
                    f"{file.src_uri}: what is behind it changed while it was executed"
                )
        finally:
            # `mkdocs serve` watches this file.
            EXECUTED.write_text(cached.name, encoding="utf-8")
        left = sum(not future.done() for future in running.values()) - 1
        seconds = time.monotonic() - began
        log.info("Executed %s in %.1f s, %d pages to go", file.src_uri, seconds, left)
        return str(page.content)

    running[cached] = pool.submit(execute)


def on_pre_page(page: Any, config: Any, files: Any) -> Any:
    """Render executed pages as Markdown, and let no failure pass unnamed."""
    from literate import build_cache as memory

    plugin = config.plugins["mkdocs-jupyter"]
    result = running[place(plugin, page.file)] if plugin.should_include(page.file) else None

    def render(self: Any, config: Any, files: Any) -> None:
        global waiting
        try:
            if result and serving and not result.done():
                waiting = True
                self.content, self.toc = WAITING, get_toc([])
                return
            if result:
                markdown = html.unescape(result.result())
                if not markdown.strip():
                    raise PluginError("mkdocs-jupyter did not use docs/_tools/literate/jupyter")
                self.markdown, self.meta = meta.get_data(markdown)
            kept = memory.place("rendered", self.file.src_uri, *depends(self, config, files))
            if not take(self, memory.recall(kept), config, files):
                before = warnings()
                from voronet_site.checked import report

                here = {"docs": config.docs_dir, "page": self.file.src_uri}
                config.mdx_configs["literate.maths"] = here | {"report": report}
                config.mdx_configs["literate.claims"] |= here
                Page.render(self, config, files)
                # MkDocs sees no anchors in what extensions have put aside as HTML.
                self.present_anchor_ids |= set(re.findall(r'\bid="([^"]+)"', self.content))
                if warnings() == before:
                    rendered[kept] = (self, "<autoref" in self.content)
        except Exception as error:
            log.debug("the failure in full", exc_info=True)
            raise PluginError(f"{self.file.src_uri}: {type(error).__name__}: {error}") from None

    page.render = render.__get__(page, Page)
    return page


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Stop at what the guards find in the source of a page."""
    from literate import guards
    from literate.equations.pages import text_of
    from literate.values import typed_numbers

    text = text_of(Path(page.file.abs_src_path))
    found = [*guards.includes(text), *guards.typed_code(text)]
    if page.file.src_uri not in ("references.md", "api.md"):
        found += [
            f"line {line}: the number {number} is typed" for line, number in typed_numbers(text)
        ]
    for problem in found:
        log.warning("%s: %s", page.file.src_uri, problem)
    return markdown


def warnings() -> int:
    """Count the warnings until now."""
    return sum(count for _, count in warned.get_counts())


def depends(page: Any, config: Any, files: Any) -> Iterator[str]:
    """Yield all that a page depends on."""
    from literate import build_cache as memory
    from voronet_site.checked import report_for

    yield from (memory.state(), page.markdown, repr(page.meta), repr(page.title))
    included = sources.included(page.markdown)
    yield sources.digest({Path(config.config_file_path), *included})
    # Links lead to pages and other files, references to equations.
    yield repr(sorted((file.src_uri, file.url) for file in files))
    yield report_for(page.file.src_uri, page.markdown)


def take(page: Any, kept: Any, config: Any, files: Any) -> bool:
    """Take over what an earlier build made of a page, if there is any."""
    if kept is None:
        return False
    page.content, page.toc, page._title_from_render, page.present_anchor_ids, links = kept
    page.links_to_anchors = {files.get_file_from_path(path): found for path, found in links}
    if "\n::: " in page.markdown:
        # It adds the styles of the handlers that it has met.
        config.plugins["mkdocstrings"].get_handler("python")
    return True


@event_priority(-100)
def on_env(env: Any, config: Any, files: Any) -> None:
    """Keep the pages that gave no warning, and put aside what the search shall not read."""
    from literate import build_cache as memory

    for kept, (page, crossed) in rendered.items():
        # With `--verbose` MkDocs does not note the links. Cross-references are found after the
        # page is made, and a warning of one does not say of which page.
        if page.links_to_anchors is None or (crossed and warnings()):
            continue
        links = [(file.src_uri, found) for file, found in page.links_to_anchors.items()]
        title = page._title_from_render
        made = (page.content, page.toc, title, page.present_anchor_ids, links)
        memory.keep(kept, made)
    memory.end()

    def put(found: re.Match[str]) -> str:
        aside.append(found[0])
        return f"<!--aside {len(aside) - 1}-->"

    for file in files.documentation_pages():
        file.page.content = ASIDE.sub(put, file.page.content)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Stop at what the guards find in the built page."""
    from literate import guards

    output = re.sub(r"<!--aside (\d+)-->", lambda found: aside[int(found[1])], output)
    for problem in [*guards.leftovers(output), *guards.doubled(output)]:
        log.warning("%s: %s", page.file.src_uri, problem)
    # The theme's dialog of the search has no name for those who cannot see it.
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def on_post_build(config: Any) -> None:
    """Write for programs what the check of the equations found."""
    from voronet_site.checked import report

    found = report().json()
    Path(config.site_dir, "checks.json").write_text(found, encoding="utf-8")


def on_serve(server: Any, config: Any, builder: Any) -> Any:
    """Show a page that was being executed as soon as it has been."""
    EXECUTED.touch()
    server.watch(str(EXECUTED))
    if waiting:
        # What came to an end between the build and now is seen a moment later.
        threading.Timer(2, EXECUTED.touch).start()
    return server


def stop_executing() -> None:
    """Stop what is being executed: nobody will see it."""
    from literate.jupyter.execute import stop_kernels

    for future in running.values():
        future.cancel()
    running.clear()
    stop_kernels()


def on_build_error(error: Exception) -> None:
    """Stop what is being executed when there is no site."""
    stop_executing()


def on_shutdown() -> None:
    """Stop what is being executed when the server stops."""
    stop_executing()
