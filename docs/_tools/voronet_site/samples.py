"""What the symbols of the notation table stand for: random problems, solved by the package.

A `Trial` hands out the values that the package's own functions compute. A `Structure` computes
the same network a second time, in complex numbers and without the package, so that anything can be
varied and what lies downstream of it follows: the derivatives of the pages come from there.
"""

from collections.abc import Callable, Sequence
from functools import cache, cached_property, partial
from importlib import import_module
from itertools import pairwise
from operator import attrgetter
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

import voronet
from literate.equations.evaluate import Absent, step_entry

WIDTHS = ((2, 2, 8, 2), (2, 3, 5, 2), (3, 4, 2, 3, 4))
SAMPLES = (1, 4, 6)
STEPS = 5
SEEDS = 4


def draws(package: ModuleType = voronet) -> list["Trial"]:
    """Draw a problem for each choice of widths and of the number of samples."""
    return [
        Trial(np.random.default_rng([7, k, n]), widths, n, package)
        for k, widths in enumerate(WIDTHS)
        for n in SAMPLES
    ]


def extremes(package: ModuleType = voronet, widths: tuple[int, ...] = WIDTHS[0]) -> list["Trial"]:
    """Draw gradients over twelve orders of magnitude, and rates at the edges of what Adam allows."""
    rates = [(0.9, 0.999), (0.9, 0.95), (0.3, 0.9), (0.5, 0.5), (0.8, 0.8), (0.5, 0.25), (0.95, 0.9), (0.0, 0.5)]
    return [Extreme(np.random.default_rng([8, k]), widths, betas, package) for k, betas in enumerate(rates)]


def simplest(package: ModuleType = voronet) -> list["Trial"]:
    """Return problems with whole numbers, the smallest first: to follow a failure by hand."""
    widths = ((1, 1, 1), (1, 1, 2), (2, 1, 1), (2, 2, 2), (1, 2, 3), (1, 1, 1, 1), (2, 3, 2, 2))
    patterns = ((0,), (1,), (1, -1), (1, 2, 0), (2, -1, 1, 0, 3))
    return [
        Simple(width, n, pattern, package)
        for width in widths
        for n in (1, 2)
        for pattern in patterns
    ]


def examples(package: ModuleType = voronet) -> dict[str, "Trial"]:
    """Return the examples that the pages work out, by the names that the pages give them."""
    from voronet_site.values import data, descent, loss, network

    made = partial(Given, package)
    corners = np.concatenate([data.rule.green, data.rule.blue], axis=1)
    targets = package.one_hot(data.rule.label(corners))
    # A single parameter is fewer than any network has.
    single = SimpleNamespace(size=1, depth=1, widths=(1, 1))
    return {
        "defaults": made(network.net, np.zeros(network.net.size), corners[:, 1:], targets[:, 1:]),
        "network": made(network.small, network.w, network.x, loss.y),
        "any_unit": made(descent.net, np.array([0.3, -0.7]), descent.x, descent.y),
        "one_unit": made(descent.net, descent.w, descent.x, descent.y),
        "zero": made(network.net, np.zeros(network.net.size), corners, targets),
        "one_parameter": made(single, np.zeros(1), corners, targets, [2.0, 2.0, -1.0, 0.0, 0.0]),
    }


def shown(package: ModuleType = voronet) -> tuple["Trial", dict[str, int]]:
    """Return the problem whose numbers readers see in the equations, and where in it they are taken."""
    made = Shown(package)
    return made, {"sample": 2, "layer": 2, "step": 3, "unit": 1, "entry": made.net.size}


