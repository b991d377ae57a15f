"""The MkDocs plugin: it calls the machinery at the right moments of a build.

Before a page is read it has the equations judged and starts the executed pages; it tells the Markdown
extensions which page it is and who computes for them; it stops the build at what the guards find.
"""

import base64
import json
import logging
import os
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import fields
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemBytecodeCache
from mkdocs.config import config_options as options
from mkdocs.config.base import Config
from mkdocs.exceptions import Abort, BuildError, PluginError
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

from literate import guards, locate, options_for
from literate.equations import Report, Site
from literate.equations.jobs import load_report
from literate.equations.pages import blank_code, page_files, text_of
from literate.explaining import complete_marks, list_explained, list_numbers
from literate.jupyter.download import write_downloads
from literate.printing import Printed, join_pages, print_site
from literate.publishing import publish
from literate.searching import read_page
from literate.workshop import Workshop

log = logging.getLogger("mkdocs.plugins.literate")
WAITING = "*This page is being executed. It will show itself when it is done.*"


class Options(Config):
    """What a site says in mkdocs.yml; all paths are below the folder of that file."""

    # Installed modules that many computations import: imported once for all of them.
    preload = options.ListOfItems(options.Type(str), default=["matplotlib.pyplot"])
    # Folders of modules of the site's own that are not installed.
    path = options.ListOfItems(options.Type(str), default=[])
    # A function that returns, by their names on the site, `files`, texts, and `pictures` in Base64; and `extra`, for the theme.
    assets = options.Optional(options.Type(str))
    # Where the folder of mkdocs.yml can be read, as https://host/project/blob/COMMIT/.
    sources = options.Type(str, default="")
    # The pages where numbers may be typed: lists of references.
    numbered = options.ListOfItems(options.Type(str), default=[])
    # The file that the whole site is printed into, if it is named.
    printed = options.Type(str, default="")
    # How long a page may take to execute.
    page_seconds = options.Type(int, default=300)
    cache = options.Type(str, default=".cache")


