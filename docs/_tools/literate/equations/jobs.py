"""The check of a site in parts that can be kept: each page by itself, and what concerns all pages."""

from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from literate.build_cache import cached

from .check import Record, verdict
from .pages import Formula, page_files, read_docstrings, read_page
from .report import Report, Site, check_site, fill_values


def check_page(options: dict[str, str], path: str) -> dict[str, dict[str, Any]]:
    """Return the record of each formula of a page that holds, by its key; without a page, of the docstrings."""
    site = Site(**options)
    docs = Path(site.docs).resolve()
    if path:
        try:
            formulas, _ = read_page(docs, Path(path).resolve())
        except ValueError:
            return {}
    else:
        package = import_module(site.package)
        formulas = list(read_docstrings(Path(str(package.__file__)).parent, docs))
    # Whether a formula holds does not depend on where it stands.
    unplaced = [asdict(replace(fill_values(formula, site), path="", line=0, column=1)) for formula in formulas]
    known: dict[str, dict[str, Any]] = cached("literate.equations.jobs:check_formulas", options, unplaced)
    return {formula.key: found for formula, found in zip(formulas, known, strict=True) if found}


def check_formulas(options: dict[str, str], formulas: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """Return the record of each formula, or None where one fails."""
    if not formulas:
        return []
    table, samples, _ = Site(**options).load()
    found = [verdict(Formula(**formula), table, samples) for formula in formulas]
    return [asdict(record) if isinstance(record, Record) else None for record in found]


def check_all(options: dict[str, str]) -> dict[str, Any]:
    """Return what the check of the whole site found."""
    known: dict[str, Record] = {}
    for path in [*page_files(Path(options["docs"])), ""]:
        records = cached("literate.equations.jobs:check_page", options, str(path))
        known |= {key: Record(**record) for key, record in records.items()}
    return asdict(check_site(Site(**options), known))


def load_report(found: dict[str, Any]) -> Report:
    """Make a report of what `check_all` found."""
    records, formulas = ([Record(**record) for record in found[kind]] for kind in ("records", "formulas"))
    return Report(records, found["failures"], formulas)
