"""The whole matrix: each equation with its functions, its tests and what the check found."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, reduce
from pathlib import Path
from token import NAME
from tokenize import generate_tokens
from types import ModuleType

from .check import Record, marked_tests, orphans, verdict
from .evaluate import Absent, Draw, Env
from .notation import Notation, Row, read_notation
from .pages import Display, markdown_of, page_files, read_pages
from .parse import Wrong


@dataclass(frozen=True)
class Report:
    """What the check of a site found: a record for each equation, a line for each failure."""

    records: list[Record]
    failures: list[str]

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


def check_site(
    docs: Path,
    tests: Path,
    draws: Sequence[Draw],
    package: ModuleType,
    notation: str = "notation.md",
    known: dict[Display, Record | str] | None = None,
) -> Report:
    """Check every equation of every page, the notation table, and what nobody holds.

    `known` holds verdicts of an earlier check with the same package and the same table.
    """
    displays, failures = read_pages(docs)
    table, marked = read_notation(docs / notation), marked_tests(tests)
    known = {} if known is None else known
    records = []
    for display in displays:
        if display not in known:
            known[display] = verdict(display, table, draws)
        found = known[display]
        if isinstance(found, Record):
            records.append(replace(found, tests=marked.get(display.label, [])))
        else:
            failures.append(found)
    failures += orphans(records, marked, {display.label for display in displays})
    failures += [f"{notation}: {line}" for line in missing(table, draws, package)]
    failures += unseen(records, docs, package)
    return Report(records, failures)


def missing(table: Notation, draws: Sequence[Draw], package: ModuleType) -> Iterator[str]:
    """Yield a line for each row whose identifier or function the package lacks."""
    names = identifiers(Path(str(package.__file__)).parent)
    for row in table.rows:
        if row.path and row.path.split(".")[-1] not in names:
            yield f"{row.tex}: no {row.path.split('.')[-1]!r} in the package's code"
        if row.given_by:
            try:
                reduce(getattr, row.given_by.split(".")[1:], package)
            except AttributeError:
                yield f"{row.tex}: the package has no {row.given_by}"
        if row.shape is not None and row.path:
            yield from unfit(row, table.on(row.page), draws)


def unfit(row: Row, table: Notation, draws: Sequence[Draw]) -> Iterator[str]:
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
            yield f"{row.tex}: {problem}"
            return


def identifiers(folder: Path) -> set[str]:
    """Return every name that the code of a package uses."""
    return set().union(*(names(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")))


@cache
def names(code: str) -> set[str]:
    """Return every name that code uses."""
    tokens = generate_tokens(io.StringIO(code).readline)
    return {token.string for token in tokens if token.type == NAME}


def unseen(records: list[Record], docs: Path, package: ModuleType) -> Iterator[str]:
    """Yield a line for each public function that has no equation and stands on no page."""
    text = "\n".join(markdown_of(path) for path in page_files(docs) if path.parent != docs)
    held = {function.split(".")[1] for record in records for function in record.functions}
    for name in package.__all__:
        if name not in held and f"{name}(" not in text and f":{name}" not in text:
            yield f"{package.__name__}.{name}: an orphan: no equation and no page has it"
