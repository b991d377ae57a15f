"""The values of the page of checks: the matrix of all equations, and the mutants."""

from html import escape

from literate.claims import find_claims
from literate.equations import Record
from literate.maths import write_codes
from voronet_site import DOCS
from voronet_site.checked import report
from voronet_site.mutation import Mutation

found = report()
held, exempt = found.held, found.exempt
worst = max(record.max_error for record in found.records)
tests = len({test for record in found.records for test in record.tests})
claims = len(list(find_claims(DOCS)))

NAMES = ["number", "page", "equation", "result", "functions", "tests"]


def row(record: Record) -> str:
    """Write what is known about one equation as a row of the table."""
    page = record.page.rsplit(".", 1)[0]
    result = f"held, error {record.max_error:.0e}" if record.max_error else "held, no error"
    cells = (
        f'<a href="../{page}/#{record.label}">{record.number}</a>',
        page.rsplit("/", 1)[-1],
        write_codes([record.label.removeprefix("eq:")]),
        result if record.status == "held" else f"exempt: {escape(record.reason)}",
        write_codes(record.functions, "<br>"),
        write_codes([name.split("::")[1] for name in record.tests], "<br>"),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


in_order = sorted(found.records, key=lambda record: [int(n) for n in record.number.split(".")])
head = "".join(f"<th>{name}</th>" for name in NAMES)
body = "".join(map(row, in_order))
table = f'<div class="eq-matrix"><table><tr>{head}</tr>{body}</table></div>'
mutation = Mutation.read()
