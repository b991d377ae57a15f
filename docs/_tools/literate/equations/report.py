"""The whole matrix: each equation with its functions, its tests and what the check found."""

import io
import json
import re
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from token import NAME
from tokenize import generate_tokens
from types import ModuleType

from .check import Record, Samples, find_marked_tests, find_orphans, verdict
from .evaluate import Absent, Draw, Env
from .notation import Notation, Row, read_notation
from .pages import VALUE, Formula, page_files, read_docstrings, read_pages, suggest
from .parse import Wrong


@dataclass(frozen=True)
class Site:
    """Where a site keeps what the check needs; the folders may be relative."""

    docs: str = "docs"
    notation: str = "notation.md"  # the page of the notation table, below docs
    samples: str = ""  # the module whose draws() give symbols their numbers
    package: str = ""  # what the identifiers of the table are looked up in
    tests: str = "tests"
    values: str = ""  # the package of the values that formulas contain

    def load(self) -> tuple[Notation, Samples, ModuleType]:
        """Read the notation table, draw the samples, and import the package."""
        table = read_notation(Path(self.docs).resolve() / self.notation)
        return table, Samples.make(import_module(self.samples)), import_module(self.package)


@dataclass(frozen=True)
class Report:
    """What the check of a site found: a record for each equation, a line for each failure."""

    records: list[Record]  # of the displays
    failures: list[str]
    formulas: list[Record] = field(default_factory=list)  # of formulas in sentences and docstrings

    def json(self) -> str:
        """Write the records as JSON."""
        return json.dumps([asdict(record) for record in self.records], indent=1, ensure_ascii=False)

    @property
    def held(self) -> int:
        """Count the equations that are held."""
        return sum(record.status == "held" for record in self.records)

    @property
    def exempt(self) -> int:
        """Count the displays that state no identity."""
        return len(self.records) - self.held


def check_site(site: Site, known: MutableMapping[str, Record] | None = None) -> Report:
    """Check every equation of every page, the notation table, and what no equation covers.

    `known` keeps the records of what held in an earlier check with the same package, samples and
    notation table, under the page and the LaTeX; a failure is looked at anew each time.
    """
    docs, known = Path(site.docs).resolve(), {} if known is None else known
    table, samples, package = site.load()
    formulas, failures = read_pages(docs)
    formulas += read_docstrings(Path(str(package.__file__)).parent, docs)
    marked = find_marked_tests(Path(site.tests).resolve())
    records, inline = [], []
    for formula in formulas:
        found = known.get(formula.key) or verdict(fill_values(formula, site), table, samples)
        if isinstance(found, Record):
            known[formula.key] = found
            if formula.kind != "display":
                inline.append(found)
                continue
            tests = marked.get(formula.label, [])
            names, lines = [f"{test.path}::{test.name}" for test in tests], [test.line for test in tests]
            records.append(replace(found, tests=names, lines=lines))
        else:
            failures.append(found)
    failures += find_orphans(records, [f for f in formulas if f.kind == "display"], marked)
    failures += find_missing(table, samples.draws, package, f"{docs.name}/{site.notation}")
    failures += find_unseen(records, docs, package)
    return Report(records, failures, inline)


def check_only(site: Site, what: str) -> list[Record | str]:
    """Check one label, or the equations of one page, and nothing else."""
    formulas, failures = read_pages(Path(site.docs).resolve())
    page = what.removesuffix("/").removeprefix(f"{Path(site.docs).name}/")
    chosen = [f for f in formulas if what == f.label or page in (f.page, f.page.rpartition(".")[0])]
    if not chosen:
        names = [f.label for f in formulas] + sorted({f.page for f in formulas})
        return [f"{what} is neither a label nor a page with equations{suggest(what, names)}"]
    table, samples, _ = site.load()
    mine = {f.path for f in chosen}
    return [
        *(line for line in failures if line.partition(":")[0] in mine),
        *(verdict(fill_values(formula, site), table, samples) for formula in chosen),
    ]


def fill_values(formula: Formula, site: Site) -> Formula:
    """Put its computed values into a formula of a Markdown page, as the page shows them."""
    if not VALUE.search(formula.tex) or not formula.page.endswith(".md"):
        return formula
    # The values import this package.
    from literate.values import evaluate_page
    from literate.values import replace as fill

    write = partial(evaluate_page, site.values, formula.page)
    filled = fill(f"${formula.tex}$", write)
    # A number without a format is given in full.
    rounded = any(re.search(r"\s:[^:]*\}\}$", value) for value in VALUE.findall(formula.tex))
    notes = formula.notes if rounded else f"{formula.notes}\n% exact".strip()
    return replace(formula, tex=filled[1:-1], notes=notes)


def find_missing(
    table: Notation, draws: Sequence[Draw], package: ModuleType, page: str
) -> Iterator[str]:
    """Yield a line for each row whose identifier or function the package lacks."""
    names = set[str]()
    for path in Path(str(package.__file__)).parent.rglob("*.py"):
        names |= find_names(path.read_text(encoding="utf-8"))
    for row in table.rows:
        place, last = f"{page}:{row.line}:1: {row.tex}", row.path.split(".")[-1]
        if row.path and last not in names:
            yield f"{place}: no {last!r} in the package's code{suggest(last, sorted(names))}"
        if row.given_by:
            try:
                resolve_name(row.given_by)
            except (AttributeError, ImportError):
                near = suggest(row.given_by, [f"{package.__name__}.{name}" for name in dir(package)])
                yield f"{place}: the package has no {row.given_by}{near}"
        if row.shape is not None and row.path:
            for problem in find_unfit(row, table.on(row.page), draws):
                yield f"{place}: {problem}"


def find_unfit(row: Row, table: Notation, draws: Sequence[Draw]) -> Iterator[str]:
    """Yield a line if a row has no value of the promised shape at the last layer or step."""
    for draw in draws:
        env = Env(table, draw)
        slots = [slot for slot in (row.layer, row.slot) if slot is not None]
        try:
            ends = [env.index(table.ends[table.roles[slot]]) for slot in slots]
            env.look_up(row, dict(zip(slots, ends, strict=True)))
        except Absent:
            continue
        except Wrong as problem:
            yield str(problem)
            return


@cache
def find_names(code: str) -> set[str]:
    """Return every name that code uses."""
    tokens = generate_tokens(io.StringIO(code).readline)
    return {token.string for token in tokens if token.type == NAME}


def find_unseen(records: list[Record], docs: Path, package: ModuleType) -> Iterator[str]:
    """Yield a line for each public function that has no equation and stands on no page."""
    pages = [path for path in page_files(docs) if path.parent != docs]
    text = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    held = {function.split(".")[1] for record in records for function in record.functions}
    for name in getattr(package, "__all__", ()):
        if name not in held and f"{name}(" not in text and f":{name}" not in text:
            yield (
                f"{package.__name__}/__init__.py:1:1: {name} is an orphan: no equation has it "
                f'(name it in the column "given by" of the notation table), and no page shows it'
            )
