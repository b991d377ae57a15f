"""The values of the page of lists: all equations, and all changes that the checks let pass."""

from collections.abc import Iterable, Sequence
from html import escape

from literate.equations import Record
from literate.maths import write_codes
from voronet_site.checked import report
from voronet_site.mutation import Mutation
from voronet_site.strength import Tokens

NAMES = ["number", "page", "equation", "result", "functions", "tests"]


def write_table(names: list[str], rows: Iterable[Sequence[str]]) -> str:
    """Write cells of HTML as a table that scrolls by itself."""
    head = "".join(f"<th>{name}</th>" for name in names)
    body = ("".join(f"<td>{cell}</td>" for cell in cells) for cells in rows)
    lines = "".join(f"<tr>{line}</tr>" for line in body)
    label = f"Table of {', '.join(names)}"
    return f'<section class="eq-matrix" tabindex="0" aria-label="{label}"><table><tr>{head}</tr>{lines}</table></section>'


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


in_order = sorted(report().records, key=lambda record: [int(n) for n in record.number.split(".")])
table = write_table(NAMES, map(row, in_order))
token_passed = write_table(
    ["formula", "change", "why it is no mistake"],
    [
        [f"<code>{escape(formula)}</code>", f"<code>{escape(change)}</code>", escape(why or "missed")]
        for formula, change, why in Tokens().passed
    ],
)

mutation = Mutation.read()
