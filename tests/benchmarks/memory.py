"""Print the peak of memory that a short training takes above its data, in MB.

    python -m tests.benchmarks.memory FILE STEPS

The peak is the one that Linux counts for a process, so this needs a process of its own.
The data come from a file, since making them would leave a peak behind.
"""

import re
import sys
from pathlib import Path

import numpy as np

import voronet


def peak():
    """Return the most memory that this process has had, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / 1e6


def main():
    """Read the data, train, and compare the peaks."""
    file, steps = sys.argv[1], int(sys.argv[2])
    with np.load(file) as arrays:
        x, y = arrays["x"], arrays["y"]
    # Let all code be loaded and used once.
    voronet.train(x[:, :10], y[:, :10], max_steps=1)
    before = peak()
    voronet.train(x, y, max_steps=steps)
    print(peak() - before)


if __name__ == "__main__":
    main()
