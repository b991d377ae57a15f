"""What every recorded run shares: how its file says where it comes from."""

import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import voronet

FOLDER = Path(__file__).parent
# The problems whose beginnings are kept, so that a test can compute them again.
BEGINNINGS = range(8)


def save(name, began, **arrays):
    """Write a recorded run with its command, its versions, its date and its time."""
    origin = {
        "command": f"python -m docs.run.recorded.{name}",
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": round(time.perf_counter() - began),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }
    np.savez_compressed(FOLDER / f"{name}.npz", **origin, **arrays)
    print(f"wrote {name}.npz", file=sys.stderr)


def problem(seed, n):
    """Draw a problem as `voronet.study` does: the rule, the points, and the generator."""
    rng = np.random.default_rng(seed)
    rule = voronet.VoronoiRule.random(rng)
    return rule, voronet.sample_points(n, rng), rng


def beginnings(n):
    """Keep the points, the labels, and the parameters after a hundred steps."""
    rows = []
    for seed in BEGINNINGS:
        rule, x, rng = problem(seed, n)
        label = rule.label(x)
        run = voronet.train(x, voronet.one_hot(label), seed=rng, max_steps=100)
        rows.append((x, label, run.w))
    return {
        name: np.stack(values)
        for name, values in zip(
            ("x", "label", "w_100"), zip(*rows, strict=True), strict=True
        )
    }


def bar(what):
    """Say how far a study has come."""

    def progress(done, total):
        end = "\n" if done == total else "\r"
        print(f"{what}: {done} of {total}", end=end, file=sys.stderr, flush=True)

    return progress
