"""A row of many networks equals the network alone, to the last bit, on every kernel.

Products may round by where a row begins in memory, so each network begins at a cache
line, and the small cases are enumerated, not sampled, with the kernels of other
processors too.
"""

import os
import platform
import subprocess
import sys

import numpy as np
import pytest

import voronet

pytestmark = pytest.mark.slow

# --8<-- [start:enumerate]
WIDTHS = ((2, 2, 8, 2), (2, 2, 2), (1, 1), (2, 9, 2), (3, 16, 17, 2))
KERNELS = {
    "this processor's": {},
    "Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "Prescott": {"OPENBLAS_CORETYPE": "Prescott"},
    "NumPy without AVX2": {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"},
}


def find_unequal(widths):
    """List the cases, n samples and R networks, where a row differs from its run."""
    net, found = voronet.Network(widths), []
    for n in range(1, 17):
        rng = np.random.default_rng([n, *widths])
        x = rng.uniform(size=(8, widths[0], n))
        y = rng.uniform(size=(8, widths[-1], n))
        options = {"net": net, "tol": 0, "max_steps": 3, "record_every": 1}
        alone = [voronet.train(x[r], y[r], seed=r, **options) for r in range(8)]
        for R in range(1, 9):
            run = voronet.train(x[:R], y[:R], seed=list(range(R)), **options)
            found += [
                f"widths {widths}, n = {n}, R = {R}, row {r}, {name}: "
                f"{np.ravel(getattr(run, name)[:, r])[-1]!r} in the row, "
                f"{np.ravel(getattr(alone[r], name))[-1]!r} alone"
                for r in range(R)
                for name in ("loss", "gradient_norm", "snapshots")
                if not np.array_equal(getattr(run, name)[:, r], getattr(alone[r], name))
            ]
    return found


# --8<-- [end:enumerate]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_row_equals_its_run_alone(kernel):
    if KERNELS[kernel] and platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("these are kernels of x86-64 processors")
    code = (
        "from tests.test_same_bits import *\n"
        "found = [line for widths in WIDTHS for line in find_unequal(widths)]\n"
        "print(*found, sep='\\n')"
    )
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONWARNINGS")
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | KERNELS[kernel],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stdout.strip(), done.stdout[:2000]
