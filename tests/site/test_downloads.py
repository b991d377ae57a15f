"""What a reader takes away of an executed page runs in a folder of its own."""

import io
import subprocess
import sys
import zipfile

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from literate.jupyter.download import write_downloads
from voronet_site import ROOT

SITE = ROOT / "site" / "run"


def test_a_notebook_a_script_and_their_data_are_written(tmp_path):
    (tmp_path / "run").mkdir()
    data = tmp_path / "kept" / "numbers.csv"
    data.parent.mkdir()
    data.write_text("1,2")
    text = r"By \eqref{eq:one}, see [the loss](../derive/loss.md#mean) and [a site](https://host/a.md)."
    cells = [new_markdown_cell(text), new_code_cell('open("../kept/numbers.csv")')]
    page = tmp_path / "run" / "page.py"
    files = write_downloads(page, new_notebook(cells=cells), [data], {"eq:one": "4.1"})
    notebook = nbformat.reads(files["page.ipynb"].decode(), as_version=4)
    assert notebook.cells[0].source == "By (4.1), see the loss and [a site](https://host/a.md)."
    assert notebook.cells[1].source == 'open("numbers.csv")'
    assert '\n# %%\nopen("numbers.csv")' in files["page.py"].decode()
    archive = zipfile.ZipFile(io.BytesIO(files["page.zip"]))
    assert archive.namelist() == ["page.ipynb", "page.py", "numbers.csv"]
    assert archive.read("numbers.csv") == b"1,2"


def test_a_page_without_data_needs_no_archive(tmp_path):
    files = write_downloads(tmp_path / "page.py", new_notebook(cells=[new_code_cell("1")]), [], {})
    assert list(files) == ["page.ipynb", "page.py"]


def printed(notebook):
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in cells]


@pytest.fixture
def unpacked(tmp_path):
    """Unpack what a page of the built site gives, as a reader does."""

    def unpack(name):
        if not (SITE / name).is_dir():
            pytest.skip("needs the built site (mkdocs build)")
        zipfile.ZipFile(SITE / name / f"{name}.zip").extractall(tmp_path)
        return tmp_path

    return unpack


@pytest.mark.slow
def test_the_script_runs_as_downloaded(unpacked):
    folder = unpacked("paper")
    done = subprocess.run(
        [sys.executable, "paper.py"],
        cwd=folder,
        env={"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "recorded cost" in done.stdout


@pytest.mark.slow
def test_the_notebook_runs_as_downloaded_and_has_its_outputs(unpacked):
    folder = unpacked("how-do-we-know")
    notebook = nbformat.read(folder / "how-do-we-know.ipynb", as_version=4)
    shown = printed(notebook)
    assert any(shown)
    # A bare environment, as the page had: OPENBLAS_CORETYPE would change the rounding of products.
    client = NotebookClient(notebook, resources={"metadata": {"path": str(folder)}})
    client.execute(env={"HOME": str(folder)})
    assert printed(notebook) == shown
