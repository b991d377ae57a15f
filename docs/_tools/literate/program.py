"""The code that pages show, in reading order, as one program for each page.

A page shows code by including named sections of a package. `assemble` puts the sections of a page
behind those of the pages before it: functions and classes, and methods below the head of their
class. It adds what these use and no page needs to show: imports, and the constants and types that
the modules of the package name. `Name = Annotated[T, check]` becomes `Name = T`. Of a docstring the
first line is kept.

So the program runs without the package. Where the code of a page uses a function or class that
neither this page nor one before it shows, there is no program, but a Problem. A page may let
something stand in for what a later page shows:

    <!-- for now: Fast = Plain -->
"""

import ast
import builtins
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from literate import Problem, parse_python
from literate.docstrings import without_docstrings
from literate.guards import EDGE, INCLUDE

FOR_NOW = re.compile(r"^<!-- for now: (?P<name>\w+) = (?P<value>.+?) -->$", re.MULTILINE)
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)


class Module:
    """A module of the package: its lines, and what its names are bound to."""

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        self.path, self.lines, self.tree = path, text.split("\n"), parse_python(text)

    @cached_property
    def bound(self) -> dict[str, ast.stmt]:
        """What each name is bound to, at the top level."""
        found: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            for name in names_bound(node):
                found[name] = node
        return found

    def cut(self, first: int, last: int) -> str:
        """Return some lines, counted from one, without the marks of sections."""
        lines = [line for line in self.lines[first - 1 : last] if not EDGE.search(line)]
        return "\n".join(lines).rstrip()

    @cached_property
    def edges(self) -> dict[tuple[str, str], int]:
        """The lines at which sections start and end, by the word and the name of the section."""
        return {edge: n for n, line in enumerate(self.lines, 1) for edge in EDGE.findall(line)}

    def section(self, name: str) -> tuple[int, int]:
        """Return the first and the last line of a section."""
        return self.edges["start", name] + 1, self.edges["end", name] - 1


