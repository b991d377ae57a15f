"""The values of the page of checks: how much is checked, and how strong the checks are."""

from literate.claims import find_claims
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

inline_held, docstring_held = (
    sum(record.status == "held" and record.kind == kind for record in found.formulas)
    for kind in ("inline", "docstring")
)
inline_exempt = sum(record.status == "exempt" for record in found.formulas)

tokens, markers = Tokens(), Markers()
tokens_command, markers_command = (write_codes([run.command]) for run in (tokens, markers))
mutation = Mutation.read()
