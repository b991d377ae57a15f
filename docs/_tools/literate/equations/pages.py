"""Where the formulas stand: displays, and formulas in sentences that compare two things."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from literate import parse_python

from .parse import EQUALS, SIGNS, hide_braces, spell_signs

EXEMPT = re.compile(r"^%\s*exempt:\s*(?P<word>\w+),\s*(?P<reason>.+)$", re.MULTILINE)
WHERE = re.compile(r"^%\s*where:\s*(.+)$", re.MULTILINE)
EXAMPLE = re.compile(r"^%\s*example:\s*(\w+)(?:,\s*sample\s+(\d+))?$", re.MULTILINE)
LABEL = re.compile(r"\\label\{([^}]*)\}")
REFERENCE = re.compile(r"\\eqref\{([^}]*)\}")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
WORDS = ("illustration", "supposed")
# A formula in a sentence, what a comment says of it, and the punctuation after it.
INLINE = (
    r"(?<![\\$])\$(?![\s$])(?P<tex>[^$]*?[^\s$\\])\$(?![$\d])"
    r"(?:<!--\s*(?P<note>(?:where|exempt|example|let|one sample)\b.*?)\s*-->)?(?P<mark>[.,;:!?)]*)"
)
# What holds for the formulas below it, up to the next heading: <!-- example: name, sample 1 -->
SECTION = re.compile(r"^(?:#.*|[ \t]*<!--\s*(example:.*?)\s*-->[ \t]*)$", re.MULTILINE)
VALUE = re.compile(r"\{\{=.+?\}\}(?!\})", re.DOTALL)
# What the parser takes out of LaTeX, or puts into it.
IGNORED = r"(?:[\s&{}]|\\[,;:!> ]|\\(?:left|right|[bB]igg?[lrm]?)(?![a-zA-Z]))*"

# The parser writes each bar, and each sign, in one way; pages use several.
FORMS = {latex: f"(?:{re.escape(latex)}|{sign})" for sign, latex in SIGNS.items()}
FORMS |= dict.fromkeys((r"\lVert", r"\rVert"), r"(?:\\(?:\||[lr]?Vert)|‖)")
FORMS |= dict.fromkeys((r"\lvert", r"\rvert"), r"(?:\||\\[lr]?vert)")


@dataclass(frozen=True)
class Formula:
    """LaTeX as it stands on its page."""

    label: str
    number: str
    page: str
    tex: str
    path: str = ""  # of the file, below the folder that holds the pages' folder
    line: int = 0  # of the file, where the LaTeX begins, or 0 where that is not known
    column: int = 1
    kind: str = "display"  # or inline, docstring
    notes: str = ""  # comments that belong to it and stand outside of the LaTeX
    owner: str = ""  # the function or class in whose docstring it stands

    @property
    def name(self) -> str:
        """Name the formula in a message."""
        return f"({self.number}) {self.label}" if self.label else f"${self.tex}$"

    @property
    def key(self) -> str:
        """Name what a verdict is about."""
        return f"{self.page}\n{self.number}\n{self.kind}\n{self.owner}\n{self.source}"

    @property
    def source(self) -> str:
        """The LaTeX with all comments that belong to it."""
        return f"{self.tex}\n{self.notes}" if self.notes else self.tex

    def locate(self, fragment: str = "") -> str:
        """Return `file:line:column` of a fragment of the LaTeX, or of its beginning."""
        if not self.line:
            return self.path
        tokens = re.findall(r"\\[a-zA-Z]+|[^\s{}]", fragment)
        pattern = IGNORED.join(FORMS.get(token, re.escape(token)) for token in tokens)
        found = tokens and re.search(pattern, self.tex)
        before = self.tex[: found.start()] if found else ""
        line, last = before.count("\n"), before.rpartition("\n")[2]
        return f"{self.path}:{self.line + line}:{self.column + len(last)}"


def suggest(name: str, known: list[str]) -> str:
    """Ask whether the nearest known name was meant."""
    near = get_close_matches(name, known, 1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def text_of(path: Path) -> str:
    """Return the text of a page, each line where it stands; of a script, its Markdown cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    lines, prose = text.split("\n"), False
    for number, line in enumerate(lines):
        if line.startswith("# %%"):
            prose = "[markdown]" in line
            lines[number] = ""
        else:
            lines[number] = line.removeprefix("#").removeprefix(" ") if prose else ""
    return "\n".join(lines)


def blank_code(text: str) -> str:
    """Leave code out of a text, and each line where it stands."""
    lines, fence = text.split("\n"), ""
    for number, line in enumerate(lines):
        mark = FENCE.match(line)
        if mark or fence:
            lines[number] = ""
        if mark and not fence:
            fence = mark.group(1)
        elif mark and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
    return CODE.sub(lambda code: " " * len(code[0]), "\n".join(lines))


