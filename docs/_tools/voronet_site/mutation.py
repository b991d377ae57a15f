"""What the page of checks says of mutation testing, from the record of a run."""

import hashlib
import json
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from voronet_site import PACKAGE, ROOT

RECORD = ROOT / "docs" / "run" / "recorded" / "mutation.json"


class Mutation:
    """A recorded run of mutation testing, and how the package has changed since."""

    def __init__(self, record: dict[str, Any], root: Path = ROOT) -> None:
        self.modules: dict[str, dict[str, Any]] = record["modules"]
        self.date, self.tool = record["date"], record["tool"]
        self.command = listed([record["command"]])
        self.root = root

    @classmethod
    def read(cls) -> "Mutation":
        """Read the record of the project."""
        return cls(json.loads(RECORD.read_text(encoding="utf-8")))

    def total(self, count: str) -> int:
        """Add a count up over all modules."""
        return sum(module[count] for module in self.modules.values())

    @property
    def minutes(self) -> float:
        """The time of all mutants together."""
        return self.total("seconds") / 60

    @property
    def noticed(self) -> int:
        """Count the mutants that were killed or ran out of time."""
        return self.total("killed") + self.total("timed_out")

    @property
    def score(self) -> float:
        """The share of the mutants that the tests notice."""
        return self.noticed / self.total("made")

    @property
    def changed(self) -> list[str]:
        """List the modules whose source is not what it was in the run."""
        return [
            name
            for name, module in self.modules.items()
            if not (self.root / name).is_file()
            or hashlib.sha256((self.root / name).read_bytes()).hexdigest() != module["sha256"]
        ]

    @property
    def since(self) -> str:
        """Say which modules have changed since the run."""
        match self.changed:
            case []:
                return "No module has changed since."
            case [name]:
                return f"One module has changed since: {listed([name])}."
            case names:
                return f"{len(names)} modules have changed since: {listed(names)}."

    @property
    def left_out(self) -> str:
        """Name the modules of which no mutant was made."""
        every = [path.relative_to(ROOT) for path in sorted(PACKAGE.rglob("*.py"))]
        return listed([str(path) for path in every if str(path) not in self.modules])

    @property
    def passed_over(self) -> str:
        """Name the functions with a decorator, which the tool leaves as they are."""
        return listed([name for module in self.modules.values() for name in module["passed_over"]])

    def table(self) -> str:
        """Write the counts of each module as an HTML table."""
        names = ("made", "killed", "timed_out", "survived")
        rows = [
            [f"<code>{escape(name)}</code>", *(module[k] for k in names)]
            for name, module in self.modules.items()
        ]
        rows.append(["together", *(self.total(k) for k in names)])
        head = "".join(
            f"<th>{name}</th>"
            for name in ("module", "mutants", "killed", "out of time", "survived")
        )
        body = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows
        )
        return f'<div class="eq-matrix"><table><tr>{head}</tr>{body}</table></div>'

    def arguments(self) -> str:
        """Write, for each reason, the surviving changes that it speaks for, folded."""
        alive = sorted(
            (
                (one["why"], name, one)
                for name, module in self.modules.items()
                for one in module["survivors"]
            ),
            key=lambda entry: entry[:2],
        )
        return "".join(self.folds(alive))

    def folds(self, alive: list[tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
        """Yield a fold for each reason."""
        for why, entries in groupby(alive, key=lambda entry: entry[0]):
            items = "".join(
                f"<li><code>{escape(one['mutant'])}</code>"
                f"<pre><code>{escape(chr(10).join(one['change']))}</code></pre></li>"
                for _, _, one in entries
            )
            yield f"<details><summary>{escape(why or 'No reason is given yet.')}</summary><ul>{items}</ul></details>"


def listed(names: list[str]) -> str:
    """Write names as code, with commas between them; Markdown sees no emphasis in them."""
    codes = (escape(name).replace("_", "&#95;") for name in names)
    return ", ".join(f"<code>{code}</code>" for code in codes)
