r"""Says under included code where it stands: a Python-Markdown extension.

Below a block that includes `--8<-- "spring/motion.py:step"` it writes the file, and the line where the section begins.
Where the address of the sources is known, as `https://host/project/blob/COMMIT/`, the place is a link.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from literate.guards import EDGE, FENCED

# Not what is the site's own, in a folder like _tools.
INCLUDED = re.compile(r'^[ \t]*--8<-- "((?![^"]*/_\w+/)[^":]+\.py):([^"]+)"', re.MULTILINE)


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
        places = [
            write_source(sources, path, find_line(root / path, section))
            for path, section in INCLUDED.findall(block["body"])
        ]
        below = f'\n\n{block["indent"]}<small class="source">{", ".join(places)}</small>\n'
        return block[0] + (below if places else "")


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
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register before snippets (32)."""
        md.preprocessors.register(Places(self, md), "sources", 33)


def makeExtension(**options: Any) -> Sources:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return Sources(**options)