class Trial:
    """One random problem, and everything that the package says about it."""

    def __init__(
        self, rng: np.random.Generator, widths: tuple[int, ...], n: int, package: ModuleType
    ) -> None:
        self.rng, self.n, self.package = rng, n, package
        self.net = package.Network(widths=widths)
        self.max_steps, self.per_class = STEPS, SEEDS
        # Seeds on a coarse lattice, so that distances are exact and can tie exactly.
        self._seeds = rng.permutation(81)[: 2 * SEEDS]
        self.x = rng.uniform(size=(widths[0], n))
        if widths[0] == 2:
            self.x[:, 0] = self._tie()
        self._labels = rng.integers(0, widths[-1], n)
        self.w = rng.normal(size=self.net.size)
        self._rates = rng.uniform([0.2, 0.3, 0.5, 0.02], [0.5, 0.95, 0.99, 0.08])
        if n == SAMPLES[-1]:
            # The rates that everyone uses: every third draw has them.
            self._rates = np.array([0.3, 0.9, 0.999, 0.05])
        self._any: dict[str, Any] = {}
        # Adam starts elsewhere, so that its first gradient is not the one at w.
        self._start = rng.normal(size=self.net.size)

    def __str__(self) -> str:
        return f"widths {self.net.widths}, n = {self.n}"

    def value(self, path: str, index: int | None) -> Any:
        """Return what an identifier of the notation table stands for."""
        found = attrgetter(path)(self)
        return found if index is None else take_entry(found, index)

    def anything(self, name: str, shape: tuple[int, ...]) -> Any:
        """Return numbers for a symbol that may be anything."""
        if name not in self._any:
            self._any[name] = self.rng.normal(size=shape)
        return self._any[name]

    def function(self, path: str) -> Callable[[Any], Any]:
        """Return a function of the package that an equation applies."""
        functions: dict[str, Callable[[Any], Any]] = {
            "sigmoid": self.package.sigmoid,
            "sigmoid_derivative": lambda z: self.package.sigmoid_derivative(
                self.package.sigmoid(z)
            ),
            "loss": lambda w: self.package.mean_squared_error(self._output(w), self.y),
            "losses": lambda w: self._losses(self._output(w))[np.newaxis],
            "gradient": lambda w: self._gradient(w.ravel())[:, np.newaxis],
            "label": lambda x: self.rule.label(x)[np.newaxis],
        }
        return functions[path]

    @cache  # noqa: B019
    def model(self, path: str = "", index: int | None = None, spot: int = 0) -> "Structure":
        """Return the independent model, with one entry of one quantity moved."""
        return Structure(self, path, index, spot)

    def _tie(self) -> Any:
        """Return the midpoint of the closest green and blue seeds: they tie there."""
        green, blue = self.rule.green, self.rule.blue
        gaps = ((green[:, :, None] - blue[:, None, :]) ** 2).sum(axis=0)
        r, s = np.unravel_index(int(np.argmin(gaps)), gaps.shape)
        return (green[:, r] + blue[:, s]) / 2

    @cached_property
    def rule(self) -> Any:
        """Return the rule with its seeds, for points of the plane."""
        if self.net.widths[0] != 2:
            raise Absent("the rule is for points of the plane")
        places = np.stack([self._seeds % 9, self._seeds // 9]) / 8
        return self.package.VoronoiRule(places[:, :SEEDS], places[:, SEEDS:])

    @cached_property
    def cells(self) -> Any:
        """Return one for each green seed and each point in the polygon of its cell, else zero."""
        polygons = import_module(f"{self.package.__name__}.show").cells(self.rule)[:SEEDS]
        return np.array([self._lies_in(polygon.corners) for polygon in polygons], float)

    def _lies_in(self, corners: Any) -> Any:
        # Corners run counter-clockwise: a point inside lies to the left of every edge.
        ahead, aside = np.roll(corners, -1, axis=1) - corners, self.x[:, :, None] - corners[:, None]
        return (ahead[0] * aside[1] - ahead[1] * aside[0] >= -1e-12).all(axis=1)

    @cached_property
    def y(self) -> Any:
        """Return the targets: of the rule where there is one, else of random labels."""
        classes = self.net.widths[-1]
        if self.net.widths[0] == classes == 2:
            return self.package.one_hot(self.rule.label(self.x))
        return (np.arange(classes)[:, np.newaxis] == self._labels).astype(float)

    @cached_property
    def _unpacked(self) -> Any:
        return self.package.Network.unpack(self.net, self.w)

    weights = property(lambda self: self._unpacked[0])
    biases = property(lambda self: self._unpacked[1])

    @cached_property
    def _passed(self) -> Any:
        return self.package.forward(self.net, self.w, self.x)

    z = property(lambda self: self._passed[0])
    a = property(lambda self: self._passed[1])

    @cached_property
    def decision(self) -> Any:
        """Return the share of blue at each point."""
        if self.net.widths[-1] != 2:
            raise Absent("the share of blue is for two outputs")
        return self.package.decision(self.net, self.w, self.x)

    @cached_property
    def delta(self) -> Any:
        """Return the error signals of each layer."""
        return self.package.backpropagate(self.net, self.w, self.a, self.y)

    def _output(self, w: Any) -> Any:
        return self.package.forward(self.net, w.ravel(), self.x)[1][-1]

    def _losses(self, a: Any) -> Any:
        columns = [slice(i, i + 1) for i in range(self.n)]
        return np.array([self.package.mean_squared_error(a[:, i], self.y[:, i]) for i in columns])

    @cached_property
    def losses(self) -> Any:
        """Return the loss of each sample by itself."""
        return self._losses(self.a[-1])

    @cached_property
    def loss(self) -> Any:
        """Return the loss of all samples."""
        return self.package.mean_squared_error(self.a[-1], self.y)

    def _gradient(self, w: Any) -> Any:
        return self.package.gradient(self.net, w, self.x, self.y)

    @cached_property
    def g(self) -> Any:
        """Return the gradient at w."""
        return self._gradient(self.w)

    @cached_property
    def gradient(self) -> SimpleNamespace:
        """Return the gradient at w, cut into matrices and biases."""
        weights, biases = self.net.unpack(self.g)
        return SimpleNamespace(weights=weights, biases=biases)

    @cached_property
    def stochastic_gradient(self) -> Any:
        """Return the gradient of each sample alone, as it is when that sample is drawn."""
        drawn = [
            self.package.stochastic_gradient(self.net, self.w, self.x, self.y, Chosen(i))
            for i in range(self.n)
        ]
        return np.stack(drawn, axis=1)

    @cached_property
    def adam(self) -> SimpleNamespace:
        """Run Adam on the loss, and keep all that its steps used and gave."""
        return self._adam(self._gradient)

    @cached_property
    def constant(self) -> SimpleNamespace:
        """Run Adam on a gradient that is always the same."""
        return self._adam(lambda w: self.g)

    def _adam(self, gradient: Callable[[Any], Any]) -> SimpleNamespace:
        rate, beta1, beta2, epsilon = map(float, self._rates)
        adam = self.package.Adam(rate, beta1=beta1, beta2=beta2, epsilon=epsilon)
        w, state = [self._start], adam.start(self._start)
        g, m, v, hats = [None], [state.m], [state.v], [(None, None)]
        for _ in range(STEPS):
            g.append(gradient(w[-1]))
            hats.append(self._find_hats(g[-1], state))
            stepped, state = adam.step(w[-1], g[-1], state)
            w.append(stepped)
            m.append(state.m)
            v.append(state.v)
        m_hat, v_hat = zip(*hats, strict=True)
        rates = {"learning_rate": rate, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
        return SimpleNamespace(w=w, g=g, m=m, v=v, m_hat=m_hat, v_hat=v_hat, **rates)

    def _find_hats(self, g: Any, state: Any, unit: float = 1.0) -> tuple[Any, Any]:
        """Recover m̂ and v̂ from two steps of the package that differ in ε alone.

        A step from zero is −m̂ / (√v̂ + ε) at rate one, so that two of them give both unknowns. The
        equation of the update is then held at a third ε.
        """
        _, beta1, beta2, _ = map(float, self._rates)
        small, large = (
            self.package.Adam(1.0, beta1=beta1, beta2=beta2, epsilon=epsilon)
            .step(np.zeros_like(g), g, state)[0]
            for epsilon in (0.25 * unit, unit)
        )  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            m_hat = 0.75 * unit / (1 / small - 1 / large)
            root = -m_hat / small - 0.25 * unit
        # A step of zero tells that m̂ is zero; where all gradients were zero, so is v̂.
        m_hat, root = (np.where(small == 0, 0.0, found) for found in (m_hat, root))
        return m_hat, root**2

    @cached_property
    def descent(self) -> SimpleNamespace:
        """Run gradient descent on the loss."""
        rate = float(self._rates[0])
        descent = self.package.GradientDescent(rate)
        w, g, state = [self.w], [None], descent.start(self.w)
        for _ in range(STEPS):
            g.append(self._gradient(w[-1]))
            stepped, state = descent.step(w[-1], g[-1], state)
            w.append(stepped)
        return SimpleNamespace(w=w, g=g, learning_rate=rate, next=SimpleNamespace(w=w[1]))


class Chosen(np.random.Generator):
    """Draws the sample that it is told to draw."""

    def __init__(self, sample: int) -> None:
        super().__init__(np.random.PCG64())
        self.sample = sample

    def integers(self, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        """Return the sample."""
        return self.sample


class Extreme(Trial):
    """A problem whose gradients are given: of any magnitude, steady, turning, growing, fading."""

    def __init__(
        self,
        rng: np.random.Generator,
        widths: tuple[int, ...],
        betas: tuple[float, float],
        package: ModuleType,
    ) -> None:
        super().__init__(rng, widths, SAMPLES[0], package)
        self._rates = np.array([0.3, *betas, 0.05])
        steps = np.arange(STEPS)[:, np.newaxis]
        # Growth by β_2 / β_1 is what the longest step asks for.
        growth = betas[1] / betas[0] if betas[0] else 10.0
        histories = [1.0 + 0 * steps, (-1.0) ** steps, growth**steps, 0.1**steps, 1e-9 ** (steps < STEPS - 1)]
        kinds = np.hstack(histories)[:, np.arange(self.net.size) % len(histories)]
        self._given = kinds * 10.0 ** rng.uniform(-6, 6, self.net.size)
        # One entry beside which the others vanish is as long as the whole vector.
        self.g = self._given[0] * 1e-20 ** (np.arange(self.net.size) > 0)

    def __str__(self) -> str:
        return f"gradients over twelve orders of magnitude, beta {self._rates[1]:g} and {self._rates[2]:g}"

    @cached_property
    def adam(self) -> SimpleNamespace:
        """Run Adam on the given gradients."""
        given = iter(self._given)
        return self._adam(lambda w: next(given))

    def _find_hats(self, g: Any, state: Any, unit: float = 1.0) -> tuple[Any, Any]:
        # Each entry has its own magnitude, and needs an ε of that magnitude.
        pieces = []
        for j in range(g.size):
            one = slice(j, j + 1)
            cut = type(state)(state.t, state.m[one], state.v[one])
            unit = float(max(abs(g[j]), np.sqrt(state.v[j])))
            pieces.append(super()._find_hats(g[one], cut, unit))
        return tuple(np.concatenate(found) for found in zip(*pieces, strict=True))


class Simple(Trial):
    """A problem of small whole numbers."""

    def __init__(
        self, widths: tuple[int, ...], n: int, pattern: tuple[int, ...], package: ModuleType
    ) -> None:
        super().__init__(np.random.default_rng(0), widths, n, package)
        self.w = self._start = np.resize(np.array(pattern, float), self.net.size)
        # In the unit square, where the cells of the rule are.
        self.x = np.resize(np.array(pattern, float), (widths[0], n)).clip(0, 1)
        self._labels = np.arange(n) % widths[-1]
        self._rates = np.array([1.0, 0.5, 0.75, 1.0])
        self._pattern = pattern

    def anything(self, name: str, shape: tuple[int, ...]) -> Any:
        """Return whole numbers for a symbol that may be anything."""
        return np.resize(np.array(self._pattern, float), shape)


class Given(Trial):
    """A problem with given numbers, and the rates that the package has by default."""

    def __init__(
        self, package: ModuleType, net: Any, w: Any, x: Any, y: Any, gradients: Sequence[float] = ()
    ) -> None:
        super().__init__(np.random.default_rng(0), (2, 2, 2), x.shape[1], package)
        self.net, self.w, self.x, self.y, self._start = net, w, x, y, w
        adam = package.Adam()
        self._rates = np.array([adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon])
        self._gradients = gradients

    def __str__(self) -> str:
        return "the example of the page"

    @cached_property
    def adam(self) -> SimpleNamespace:
        """Run Adam on the loss, or on the gradients that are given."""
        given = iter(self._gradients)
        return self._adam(lambda w: np.full(1, next(given)) if self._gradients else self._gradient(w))


class Shown(Given):
    """A small network on three points, with few digits, and a learning rate large enough to see what a step does."""

    def __init__(self, package: ModuleType) -> None:
        rng, net = np.random.default_rng(0), package.Network((2, 2, 2, 2))
        w, x = rng.normal(size=net.size).round(1), rng.uniform(size=(2, 3)).round(1)
        super().__init__(package, net, w, x, None)
        self.y = package.one_hot(self.rule.label(x))
        self._rates[0] = 0.1

    def anything(self, name: str, shape: tuple[int, ...]) -> Any:
        """Return numbers with one decimal for a symbol that may be anything."""
        return super().anything(name, shape).round(1)


class Structure:
    """The network once more, in complex numbers, with a change to one of its quantities."""

    INPUTS = ("n", "net.depth", "net.widths", "net.size", "max_steps", "per_class", "y")

    def __init__(self, draw: Trial, path: str = "", index: int | None = None, spot: int = 0) -> None:
        self.draw, self.moved, self.spot = draw, (path, index), spot
        if path not in ("", "w", "weights", "biases", "x", "z", "a"):
            raise LookupError(f"the model does not recompute {path}")

    def __str__(self) -> str:
        return str(self.draw)

    def value(self, path: str, index: int | None) -> Any:
        """Return a quantity of the model, or of the draw if nothing changes it."""
        if path in self.INPUTS or path.startswith(("rule.", "adam.", "descent.")):
            return self.draw.value(path, index)
        if path not in ("w", "weights", "biases", "x", "z", "a", "losses", "loss"):
            raise LookupError(f"the model does not recompute {path}")
        found = getattr(self, path)
        return found if index is None else take_entry(found, index)

    def anything(self, name: str, shape: tuple[int, ...]) -> Any:
        """Return the numbers that the draw gave a symbol."""
        return self.draw.anything(name, shape)

    def model(self, path: str = "", index: int | None = None, spot: int = 0) -> "Structure":
        """Refuse a second derivative."""
        raise LookupError("the complex step gives first derivatives only")

    def function(self, path: str) -> Callable[[Any], Any]:
        """Return a function of the model."""
        functions: dict[str, Callable[[Any], Any]] = {
            "sigmoid": sigma,
            "sigmoid_derivative": lambda z: sigma(z) * (1 - sigma(z)),
            "loss": lambda w: self._with(w).loss,
            "losses": lambda w: self._with(w).losses[np.newaxis],
        }
        return functions[path]

    def _with(self, w: Any) -> "Structure":
        model = Structure(self.draw)
        model.w = w.ravel()
        return model

    def _changed(self, path: str, index: int | None, value: Any) -> Any:
        return step_entry(value, self.spot) if self.moved == (path, index) else value

    @cached_property
    def w(self) -> Any:
        return self._changed("w", None, self.draw.w)

    @cached_property
    def x(self) -> Any:
        return self._changed("x", None, self.draw.x)

    @cached_property
    def _pieces(self) -> list[Any]:
        # Matrices first, row by row, then biases: the order that the page promises.
        shapes: list[tuple[int, ...]] = [(m, k) for k, m in pairwise(self.draw.net.widths)]
        shapes += [(m,) for m in self.draw.net.widths[1:]]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        return [p.reshape(s) for p, s in zip(np.split(self.w, ends[:-1]), shapes, strict=True)]

    @cached_property
    def weights(self) -> list[Any]:
        matrices = self._pieces[: len(self._pieces) // 2]
        return [self._changed("weights", k, matrix) for k, matrix in enumerate(matrices)]

    @cached_property
    def biases(self) -> list[Any]:
        vectors = self._pieces[len(self._pieces) // 2 :]
        return [self._changed("biases", k, vector) for k, vector in enumerate(vectors)]

    @cached_property
    def _passed(self) -> tuple[list[Any], list[Any]]:
        z: list[Any] = [None]
        a = [self._changed("a", 0, self.x)]
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            z.append(self._changed("z", k, weight @ a[-1] + bias[:, np.newaxis]))
            a.append(self._changed("a", k, sigma(z[-1])))
        return z, a

    z = property(lambda self: self._passed[0])
    a = property(lambda self: self._passed[1])

    @cached_property
    def losses(self) -> Any:
        return ((self.a[-1] - self.draw.y) ** 2).sum(axis=0) / 2

    @cached_property
    def loss(self) -> Any:
        return self.losses.sum() / self.draw.n


def sigma(z: Any) -> Any:
    """Evaluate σ, also at complex numbers."""
    return 1 / (1 + np.exp(-z))


def take_entry(found: Sequence[Any], index: int) -> Any:
    """Return an entry of a list, counted from 0, never from its end."""
    if not 0 <= index < len(found) or found[index] is None:
        raise LookupError(f"there are {len(found)} entries, some without a value")
    return found[index]
