"""Lets a reader take an executed page away: as a notebook with its outputs, and as a script, with the data that both read."""

import io
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import jupytext
import nbformat

EQREF = re.compile(r"\\eqref\{([^}]*)\}")
# A link to another page of the site leads nowhere from a reader's folder: its text stays.
LINK = re.compile(r"\[([^\]]*)\]\([^):]+\.(?:md|py)(?:#[^)]*)?\)")


def write_downloads(page: Path, notebook: dict[str, Any], data: list[Path], numbers: dict[str, str]) -> dict[str, bytes]:
    """Return the files of an executed page by their names; `numbers` are those of the equations by their labels."""
    notebook = nbformat.from_dict(notebook)
    for number, cell in enumerate(notebook.cells, 1):
        # Two builds give the same file: no names drawn at random, and no times.
        cell.id = f"cell-{number}"
        cell.metadata.pop("execution", None)
        if cell.cell_type == "markdown":
            cell.source = EQREF.sub(lambda found: f"({numbers[found[1]]})", LINK.sub(r"\1", cell.source))
        # The data lie beside the notebook.
        for path in data:
            cell.source = cell.source.replace(os.path.relpath(path, page.parent), path.name)
    files = {
        f"{page.stem}.ipynb": nbformat.writes(notebook).encode(),
        f"{page.stem}.py": jupytext.writes(notebook, "py:percent").encode(),
    }
    if data:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (files | {path.name: path.read_bytes() for path in data}).items():
                # No date, so that two builds give the same file.
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        files[f"{page.stem}.zip"] = packed.getvalue()
    return files
