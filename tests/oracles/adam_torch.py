"""Record what torch.optim.Adam does with given gradients.

    python -m tests.oracles.adam_torch

writes `adam_torch.npz` beside this file. It needs PyTorch (2.13.0 made the file that
is kept); tests/test_adam.py compares without it, and again live where it is there.
"""

import datetime
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".npz")
STEPS = 500
# The steps whose parameters are kept: the first twenty, then every twentieth.
KEPT = np.r_[1:21, 40 : STEPS + 1 : 20]

# Learning rate, β1, β2, ε.
SETTINGS = {
    "default": (1e-3, 0.9, 0.999, 1e-8),
    "short": (1e-2, 0.5, 0.9, 1e-8),
    "no-first-moment": (1e-2, 0.0, 0.99, 1e-8),
    "no-second-moment": (1e-2, 0.9, 0.0, 1e-8),
    "long": (0.5, 0.99, 0.9999, 1e-8),
    "second-shorter": (1e-3, 0.99, 0.9, 1e-8),
    "large-epsilon": (1e-2, 0.9, 0.999, 0.1),
}


def gradients():
    """Make three parameters' gradients for each kind of problem, (STEPS, 3)."""
    rng = np.random.default_rng(1412_6980)
    normal = rng.standard_normal((STEPS, 3))
    t = np.arange(STEPS)[:, None]
    made = {
        "ordinary": normal,
        "steady": np.tile([1.0, -0.01, 30.0], (STEPS, 1)),
        "alternating": (-1.0) ** t * [1.0, 0.1, 10.0],
        "tiny": normal * [1e-7, 1e-9, 1e-12],
        "squares-underflow": normal * [1e-155, 1e-165, 1e-175],
        "fading": normal * 0.95**t,
        "growing": normal * 10.0 ** (t / 50 - 5),
        "mostly-zero": np.where(rng.random((STEPS, 3)) < 0.02, normal, 0.0),
        "zero-then-spike": np.where(t >= 400, normal, 0.0),
        "zero": np.zeros((STEPS, 3)),
    }
    # A few bits each, so that the file is small; the extremes keep their exponent.
    return {name: np.ldexp(*_rounded(g)) for name, g in made.items()}


def _rounded(g):
    mantissa, exponent = np.frexp(g)
    return np.round(mantissa * 256) / 256, exponent


def torch_path(g, settings):
    """Give torch.optim.Adam the gradients one by one; return w after each step."""
    import torch

    rate, beta1, beta2, epsilon = settings
    w = torch.zeros(g.shape[1], dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([w], lr=rate, betas=(beta1, beta2), eps=epsilon)
    path = []
    for row in g:
        w.grad = torch.tensor(row)
        adam.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


def main():
    """Write the file."""
    import torch

    arrays = {
        "made": f"torch {torch.__version__}, numpy {np.__version__}, "
        f"{datetime.date.today()}, python -m tests.oracles.adam_torch"
    }
    for problem, g in gradients().items():
        arrays[f"{problem}/g"] = g
        for name, settings in SETTINGS.items():
            path = torch_path(g, settings)
            arrays[f"{problem}/{name}"] = path[KEPT - 1]
    np.savez_compressed(FILE, **arrays)


if __name__ == "__main__":
    main()
