r"""Says under included code where it stands: a Python-Markdown extension.

Below a block that includes `--8<-- "spring/motion.py:step"` it writes the file, and the line where the section begins.
Where the address of the sources is known, as `https://host/project/blob/COMMIT/`, the place is a link. The site may name
pages on which a reader can edit a section: a function returns them by file and section.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from literate import call
from literate.guards import EDGE, FENCED

INCLUDED = re.compile(r'^[ \t]*--8<-- "([^":]+\.py):([^"]+)"', re.MULTILINE)
# What is the site's own, in a folder like _tools, is no source for a reader.
OWN = re.compile(r"/_\w+/")


def write_source(sources: str, path: str, line: int) -> str:
    """Write a place in the sources, as a link where their address is known."""
    place = escape(f"{path}:{line}")
    return f'<a href="{escape(sources + path)}#L{line}">{place}</a>' if sources else place


class Places(Preprocessor):
    """Adds the places, before snippets put the code of the sections on the page."""

    def __init__(self, extension: Extension, md: Markdown) -> None:
        super().__init__(md)
        self.extension = extension

    def run(self, lines: list[str]) -> list[str]:
        """Write below each block where the Python that it includes stands."""
        return FENCED.sub(self.add, "\n".join(lines)).split("\n")

    def add(self, block: re.Match[str]) -> str:
        """Add a paragraph to a block that includes sections of Python."""
        root, sources = Path(self.extension.getConfig("root")), self.extension.getConfig("sources")
        included = INCLUDED.findall(block["body"])
        places = [
            write_source(sources, path, find_line(root / path, section))
            for path, section in included
            if not OWN.search(path)
        ]
        places += self.write_editors(included)
        below = f'\n\n{block["indent"]}<small class="source">{", ".join(places)}</small>\n'
        return block[0] + (below if places else "")

    def write_editors(self, included: list[tuple[str, str]]) -> list[str]:
        """Write links to the pages on which sections can be edited."""
        find, page = self.extension.getConfig("find_editors"), self.extension.getConfig("page")
        editors = self.extension.getConfig("call")(find) if find else {}
        found = [editors[name] for name in map(":".join, included) if name in editors]
        return [f"[{self.extension.getConfig('edit')}]({'../' * page.count('/')}{editor})" for editor in found]


def find_line(path: Path, section: str) -> int:
    """Return the number of the first line of a section; what is not there the snippets complain of."""
    lines = path.read_text(encoding="utf-8").split("\n") if path.is_file() else []
    return next((n for n, line in enumerate(lines, 2) if ("start", section) in EDGE.findall(line)), 1)


class Sources(Extension):
    """Adds to included code where it stands."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "root": [".", "the folder that paths of includes begin in"],
            "sources": ["", "its address, which ends with a slash; without it nothing is linked"],
            "page": ["", "the name of the page below the documents"],
            "call": [call, "calls a function by name"],
            "find_editors": ["", "the function that names the pages on which sections can be edited"],
            "edit": ["edit it", "the words of the link to it"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register before snippets (32)."""
        md.preprocessors.register(Places(self, md), "sources", 33)


def makeExtension(**options: Any) -> Sources:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return Sources(**options)
