"""What the tests share: a seeded generator, and how Hypothesis draws."""

import os
import sys

import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.internal.constants_ast import Constants

# What the pages of the second site run: no module of its own.
collect_ignore = ["site/oscillator/docs", "site/oscillator/spring_values"]
# WebAssembly (.ci/pyodide.mjs) has NumPy alone: nothing draws or builds a site there.
if sys.platform == "emscripten":
    collect_ignore += ["benchmarks", "browser", "site"]
    names = ["cli", "notebook", "recorded", "replay", "same_bits", "show"]
    collect_ignore += [f"test_{name}.py" for name in names]

# Hypothesis also draws constants from the source of imported modules, so the examples
# of a test would depend on which test files are collected with it. There is no setting
# for this; tests/test_conftest.py fails if the next line has no effect.
HypothesisProvider._local_constants = Constants()

# Draw the same examples at each run, so that a failure repeats; no example is timed.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=50)
# Draw new and more examples: pytest --hypothesis-profile=search
settings.register_profile("search", deadline=None, max_examples=2000)
# Find that a test fails with few examples, not the smallest one: for mutation testing.
settings.register_profile(
    "mutation",
    settings.get_profile("steady"),
    max_examples=10,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("steady")


# The laboratory runs these tests in a browser, without pytest-xdist.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Start more workers than there are cores: many tests wait for other processes."""
    return os.cpu_count() + 2


def pytest_runtest_setup(item):
    """Skip in WebAssembly what needs more of a system than there is."""
    if sys.platform == "emscripten" and item.get_closest_marker("system"):
        pytest.skip("WebAssembly has no threads, processes, permissions and limits")


@pytest.fixture
def rng():
    """Give each test its own generator, always with the same seed."""
    return np.random.default_rng(2019)


@pytest.fixture(autouse=True)
def _close_figures():
    """Leave no figure of matplotlib open for the next test of the same process."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
