"""What the tests share holds for each of them, whatever is collected beside it."""

import importlib

import hypothesis.strategies as st
from hypothesis import given, settings


def drawn_integers():
    """Return the examples that a property test would see."""
    integers = []

    @settings(max_examples=200)
    @given(st.integers(0, 2**32))
    def collect(n):
        integers.append(n)

    collect()
    return integers


def test_examples_do_not_depend_on_imported_modules(tmp_path, monkeypatch):
    before = drawn_integers()
    # Hypothesis reads constants out of modules outside site-packages.
    (tmp_path / "constants.py").write_text(f"NUMBERS = {[*range(7000, 7100)]}\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("constants")
    assert drawn_integers() == before
