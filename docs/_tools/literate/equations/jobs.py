"""The check of a site in pieces that can be kept: a page for itself, and what holds all pages together."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from literate.build_cache import cached

from .check import Record, verdict
from .pages import page_files, read_page
from .report import Report, Site, check_site


def check_page(options: dict[str, str], path: str) -> dict[str, dict[str, Any]]:
    """Return the record of each equation of a page that holds, by its key in `check_site`."""
    site = Site(**options)
    try:
        formulas, _ = read_page(Path(site.docs).resolve(), Path(path).resolve())
    except ValueError:
        return {}
    table, samples, _ = site.load() if formulas else (None, None, None)
    found = {}
    for formula in formulas:
        record = verdict(formula, table, samples)
        if isinstance(record, Record):
            found[f"{formula.page}\n{formula.number}\n{formula.tex}"] = asdict(record)
    return found


def check_all(options: dict[str, str]) -> dict[str, Any]:
    """Return what the check of the whole site found."""
    known: dict[str, Record] = {}
    for path in page_files(Path(options["docs"])):
        records = cached("literate.equations.jobs:check_page", options, str(path))
        known |= {key: Record(**record) for key, record in records.items()}
    return asdict(check_site(Site(**options), known))


def load_report(found: dict[str, Any]) -> Report:
    """Make a report of what `check_all` found."""
    return Report([Record(**record) for record in found["records"]], found["failures"])