class Literate(BasePlugin[Options]):
    """Lives as long as MkDocs does; a build begins with `on_config`."""

    serving = False
    # What the last build stopped at, for the reader of a page that it has not made.
    failure = ""
    workshop: Workshop | None = None

    def on_startup(self, *, command: str, dirty: bool) -> None:
        """Note whether pages are served."""
        self.serving = command == "serve"
        if dirty:
            raise Abort("--dirty: the checks read the whole site; leave it out, the cache makes builds fast")

    def on_config(self, config: Any) -> Any:
        """Begin a build: look at the sources anew."""
        self.root = Path(config.config_file_path).resolve().parent
        # MkDocs keeps a plugin for its next configuration, which may be that of another site.
        if self.workshop is None or self.workshop.root != self.root:
            if self.serving:
                refuse_busy_port(*config.dev_addr)
            self.workshop = Workshop(self.root, self.root / self.config.cache, self.config.preload, self.config.path)
        self.workshop.begin()
        self.docs = Path(os.path.relpath(config.docs_dir, self.root)).as_posix()
        self.report = Report([], [])
        # Not in mkdocs.yml: what says it there is read by MkDocs alone.
        options_of("pymdownx.snippets", config).setdefault("base_path", [str(self.root)])
        self.executing: dict[str, Future[bool]] = {}
        self.downloads: dict[str, dict[str, bytes]] = {}
        self.equations: list[dict[str, str]] = []
        # For the theme, which cannot ask a plugin in every tool.
        config.extra["printed"] = self.config.printed
        return config

    def on_files(self, files: Any, config: Any) -> Any:
        """Judge the equations, add what the site has made, and start to execute pages."""
        given = options_of("literate.maths", config)
        if given.get("samples"):
            self.report = self.judge(given, Path(config.docs_dir))
            files.append(File.generated(config, "checks.json", content=self.report.json()))
        if self.config.assets:
            made = self.workshop.call(self.config.assets)
            for name, text in made["files"].items():
                files.append(File.generated(config, name, content=text))
            for name, picture in made.get("pictures", {}).items():
                files.append(File.generated(config, name, content=base64.b64decode(picture)))
            config.extra.update(made["extra"])
        jupyter = config.plugins.get("mkdocs-jupyter")
        for file in files.documentation_pages():
            if jupyter and jupyter.should_include(file):
                future = self.workshop.start(*self.execution(file, config), processes=True)
                self.executing[file.src_uri] = future
                if not future.done():
                    log.info("Executing %s", file.src_uri)
                    future.add_done_callback(lambda done, uri=file.src_uri: self.tell(uri, done.result()))
        return files

    def on_nav(self, nav: Any, *, config: Any, files: Any) -> Any:
        """Note the pages in the order in which they are read."""
        self.pages = nav.pages
        return nav

    def judge(self, given: dict[str, Any], docs: Path) -> Report:
        """Check the equations of all pages side by side, and stop where one fails."""
        site = {field.name: given.get(field.name, field.default) for field in fields(Site)}
        site["docs"] = self.docs
        paths = [*(os.path.relpath(path, self.root) for path in page_files(docs)), ""]
        target = "literate.equations.jobs:check_page"
        for future in [self.workshop.start(target, site, path) for path in paths]:
            future.result()
        report = load_report(self.workshop.call("literate.equations.jobs:check_all", site))
        if report.failures:
            raise PluginError("\n".join(report.failures))
        return report

    def execution(self, file: File, config: Any) -> tuple[Any, ...]:
        """Return the call that executes a page."""
        figures = options_of("literate.figures", config).get("package", "")
        seconds = self.config.page_seconds
        page = Path(file.abs_src_path).relative_to(self.root).as_posix()
        return ("literate.jupyter.execute:execute_page", page, figures, seconds)

    def tell(self, uri: str, good: bool) -> None:
        """Say that a page has been executed, to the reader of the log and to `mkdocs serve`."""
        left = sum(not future.done() for future in self.executing.values())
        log.info("%s %s, %d pages to go", "Executed" if good else "Gave up", uri, left)
        if self.serving:
            self.finished.write_text(uri, encoding="utf-8")

    @property
    def finished(self) -> Path:
        """Return the file that `mkdocs serve` watches for pages that have been executed."""
        return self.workshop.folder / "finished"

    @event_priority(-100)
    def on_pre_page(self, page: Any, *, config: Any, files: Any) -> Any:
        """Tell the extensions which page comes, and let MkDocs render executed pages, too."""
        uri, file, call = page.file.src_uri, page.file.abs_src_path or page.file.src_uri, self.workshop.call
        told = options_for(uri, file, config.docs_dir, self.root, call, lambda: self.report, self.config.sources)
        for name, found in told.items():
            options_of(name, config).update(found)
        if page.file.src_uri in self.executing:
            # mkdocs-jupyter has put a render of its own on the page, which would execute it here.
            vars(page).pop("render", None)
        return page

    def on_page_read_source(self, *, page: Any, config: Any) -> str | None:
        """Return the Markdown of an executed page."""
        future = self.executing.get(page.file.src_uri)
        if future is None:
            return None
        if self.serving and not future.done():
            return outline(text_of(Path(page.file.abs_src_path)))
        future.result()
        executed = self.workshop.call(*self.execution(page.file, config), processes=True)
        numbers = {record.label: record.number for record in self.report.records}
        source, data = Path(page.file.abs_src_path), [self.root / name for name in executed["data"]]
        self.downloads[page.file.src_uri] = write_downloads(source, executed["notebook"], data, numbers)
        return str(executed["markdown"])

    def on_page_markdown(self, markdown: str, *, page: Any, config: Any, files: Any) -> str:
        """Tell the tables their chapter, and stop at what the guards find in the source of a page."""
        # The front matter, which gives the chapter, is read just before this.
        chapter = str(page.meta.get("chapter", ""))
        options_of("literate.tables", config).update(page=page.file.abs_src_path or page.file.src_uri, chapter=chapter)
        if page.file.abs_src_path:
            for problem in self.examine(page.file):
                log.warning(problem)
        return markdown

    def examine(self, file: File) -> Iterator[str]:
        """Yield what the guards find in the source of a page."""
        text = text_of(Path(file.abs_src_path))
        found = [*guards.includes(text, self.root), *guards.typed_code(text)]
        if file.src_uri not in self.config.numbered:
            found += guards.typed_numbers(text)
        for line, column, problem in found:
            yield f"{os.path.relpath(file.abs_src_path)}:{line}:{column}: {problem}"

    def on_page_content(self, html: str, *, page: Any, config: Any, files: Any) -> str:
        """Let MkDocs see the anchors in what extensions have put aside as HTML, and the theme what can be taken away."""
        page.meta["downloads"] = list(self.downloads.get(page.file.src_uri, []))
        page.present_anchor_ids |= set(re.findall(r'\bid="([^"]+)"', html))
        return html

    def on_env(self, env: Environment, config: Any, files: Any) -> Environment:
        """Complete the pages, and keep the theme's templates as they are compiled: each build compiles them otherwise."""
        self.explain(config, files)
        folder = self.workshop.folder / "templates"
        folder.mkdir(parents=True, exist_ok=True)
        env.bytecode_cache = FileSystemBytecodeCache(str(folder))
        return env

    def explain(self, config: Any, files: Any) -> None:
        """Complete what needs all pages: the marks of the equations, and what a script shows."""
        notation = options_of("literate.maths", config).get("notation", Site.notation)
        complete_marks(self.pages, notation)
        told = {"explained": list_explained(self.pages, notation), "numbers": list_numbers(self.report.records)}
        for name, content in told.items():
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            # A page that is opened as a file may load a script, but no JSON.
            files.append(File.generated(config, f"{name}.js", content=f"const {name.upper()} = {text}"))

    @event_priority(100)
    def give_text(self, context: Any, *, page: Any, config: Any, nav: Any) -> Any:
        """Put the text that the search shall read in place of the page, before it reads."""
        self.content = page.content
        page.content, equations = read_page(page.content)
        self.equations += [entry | {"location": page.url + entry["location"]} for entry in equations]
        return context

    @event_priority(-100)
    def give_page(self, context: Any, *, page: Any, config: Any, nav: Any) -> Any:
        """Put the page back, after the search has read it."""
        page.content = self.content
        return context

    on_page_context = CombinedEvent(give_text, give_page)

    def on_post_page(self, output: str, *, page: Any, config: Any) -> str:
        """Stop at what the guards find in the built page."""
        for fragment, problem in guards.examine_built(output):
            log.warning("%s: %s", locate(page.file.abs_src_path or page.file.src_uri, fragment), problem)
        for name, content in self.downloads.get(page.file.src_uri, {}).items():
            path = Path(config.site_dir, page.url, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return self.publish(output, get_relative_url("_", page.url)[:-1], config)

    def on_post_template(self, output: str, *, template_name: str, config: Any) -> str:
        """Publish the page that says that there is none, too."""
        top = urlsplit(config.site_url or "/").path
        return self.publish(output, top, config) if template_name == "404.html" else output

    def publish(self, output: str, top: str, config: Any) -> str:
        """Publish a page. While pages are served, MkDocs adds a script of its own, which no policy names."""
        return publish(output, top, Path(config.site_dir), policy=not self.serving)

    @event_priority(-100)
    def on_post_build(self, *, config: Any) -> None:
        """Let the search find equations, also without a server, and forget what no page has asked for."""
        path = Path(config.site_dir, "search", "search_index.json")
        if path.is_file():
            index = json.loads(path.read_text(encoding="utf-8"))
            index["docs"] += self.equations
            text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
            path.write_text(text, encoding="utf-8")
            # A page that is opened as a file may load a script, but no JSON.
            path.with_suffix(".js").write_text(f"var __index = {text}", encoding="utf-8")
        if self.config.printed and not self.serving:
            pages = [Printed(page.url, page.title, page.parent.title if page.parent else "") for page in self.pages]
            about = (config.site_name, config.site_description or "", config.site_url or "")
            print_site(self.config.printed, join_pages(pages, Path(config.site_dir), *about), Path(config.site_dir))
        # While pages are executed, it is not known what they will ask for.
        if all(future.done() for future in self.executing.values()):
            self.workshop.store.drop_unused()
        if not self.serving:
            self.workshop.stop()

    def on_serve(self, server: Any, *, config: Any, builder: Any) -> Any:
        """Show a page as soon as it has been executed, and a failure instead of nothing."""
        self.finished.touch()
        server.watch(str(self.finished))
        if self.executing:
            # What came to an end between the build and now is seen a moment later.
            threading.Timer(2, self.finished.touch).start()
        build, show_error = server.builder, server.error_handler

        def rebuild() -> None:
            """Build, and end also where a build fails: until its end, MkDocs lets all requests wait."""
            self.failure = ""
            try:
                build()
            except (Exception, SystemExit) as error:
                self.failure = self.failure or str(error)
                log.error("%s\nThe server waits for a change.", self.failure)

        server.builder = rebuild
        server.error_handler = lambda code: self.explain_failure() if self.failure else show_error(code)
        return server

    def explain_failure(self) -> bytes:
        """Return the page that stands for each page that a failed build has not made; it looks again by itself."""
        head = '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="2">'
        said = f"<pre>{escape(self.failure)}</pre><p>The terminal says where.</p>"
        return f"{head}<title>Not built</title><h1>The site could not be built</h1>{said}".encode()

    def on_build_error(self, *, error: Exception) -> None:
        """Stop what is being executed when there is no site, and say in a line why there is none."""
        self.failure = str(error)
        self.workshop.stop()
        if not isinstance(error, BuildError):
            log.debug("the failure in full", exc_info=error)
            raise Abort(str(error))

    def on_shutdown(self) -> None:
        """Stop what is being executed when the server stops."""
        self.workshop.stop()


def outline(text: str) -> str:
    """Return what stands for a page that is being executed: its headings and labels, so that links to them hold."""
    headings = re.findall(r"^#+ .*$", blank_code(text), re.MULTILINE)
    labels = [f'<a id="{label}"></a>' for label in re.findall(r"\\label\{([^}]*)\}", text)]
    return "\n\n".join([*headings[:1], WAITING, *headings[1:], *labels])


def options_of(extension: str, config: Any) -> dict[str, Any]:
    """Return the options of a Markdown extension, to read and to change."""
    # MkDocs hands these to Python-Markdown for each page anew.
    found: dict[str, Any] = config.mdx_configs.setdefault(extension, {})
    return found


def refuse_busy_port(host: str, port: int) -> None:
    """Stop before the build if its site could not be served."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Abort(f"{host}:{port} cannot be served: {error.strerror}; choose another: mkdocs serve -a {host}:{port + 1}") from None
