"""What a reader may edit in the laboratory: functions in which a prepared mistake lies, and equations."""

import ast
import json
from textwrap import dedent
from typing import Any

from literate.equations.pages import EXAMPLE, EXEMPT, VALUE, read_pages
from voronet_site import DOCS, PACKAGE
from voronet_site.mistakes import IN_PACKAGE, IN_PAGES

Function = tuple[str, ast.FunctionDef]


def list_functions() -> str:
    """Return each function with its place, its source and its mistakes, as JSON."""
    found: dict[str, dict[str, Any]] = {}
    for what, file, old, new, _ in IN_PACKAGE:
        text = (PACKAGE / file).read_text(encoding="utf-8")
        line = text[: text.index(old)].count("\n") + 1
        name, function = find_function(ast.parse(text), line)
        entry = {"file": file, "first": function.lineno, "last": function.end_lineno}
        entry |= {"indent": function.col_offset, "source": read_source(text, function), "mistakes": []}
        found.setdefault(name, entry)["mistakes"].append({"what": what, "old": old, "new": new})
    return json.dumps(found, ensure_ascii=False, indent=1)


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
