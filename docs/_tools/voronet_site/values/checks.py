"""The values of the page of checks: the matrix of all equations, and the mutants."""

from collections.abc import Iterable, Sequence
from html import escape

from literate.claims import find_claims
from literate.equations import Record
from literate.maths import write_codes
from voronet_site import DOCS
from voronet_site.checked import report
from voronet_site.mutation import Mutation
from voronet_site.strength import Markers, Tokens

found = report()
held, exempt = found.held, found.exempt
worst = max(record.max_error for record in found.records)
tests = len({test for record in found.records for test in record.tests})
claims = len(list(find_claims(DOCS)))

NAMES = ["number", "page", "equation", "result", "functions", "tests"]


def write_table(names: list[str], rows: Iterable[Sequence[str]]) -> str:
    """Write cells of HTML as a table that scrolls by itself."""
    head = "".join(f"<th>{name}</th>" for name in names)
    body = ("".join(f"<td>{cell}</td>" for cell in cells) for cells in rows)
    lines = "".join(f"<tr>{line}</tr>" for line in body)
    label = f"Table of {', '.join(names)}"
    return f'<div class="eq-matrix" tabindex="0" role="region" aria-label="{label}"><table><tr>{head}</tr>{lines}</table></div>'


def row(record: Record) -> Sequence[str]:
    """Write what is known about one equation as the cells of a row."""
    page = record.page.rsplit(".", 1)[0]
    result = f"held, error {record.max_error:.0e}" if record.max_error else "held, no error"
    return (
        f'<a href="../{page}/#{record.label}">{record.number}</a>',
        page.rsplit("/", 1)[-1],
        write_codes([record.label.removeprefix("eq:")]),
        result if record.status == "held" else f"exempt: {escape(record.reason)}",
        write_codes(record.functions, "<br>"),
        write_codes([name.split("::")[1] for name in record.tests], "<br>"),
    )


inline_held, docstring_held = (
    sum(record.status == "held" and record.kind == kind for record in found.formulas)
    for kind in ("inline", "docstring")
)
inline_exempt = sum(record.status == "exempt" for record in found.formulas)

tokens, markers = Tokens(), Markers()
tokens_command, markers_command = (write_codes([run.command]) for run in (tokens, markers))
OUTCOMES = {
    "false, and caught: the values differ": "value",
    "refused: it has no meaning": "no meaning",
    "it states nothing any more": "no statement",
    "the same by a rule": "equivalent",
    "true as well, argued below": "true as well",
    "false, and missed": "missed",
}
counts = [[what, f"{tokens.counts[kind]:,}"] for what, kind in OUTCOMES.items()]
token_table = write_table(["outcome", "changes"], counts)
token_passed = write_table(
    ["formula", "change", "why it is no mistake"],
    [
        [f"<code>{escape(formula)}</code>", f"<code>{escape(change)}</code>", escape(why or "missed")]
        for formula, change, why in tokens.passed
    ],
)

in_order = sorted(found.records, key=lambda record: [int(n) for n in record.number.split(".")])
table = write_table(NAMES, map(row, in_order))
mutation = Mutation.read()
