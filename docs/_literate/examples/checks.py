"""The values of the page of checks: the matrix of all equations."""

from docs._literate import maths
from docs._literate.equations.report import matrix

report = maths.report()
held, exempt = report.held, report.exempt
worst = max(record.max_error for record in report.records)
tests = len({test for record in report.records for test in record.tests})
table = matrix(report, "../")
