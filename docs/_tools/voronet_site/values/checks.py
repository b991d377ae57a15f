"""The values of the page of checks: the matrix of all equations, and the mutants."""

from html import escape

from literate import maths
from literate.equations import Record
from voronet_site.mutation import Mutation

report = maths.report()
held, exempt = report.held, report.exempt
worst = max(record.max_error for record in report.records)
tests = len({test for record in report.records for test in record.tests})

NAMES = ["number", "page", "equation", "result", "functions", "tests"]


def codes(names: list[str]) -> str:
    """Write names as code, a line each."""
    return "<br>".join(f"<code>{escape(name)}</code>" for name in names)


def row(record: Record) -> str:
    """Write what is known about one equation as a row of the table."""
    page = record.page.rsplit(".", 1)[0]
    result = f"held, error {record.max_error:.0e}" if record.max_error else "held, no error"
    cells = (
        f'<a href="../{page}/#{record.label}">{record.number}</a>',
        page.rsplit("/", 1)[-1],
        codes([record.label.removeprefix("eq:")]),
        result if record.status == "held" else f"exempt: {escape(record.reason)}",
        codes(record.functions),
        codes([name.split("::")[1] for name in record.tests]),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


in_order = sorted(report.records, key=lambda record: [int(n) for n in record.number.split(".")])
head = "".join(f"<th>{name}</th>" for name in NAMES)
body = "".join(map(row, in_order))
table = f'<div class="eq-matrix"><table><tr>{head}</tr>{body}</table></div>'
mutation = Mutation.read()
