r"""Code beside its equations: a part of the Markdown extension `literate.maths`.

A comment before a block of code ties its paragraphs to equations by label. A paragraph begins with
a comment, and the first words of that comment name it:

    <!-- beside
    Pull the mass back: eq:force, eq:friction
    Move it: eq:speed
    -->
    ``` { .python .fold }
    --8<-- "spring/motion.py:step"
    ```

The build sets the code as a grid. Each row has a paragraph, and beside it a copy of its equations
with a link to each. A copy has no number of its own and no identifier.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown import Markdown
from markdown.preprocessors import Preprocessor

if TYPE_CHECKING:
    from literate.maths import Mathematics

BESIDE = re.compile(
    r"^<!-- beside\n(?P<pairs>.*?)^-->\n(?P<head>(?P<fence>`{3,})[^\n]*)\n(?P<code>.*?)^(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)
PARAGRAPH = re.compile(r"^(?= *# )", re.MULTILINE)


class Beside(Preprocessor):
    """Lays out code beside equations, once snippets are in place and before code is fenced off."""

    def __init__(self, maths: Mathematics, md: Markdown) -> None:
        super().__init__(md)
        self.maths = maths

    def run(self, lines: list[str]) -> list[str]:
        """Lay out each block that a comment ties to equations."""
        return BESIDE.sub(self.lay_out, "\n".join(lines)).split("\n")

    def lay_out(self, match: re.Match[str]) -> str:
        """Write the grid: the equations of each paragraph, then its code."""
        pairs = dict(line.split(": ") for line in match["pairs"].splitlines())
        store, parts = self.md.htmlStash.store, []
        for paragraph in PARAGRAPH.split(match["code"]):
            parts.append(store('<div class="beside-equations">'))
            for words in [words for words in pairs if paragraph.lstrip().startswith(f"# {words}")]:
                for label in pairs.pop(words).split(", "):
                    tex = self.maths.find(label).tex
                    copy = f'<div class="eq-body" tabindex="0">{self.maths.typeset(tex, True)}</div>'
                    parts += [store(copy), rf"\eqref{{{label}}}"]
            parts += [store("</div>"), f"{match['head']}\n{paragraph}{match['fence']}"]
        if pairs:
            self.maths.fail(f"no paragraph of the code begins with {', '.join(pairs)}")
        return "\n\n".join([store('<div class="beside">'), *parts, store("</div>")])
