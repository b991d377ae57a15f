"""Every displayed equation of every page, evaluated against the package."""

from pathlib import Path

import pytest

import voronet
from docs._literate import model
from docs._literate.equations import check_site

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report():
    """Check the whole site once: what the build relies on."""
    return check_site(ROOT / "docs", ROOT / "tests", model.draws(), voronet)


pytestmark = pytest.mark.equations


def test_every_equation_of_every_page_holds(report):
    for line in report.failures:
        print(line)
    assert not report.failures, f"{len(report.failures)} failures, listed above"
