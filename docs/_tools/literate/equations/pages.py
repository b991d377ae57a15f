"""Where the equations stand: the displays of a page, their labels and numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EXEMPT = re.compile(r"^%\s*exempt:\s*(?P<word>\w+),\s*(?P<reason>.+)$", re.MULTILINE)
WHERE = re.compile(r"^%\s*where:\s*(.+)$", re.MULTILINE)
LABEL = re.compile(r"\\label\{([^}]*)\}")
REFERENCE = re.compile(r"\\eqref\{([^}]*)\}")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
WORDS = ("set", "shape", "illustration")


@dataclass(frozen=True)
class Display:
    """An equation as it stands on its page."""

    label: str
    number: str
    page: str
    tex: str

    @property
    def place(self) -> str:
        """Name the equation in a message."""
        return f"{self.page} ({self.number}) {self.label}"


def markdown_of(path: Path) -> str:
    """Return the Markdown of a page; of a percent script, that of its Markdown cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    cells = re.split(r"^# %%", text, flags=re.MULTILINE)
    found = [cells[0].replace("\n# ", "\n")]
    for cell in cells[1:]:
        head, _, body = cell.partition("\n")
        if "[markdown]" in head:
            found.append(re.sub(r"^# ?", "", body, flags=re.MULTILINE))
    return "\n".join(found)


def prose(text: str) -> Iterator[str]:
    """Yield the lines of a page that are not in a fenced block of code."""
    fence = ""
    for line in text.splitlines():
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif not fence:
            yield line


def formulas(text: str) -> list[str]:
    """Return the LaTeX of each display, between two lines of dollars."""
    lines = "\n".join(line.strip() for line in prose(text))
    _, *parts = re.split(r"^\$\$$", lines, flags=re.MULTILINE)
    if len(parts) % 2:
        raise ValueError("a display is not closed: a line of $$ is missing")
    return [part.strip("\n") for part in parts[::2]]


def read_page(docs: Path, path: Path) -> list[Display]:
    """Return the displays of a page, numbered by its chapter."""
    text, page = markdown_of(path), path.relative_to(docs).as_posix()
    chapter = re.search(r"^#?\s*chapter:\s*(\d+)\s*$", text[:2000], re.MULTILINE)
    found = []
    for count, tex in enumerate(formulas(text), 1):
        labels = LABEL.findall(tex)
        if len(labels) != 1 or not chapter:
            wants = "one \\label" if chapter else "a chapter: in the page's front matter"
            raise ValueError(f"{page}: a display needs {wants}: {tex.splitlines()[0]}")
        found.append(Display(labels[0], f"{chapter.group(1)}.{count}", page, tex))
    return found


def page_files(docs: Path) -> list[Path]:
    """Return the Markdown pages and the percent scripts, in order, without hidden folders."""
    files = sorted([*docs.rglob("*.md"), *docs.rglob("*.py")])
    return [
        path
        for path in files
        if not any(part.startswith(("_", ".")) for part in path.relative_to(docs).parts)
    ]


def read_pages(docs: Path) -> tuple[list[Display], list[str]]:
    """Return the displays of all pages, and what is wrong with their labels."""
    displays: list[Display] = []
    wrong = []
    references = []
    for path in page_files(docs):
        try:
            displays += read_page(docs, path)
        except ValueError as error:
            wrong.append(str(error))
        page = path.relative_to(docs).as_posix()
        lines = "\n".join(re.sub(r"`[^`]*`", "", line) for line in prose(markdown_of(path)))
        references += [(page, label) for label in REFERENCE.findall(lines)]
    first: dict[str, Display] = {}
    for display in displays:
        for key in (display.label, display.number):
            if key in first:
                wrong.append(f"{display.place}: {key} is taken by {first[key].place}")
            first[key] = display
    wrong += [
        f"{page}: \\eqref{{{label}}} is no label"
        for page, label in references
        if label not in first
    ]
    return displays, wrong
