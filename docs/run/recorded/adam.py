"""Record how the learning rate decides where Adam ends, and whether it says so.

Run from the root of the repository: python -m docs.run.recorded.adam
"""

import time

import numpy as np

import voronet
from docs.run.recorded.record import bar, save

SEEDS = range(128)
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
STEPS = 25_000


def studied(rate, seeds, steps, progress=None):
    """Study the seeds with Adam at this rate."""
    adam = voronet.Adam(learning_rate=rate)
    return voronet.study(seeds, optimiser=adam, max_steps=steps, progress=progress)


def main():
    """Sweep the rates, and write adam.npz."""
    began = time.perf_counter()
    rows = []
    for rate in RATES:
        ended = studied(rate, SEEDS, STEPS, bar(f"rate {rate}"))
        rows.append((ended.loss, ended.accuracy, ended.stopped == "converged"))
    loss, accuracy, converged = (np.array(part) for part in zip(*rows, strict=True))
    assert np.isfinite(loss).all()
    save(
        "adam",
        began,
        seeds=np.array(SEEDS),
        rates=np.array(RATES),
        max_steps=STEPS,
        loss=loss.astype("f4"),
        accuracy=accuracy.astype("f4"),
        converged=converged,
        w_100=np.array([studied(rate, range(8), 100).w for rate in RATES]),
    )


if __name__ == "__main__":
    main()
