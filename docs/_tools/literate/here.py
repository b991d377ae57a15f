"""Tells the other extensions which page comes where no plugin does: in Zensical, which has no plugins of others.

It stands before them in mkdocs.yml. In MkDocs and ProperDocs the plugin tells them, and this does nothing.
"""

import sys
from functools import cache
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown

from literate import call, options_for
from literate.equations import Report, Site, check_site

check = cache(check_site)


class Here(Extension):
    """Looks for what Zensical says of the page that it renders."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Give the options of a page to the extensions that are made after this one."""
        if "zensical" not in sys.modules:
            return
        from zensical.extensions.context import ContextPreprocessor

        context = ContextPreprocessor.from_markdown(md)
        docs, options = Path(context.config["docs_dir"]), context.config["mdx_configs"]
        given = options["literate.maths"]
        site = Site(docs=str(docs), **{name: given[name] for name in ("samples", "values", "package") if name in given})

        def report() -> Report:
            """Check the equations of all pages, once."""
            return check(site)

        found = options_for(context.page.path, str(docs / context.page.path), str(docs), Path.cwd(), call, report, "")
        for name, values in found.items():
            options.setdefault(name, {}).update(values)


def makeExtension(**options: Any) -> Here:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return Here(**options)
