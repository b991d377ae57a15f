"""What a reader may edit in the laboratory: functions in which a prepared mistake lies, answers to exercises, and equations."""

import ast
import json
from pathlib import Path
from textwrap import dedent
from typing import Any

from literate.equations.pages import EXAMPLE, EXEMPT, VALUE, read_pages
from literate.program import Module
from voronet_site import DOCS, PACKAGE, ROOT
from voronet_site.mistakes import IN_PACKAGE, IN_PAGES

Function = tuple[str, ast.FunctionDef]
EXERCISES = Path(__file__).with_name("exercises")
# How an exercise names the section that a reader begins with.
STUB = "-stub"
# The section of the laboratory that has the editor.
HEADING = "edit-a-function-and-let-the-tests-judge-it"


def list_editable() -> str:
    """Return all functions, and then the exercises, as JSON."""
    return json.dumps(list_functions() | list_exercises(), ensure_ascii=False, indent=1)


def list_functions() -> dict[str, dict[str, Any]]:
    """Return each function of the package with its place, its source and its mistakes."""
    found: dict[str, dict[str, Any]] = {}
    for what, file, old, new, _ in IN_PACKAGE:
        text = (PACKAGE / file).read_text(encoding="utf-8")
        line = text[: text.index(old)].count("\n") + 1
        name, function = find_function(ast.parse(text), line)
        entry = {"file": file, "first": function.lineno, "last": function.end_lineno}
        entry |= {"indent": function.col_offset, "source": read_source(text, function), "mistakes": []}
        found.setdefault(name, entry)["mistakes"].append({"what": what, "old": old, "new": new})
    return found


def list_exercises() -> dict[str, dict[str, Any]]:
    """Return each exercise with its chapter and what a reader begins with, in the order of the modules."""
    found = {}
    for path in sorted(EXERCISES.glob("[!_]*.py")):
        module = Module(path)
        for section in (name for edge, name in module.edges if edge == "start" and name.endswith(STUB)):
            entry = {"chapter": path.stem, "source": f"{module.cut(*module.section(section))}\n", "mistakes": []}
            found[section.removesuffix(STUB)] = entry
    return found


def find_editors() -> dict[str, str]:
    """Return where the laboratory lets a reader edit what a section of a file shows, by file and section."""
    found = {}
    for name, function in list_functions().items():
        module = Module(PACKAGE / function["file"])
        for section in (name for edge, name in module.edges if edge == "start"):
            first, last = module.section(section)
            if first <= function["first"] <= last:
                found.setdefault(name_section(module.path, section), write_address(name))
    for name, exercise in list_exercises().items():
        path = EXERCISES / f"{exercise['chapter']}.py"
        found[name_section(path, f"{name}{STUB}")] = write_address(name)
    return found


def name_section(path: Path, section: str) -> str:
    """Name a section as pages include it."""
    return f"{path.relative_to(ROOT).as_posix()}:{section}"


def write_address(name: str) -> str:
    """Write where the laboratory opens with a function."""
    return f"lab.md?edit={name}#{HEADING}"


def find_function(tree: ast.Module, line: int) -> Function:
    """Find the function, or the method of a class, that a line is part of."""
    classes = [("", tree), *((f"{c.name}.", c) for c in tree.body if isinstance(c, ast.ClassDef))]
    (found,) = (
        (prefix + node.name, node)
        for prefix, holder in classes
        for node in holder.body
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    )
    return found


def read_source(text: str, function: ast.FunctionDef) -> str:
    """Return the source of a function as the pages show it, without its docstring."""
    lines, said = text.splitlines(keepends=True), function.body[0]
    head = lines[function.lineno - 1 : said.lineno - 1]
    return dedent("".join([*head, *lines[said.end_lineno or 0 : function.end_lineno]]))


def list_formulas() -> str:
    """Return each held formula with its place, its LaTeX and its mistakes, as JSON: displays, and those in sentences.

    A formula about the numbers of an example is left out: nothing in it could be drawn anew.
    """
    found: dict[str, dict[str, Any]] = {}
    formulas = read_pages(DOCS)[0]
    for formula in sorted(formulas, key=lambda formula: [int(part) for part in formula.number.split(".") if part]):
        if not any(pattern.search(formula.source) for pattern in (EXEMPT, EXAMPLE, VALUE)):
            entry = {"label": formula.label, "number": formula.number, "page": formula.page, "tex": formula.tex}
            entry |= {"notes": formula.notes, "mistakes": []}
            found[formula.label or f"{formula.page} {formula.tex}"] = entry
    for what, label, old, new in IN_PAGES:
        found[label]["mistakes"].append({"what": what, "old": old, "new": new})
    return json.dumps(found, ensure_ascii=False, indent=1)