class Program:
    """The code of the pages that have been read."""

    def __init__(self, package: Path) -> None:
        self.package, self.modules = package, dict[str, Module]()
        # The pieces of each function, class or constant: of a class the head, then its methods.
        self.parts: dict[str, list[str]] = {}
        self.sources: dict[str, Module] = {}
        # The module of each name that is imported, or nothing for a module, with its statement.
        self.imports: set[tuple[str, str]] = set()
        self.headings: dict[str, str] = {}

    def read(self, page: str, text: str) -> bool:
        """Add what a page shows; tell whether it shows any code of the package."""
        prefix, before, shown = f"{self.package.name}/", set(self.parts), list[str]()
        for line in text.split("\n"):
            match = INCLUDE.match(line)
            if match and match[1].startswith(prefix):
                shown += self.add(self.load(match[1].removeprefix(prefix)), match[2])
        for match in FOR_NOW.finditer(text):
            note = f"  # until a later page shows {match['name']}"
            self.parts[match["name"]] = [f"{match['name']} = {match['value']}{note}"]
        new = [name for name in shown if name not in before]
        if new and (heading := HEADING.search(text)):
            self.headings[new[0]] = heading[1]
        for name in shown:
            self.need_all(name, page)
        return bool(shown)

    def load(self, path: str) -> Module:
        """Return a module of the package, read once."""
        if path not in self.modules:
            self.modules[path] = Module(self.package / path)
        return self.modules[path]

    def add(self, module: Module, section: str) -> Iterator[str]:
        """Add a section; yield the names at the top level that it adds to."""
        first, last = module.section(section)
        for node in module.tree.body:
            start, end = first_line(node), node.end_lineno or 0
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or end < first or start > last:
                continue
            name = node.name
            if self.sources.setdefault(name, module) is not module:
                raise Problem(f"{name} stands in two modules of the pages")
            if start >= first:
                # The head of a class goes before its methods, and ends what stood in for it.
                methods = [part for part in self.parts.pop(name, []) if part.startswith(" ")]
                self.parts[name] = [module.cut(start, min(end, last)), *methods]
            else:
                self.parts.setdefault(name, []).append(module.cut(first, last))
            yield name

    def need_all(self, name: str, page: str) -> None:
        """Add what a part uses, and what that uses."""
        if self.parts[name][0].startswith(" "):
            raise Problem(f"{page} shows a part of {name}, whose head no page up to here shows")
        for used in names_used(parse_python(self.code(name))):
            self.need(used, self.sources[name], f"{page}: {name}")

    def need(self, name: str, module: Module, where: str) -> None:
        """Add the import or the constant that a name stands for, where no page shows it."""
        node = module.bound.get(name)
        if name in self.parts or node is None:
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            source = getattr(node, "module", None) or ""
            if source.split(".")[0] == self.package.name:
                path = "/".join(source.split(".")[1:]) + ".py"
                self.need(name, self.load(path), where)
            else:
                alias = next(a for a in node.names if name in (a.asname, a.name))
                self.imports.add((source, ast.unparse(alias)))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            self.parts[name], self.sources[name] = [plain(module, name, node)], module
            self.need_all(name, where)
            # Place it after what it is made from.
            self.parts[name] = self.parts.pop(name)
        else:
            raise Problem(f"{where} uses {name}, which no page up to here shows")

    def code(self, name: str) -> str:
        """Return a part with its docstrings cut short."""
        return without_docstrings("\n\n".join(self.parts[name]), summaries=True).rstrip()

    def write(self) -> str:
        """Return the program: imports, constants, then what the pages show, in their order."""
        order = dict.fromkeys(name for name in self.parts if not self.waits(name))
        constants = "\n".join(map(self.code, order))
        pieces = [self.write_imports() + (f"\n\n{constants}" if constants else "")]

        def place(name: str) -> None:
            """Put a part behind those that it uses as soon as it is defined."""
            if name in self.parts and name not in order:
                order[name] = None
                for used in names_at_once(parse_python(self.code(name))):
                    place(used)
                heading = self.headings.get(name)
                if heading:
                    pieces.append(f"# {heading}\n# {'-' * len(heading)}")
                pieces.append(self.code(name))

        for name in self.parts:
            place(name)
        return "\n\n\n".join(pieces) + "\n"

    def waits(self, name: str) -> bool:
        """Tell whether a part has to stand behind a function or class."""
        if name not in self.parts:
            return False
        tree = parse_python(self.code(name))
        constant = isinstance(tree.body[0], ast.Assign | ast.AnnAssign)
        return not constant or any(map(self.waits, names_at_once(tree)))

    def write_imports(self) -> str:
        """Return the imports, those of the standard library first."""
        plain_ones = {name for source, name in self.imports if not source}
        lines: dict[bool, list[str]] = {True: [], False: []}
        for name in sorted(plain_ones):
            lines[name.split(".")[0].split()[0] in sys.stdlib_module_names].append(f"import {name}")
        for source in sorted({source for source, _ in self.imports} - {""}):
            names = sorted(name for given, name in self.imports if given == source)
            known = source.split(".")[0] in sys.stdlib_module_names
            lines[known].append(f"from {source} import {', '.join(names)}")
        blocks = [["from __future__ import annotations"], lines[True], lines[False]]
        return "\n\n".join("\n".join(block) for block in blocks if block)


def assemble(pages: Iterable[tuple[str, str]], package: Path, about: str) -> dict[str, str]:
    """Return the program at the end of each page that shows code of the package, with a docstring."""
    program, found = Program(package), dict[str, str]()
    for page, text in pages:
        if program.read(page, text):
            found[page] = f'"""{about}"""\n\n{program.write()}'
    return found


def first_line(node: ast.stmt) -> int:
    """Return where a statement begins, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def names_bound(node: ast.stmt) -> list[str]:
    """List the names that a statement binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return [target.id for target in targets if isinstance(target, ast.Name)]


def names_used(tree: ast.AST) -> list[str]:
    """List the names that code uses."""
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return [name for name in dict.fromkeys(names) if name not in vars(builtins)]


def names_at_once(node: ast.AST) -> Iterator[str]:
    """Yield the names that code uses as soon as it is executed: not those in a function's body."""
    parts: Iterable[ast.AST | None] = ast.iter_child_nodes(node)
    if isinstance(node, ast.FunctionDef):
        parts = [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]
    if isinstance(node, ast.AnnAssign):
        parts = [node.value]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    for part in parts:
        if part is not None:
            yield from names_at_once(part)


def plain(module: Module, name: str, node: ast.Assign | ast.AnnAssign) -> str:
    """Return an assignment; of an annotated type the type alone."""
    value = node.value
    if isinstance(value, ast.Subscript) and ast.unparse(value.value) == "Annotated":
        kind = value.slice.elts[0] if isinstance(value.slice, ast.Tuple) else value.slice
        return f"{name} = {ast.unparse(kind)}"
    return textwrap.dedent(module.cut(node.lineno, node.end_lineno or node.lineno))
