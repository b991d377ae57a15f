"""The same training, done by voronet and by others, from the same numbers.

Each function takes a `Problem`, makes ready all that can be made ready (arrays in
the library's own form; nothing of it is timed), and returns `train(steps)`: full-batch
Adam with its usual rates, always from the problem's start. It returns the loss that
the library itself finds at the end. scikit-learn alone is not free in what it does.

    python -m tests.benchmarks.contenders NAME FILE STEPS

does one training and nothing else: a cold start, timed from outside.
"""

import sys
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

WIDTHS = (2, 2, 8, 2)
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Problem:
    """Points x (2, n), labels y (2, n), the starts w (R, 48), and their seeds (R,)."""

    x: np.ndarray
    y: np.ndarray
    w: np.ndarray
    seeds: np.ndarray


def voronet(problem):
    """Train with `voronet.train` as it is: checks, records and stopping test."""
    import voronet

    single = len(problem.w) == 1
    seed = int(problem.seeds[0]) if single else problem.seeds.tolist()

    def train(steps):
        run = voronet.train(problem.x, problem.y, seed=seed, max_steps=steps)
        assert run.steps[-1] == steps, run.stopped
        return run.loss[-1]

    return train


def plain(problem):
    """Train with the functions that the chapters derive, in a loop."""
    import voronet

    net, adam, (x, y) = voronet.Network(WIDTHS), voronet.Adam(), (problem.x, problem.y)

    def train(steps):
        w = problem.w[0]
        state = adam.start(w)
        for _ in range(steps):
            w, state = adam.step(w, voronet.gradient(net, w, x, y), state)
        _, a = voronet.forward(net, w, x)
        return voronet.mean_squared_error(a[-1], y)

    return train


def layers(w):
    """Cut parameters in voronet's order into [W_1, W_2, W_3], [b_1, b_2, b_3]."""
    shapes = [(k, m) for m, k in pairwise(WIDTHS)] + [(k,) for k in WIDTHS[1:]]
    parts, at = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        parts.append(w[at : at + size].reshape(shape))
        at += size
    return parts[:3], parts[3:]


def torch(problem):
    """Train with PyTorch, eager, a row per point as its layers want, and fused Adam."""
    import torch

    torch.set_num_threads(1)
    x, y = (torch.tensor(part.T.copy()) for part in (problem.x, problem.y))
    weights, biases = layers(problem.w[0])
    pairs = zip(weights, biases, strict=True)
    start = [torch.tensor(part) for pair in pairs for part in pair]
    half_mean = 1 / (2 * len(x))
    linear = [torch.nn.Linear(*ends, dtype=torch.float64) for ends in pairwise(WIDTHS)]
    model = torch.nn.Sequential(
        *(part for layer in linear for part in (layer, torch.nn.Sigmoid()))
    )

    def loss():
        return ((model(x) - y) ** 2).sum() * half_mean

    def train(steps):
        with torch.no_grad():
            for parameter, value in zip(model.parameters(), start, strict=True):
                parameter.copy_(value)
        adam = torch.optim.Adam(
            model.parameters(), LEARNING_RATE, (BETA1, BETA2), EPSILON, fused=True
        )
        for _ in range(steps):
            adam.zero_grad()
            loss().backward()
            adam.step()
        with torch.no_grad():
            return float(loss())

    return train


def jax(problem):
    """Train with JAX, all steps in one compiled scan; several starts by vmap.

    Written in the way that was fastest of eight: a column per point, parameters in one
    vector, the sigmoid by tanh. The first call for a number of steps compiles.
    """
    from functools import partial

    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, y, w = (jnp.array(part) for part in (problem.x, problem.y, problem.w))

    def loss(w, x, y):
        a = x
        for weight, bias in zip(*layers(w), strict=True):
            a = 0.5 + 0.5 * jnp.tanh((weight @ a + bias[:, None]) / 2)
        return ((a - y) ** 2).sum() / (2 * x.shape[1])

    def one(x, y, w, steps):
        def step(state, _):
            w, m, v, t = state
            g, t = jax.grad(loss)(w, x, y), t + 1
            m = BETA1 * m + (1 - BETA1) * g
            v = BETA2 * v + (1 - BETA2) * g * g
            m_hat, v_hat = m / (1 - BETA1**t), v / (1 - BETA2**t)
            w = w - LEARNING_RATE * m_hat / (jnp.sqrt(v_hat) + EPSILON)
            return (w, m, v, t), None

        start = w, jnp.zeros_like(w), jnp.zeros_like(w), 0.0
        (w, *_), _ = jax.lax.scan(step, start, None, length=steps)
        return loss(w, x, y)

    @partial(jax.jit, static_argnums=3)
    def every(x, y, w, steps):
        if len(w) == 1:
            return one(x, y, w[0], steps)
        return jax.vmap(lambda w: one(x, y, w, steps))(w)

    return lambda steps: np.asarray(every(x, y, w, steps))


def sklearn(problem):
    """Train scikit-learn's classifier: its own start, and its own loss.

    It minimises the cross entropy; with a label for each of two outputs its network has
    the same widths and two sigmoids at the end.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    x, y = problem.x.T.copy(), problem.y.T.astype(int)

    def train(steps):
        classifier = MLPClassifier(
            hidden_layer_sizes=WIDTHS[1:-1],
            activation="logistic",
            solver="adam",
            alpha=0.0,
            batch_size=len(x),
            shuffle=False,
            learning_rate_init=LEARNING_RATE,
            beta_1=BETA1,
            beta_2=BETA2,
            epsilon=EPSILON,
            max_iter=steps,
            tol=0.0,
            n_iter_no_change=steps + 1,
            random_state=0,
        )
        with warnings.catch_warnings():
            # It says that it has not converged: it is stopped by the count of steps.
            warnings.simplefilter("ignore", ConvergenceWarning)
            classifier.fit(x, y)
        assert classifier.n_iter_ == steps
        assert [len(b) for b in classifier.intercepts_] == list(WIDTHS[1:])
        return classifier.loss_

    return train


CONTENDERS = {f.__name__: f for f in (voronet, plain, torch, jax, sklearn)}


def main():
    """Train once, and print the loss."""
    name, file, steps = sys.argv[1:]
    with np.load(file) as arrays:
        problem = Problem(**arrays)
    print(float(CONTENDERS[name](problem)(int(steps))))


if __name__ == "__main__":
    main()