def find_displays(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each display begins, and its LaTeX between two lines of dollars."""
    dollars = [match.span() for match in re.finditer(r"^[ \t]*\$\$[ \t]*$", text, re.MULTILINE)]
    if len(dollars) % 2:
        line = text.count("\n", 0, dollars[-1][0]) + 1
        raise ValueError(f"{line}:1: a display is not closed: a line of $$ is missing")
    for (_, start), (end, _) in zip(dollars[::2], dollars[1::2], strict=True):
        yield start + 1, text[start + 1 : end - 1]


def find_formulas(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield the place, kind, LaTeX and notes of each display, and of each formula with a relation."""
    displays = list(find_displays(text))
    for start, tex in displays:
        text = text[:start] + re.sub(r"[^\n]", " ", tex) + text[start + len(tex) :]
    found = [(start, "display", tex, "") for start, tex in displays]
    for match in re.finditer(INLINE, text):
        if states_relation(match["tex"]):
            notes = [f"% {note.strip()}" for note in (match["note"] or "").split(";") if note]
            found.append((match.start("tex"), "inline", match["tex"], "\n".join(notes)))
    sections = [(match.start(), match[1]) for match in SECTION.finditer(text)]
    lets: list[str] = []
    for start, kind, tex, note in sorted(found):
        example = next((said for place, said in reversed(sections) if place < start), None)
        notes = [note, *lets, *([f"% {example}"] if example else [])]
        yield start, kind, tex, "\n".join(filter(None, notes))
        if note == "% let":
            lets.append(f"% where: {tex}")


def states_relation(tex: str) -> bool:
    """Tell whether a formula compares two things, at its own level."""
    hidden = hide_braces(VALUE.sub("0", spell_signs(tex)))
    sides = [side.strip(" \\,;") for side in EQUALS.split(hidden)]
    return len(sides) > 1 and all(sides)


def read_chapter(raw: str) -> str:
    """Return the number of the chapter that the front matter of a page gives, if any."""
    return "".join(re.findall(r"^#?\s*chapter:\s*(\d+)\s*$", raw[:2000], re.MULTILINE)[:1])


def read_page(docs: Path, path: Path) -> tuple[list[Formula], list[tuple[str, str]]]:
    """Return the formulas of a page, displays numbered by its chapter, and its references."""
    raw = path.read_text(encoding="utf-8")
    source, text = raw.split("\n"), blank_code(text_of(path))
    page, file = path.relative_to(docs).as_posix(), path.relative_to(docs.parent).as_posix()
    chapter = read_chapter(raw)
    found: list[Formula] = []
    try:
        for start, kind, tex, notes in find_formulas(text):
            line = text.count("\n", 0, start) + 1
            label = number = ""
            begin = start + len(tex) - len(tex.lstrip(" \t"))
            # A comment sign before the lines of a script moves them to the right.
            row = text.split("\n")[line - 1]
            column = begin - text.rfind("\n", 0, begin) + len(source[line - 1]) - len(row)
            if kind == "display":
                labels = LABEL.findall(tex)
                if len(labels) != 1 or not chapter:
                    wants = "one \\label{eq:…}" if chapter else "chapter: 1 in the page's front matter"
                    raise ValueError(f"{line}:1: a display needs {wants}")
                count = sum(formula.kind == "display" for formula in found) + 1
                label, number = labels[0], f"{chapter}.{count}"
                tex = "\n".join(row.strip() for row in tex.split("\n"))
            found.append(Formula(label, number, page, tex, file, line, column, kind, notes))
    except ValueError as problem:
        raise ValueError(f"{file}:{problem}") from None
    places = [
        (f"{file}:{number}:{source[number - 1].find(match[0]) + 1}", match[1])
        for number, line in enumerate(text.split("\n"), 1)
        for match in REFERENCE.finditer(line)
    ]
    return found, places


def read_docstrings(package: Path, docs: Path) -> Iterator[Formula]:
    """Yield the formulas of a package's docstrings, with the symbols of the page of the same name."""
    for path in sorted(package.rglob("*.py")):
        code = path.read_text(encoding="utf-8")
        source, file = code.split("\n"), path.relative_to(package.parent).as_posix()
        pages = [page for page in page_files(docs) if page.stem == path.stem]
        page = pages[0].relative_to(docs).as_posix() if pages else ""
        for node in ast.walk(parse_python(code)):
            kinds = ast.Module, ast.ClassDef, ast.FunctionDef
            if not isinstance(node, kinds) or ast.get_docstring(node) is None:
                continue
            first, last = node.body[0].lineno, node.body[0].end_lineno
            text = "\n".join(source[first - 1 : last])
            for start, _, tex, notes in find_formulas(text):
                line = first + text.count("\n", 0, start)
                column = start - text.rfind("\n", 0, start)
                owner = getattr(node, "name", "")
                yield Formula("", "", page, tex, file, line, column, "docstring", notes, owner)


def page_files(docs: Path) -> list[Path]:
    """Return the Markdown pages and the percent scripts, in order, without hidden folders."""
    files = sorted([*docs.rglob("*.md"), *docs.rglob("*.py")])
    return [
        path
        for path in files
        if not any(part.startswith(("_", ".")) for part in path.relative_to(docs).parts)
    ]


def read_pages(docs: Path) -> tuple[list[Formula], list[str]]:
    """Return the formulas of all pages, and what is wrong with their labels."""
    formulas: list[Formula] = []
    wrong, references = [], []
    for path in page_files(docs):
        try:
            found, places = read_page(docs, path)
        except ValueError as problem:
            wrong.append(str(problem))
            continue
        formulas += found
        references += places
    first: dict[str, Formula] = {}
    for formula in (formula for formula in formulas if formula.kind == "display"):
        for key in (formula.label, formula.number):
            if key in first:
                there = f"{first[key].locate()} {first[key].name}"
                wrong.append(f"{formula.locate()}: {formula.name}: {key} is taken by {there}")
            first[key] = formula
    for place, label in references:
        if label not in first:
            wrong.append(f"{place}: \\eqref{{{label}}} is no label{suggest(label, [*first])}")
    return formulas, wrong
