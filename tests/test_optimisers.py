"""Any object with start and step trains: by the plain loop, as the chapters have it."""

import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest

import voronet
from tests.agree import agree, same_bits
from voronet import Adam, GradientDescent, Network
from voronet.fast import Prepared
from voronet.train import Plain, choose_engine

SMALL = Network((2, 3, 2))


# --8<-- [start:momentum]
@dataclass(frozen=True)
class Velocity:
    """What momentum remembers: the last step."""

    u: np.ndarray


@dataclass(frozen=True)
class Momentum:
    """Step by a part of the last step, and against the gradient."""

    learning_rate: float = 1.0
    beta: float = 0.9

    def start(self, w):
        return Velocity(np.zeros_like(w))

    def step(self, w, g, state):
        u = self.beta * state.u - self.learning_rate * g
        return w + u, Velocity(u)


# --8<-- [end:momentum]


class OwnAdam(Adam):
    """Adam by another name: the fast engine does not know it."""


class OwnNetwork(Network):
    """A network by another name."""


def draw(n=12, R=None):
    """Draw points and targets, or R of both."""
    rng = np.random.default_rng(3)
    lead = () if R is None else (R,)
    return rng.random((*lead, 2, n)), rng.random((*lead, 2, n))


# --8<-- [start:trains]
def test_momentum_trains_as_its_equations_say():
    x, y = draw()
    run = voronet.train(
        x, y, net=SMALL, optimiser=Momentum(), seed=1, max_steps=30, record_every=1
    )
    w, u = run.snapshots[0], np.zeros(SMALL.size)
    for t in range(30):
        g = voronet.gradient(SMALL, w, x, y)
        for j in range(SMALL.size):
            u[j] = 0.9 * u[j] - g[j]
        w = w + u
        agree(run.snapshots[t + 1], w, rtol=1e-12, atol=1e-14, what=f"w_{t + 1}")
    agree(run.state.u, u, rtol=1e-12, atol=1e-14, what="u at the end")


# --8<-- [end:trains]


# --8<-- [start:resumes]
@pytest.mark.parametrize("seed", [1, [1, 2, 3]])
def test_momentum_is_saved_loaded_and_resumed(seed, tmp_path):
    x, y = draw()
    options = {"net": SMALL, "optimiser": Momentum(), "seed": seed}
    whole = voronet.train(x, y, **options, max_steps=70, record_every=20)
    half = voronet.train(x, y, **options, max_steps=30, record_every=20)
    half.save(tmp_path / "run.npz")
    again = voronet.load(tmp_path / "run.npz", optimiser=Momentum)
    assert again == half
    assert voronet.train(resume=again, max_steps=70) == whole
    with pytest.raises(ValueError, match=r"'Momentum' given; .*\(path, optimiser="):
        voronet.load(tmp_path / "run.npz")


# --8<-- [end:resumes]


def test_a_file_of_an_own_optimiser_holds_its_state_and_no_more(tmp_path):
    x, y = draw()
    voronet.train(x, y, optimiser=Momentum(), max_steps=2).save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz") as whole:
        np.savez(tmp_path / "more.npz", **whole, extra=np.zeros(3))
    with pytest.raises(ValueError, match="unknown array 'extra' in the file"):
        voronet.load(tmp_path / "more.npz", optimiser=Momentum)


def test_momentum_is_used_as_the_page_shows_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, y = draw()
    # --8<-- [start:use]
    run = voronet.train(x, y, optimiser=Momentum(), max_steps=300)
    run.save("run.npz")
    run = voronet.load("run.npz", optimiser=Momentum)
    run = voronet.train(resume=run, max_steps=700)
    # --8<-- [end:use]
    assert (run.stopped, run.steps[-1]) == ("max_steps", 700)
    assert run.loss[-1] < run.loss[0]


def test_momentum_takes_part_in_a_study():
    options = {"n": 12, "optimiser": Momentum(), "max_steps": 20}
    ended = voronet.study(range(3), **options, batch=2)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rule, x = voronet.VoronoiRule.random(rng), voronet.sample_points(12, rng)
        y = voronet.one_hot(rule.label(x))
        run = voronet.train(x, y, seed=rng, optimiser=Momentum(), max_steps=20)
        agree(ended.w[seed], run.w, rtol=1e-12, what=f"w of seed {seed}")


def test_the_fast_engine_is_taken_for_the_types_it_knows():
    for optimiser, net, engine in (
        (Adam(), SMALL, Prepared),
        (GradientDescent(0.1), SMALL, Prepared),
        (OwnAdam(), SMALL, Plain),
        (Momentum(), SMALL, Plain),
        (Adam(), OwnNetwork((2, 3, 2)), Plain),
    ):
        x, y = draw()
        problem = voronet.train(x, y, net=net, optimiser=optimiser, max_steps=0)
        assert choose_engine(problem) is engine, f"{optimiser} on {net}"


@pytest.mark.parametrize("kind", [Adam, GradientDescent])
@pytest.mark.parametrize("name", ["start", "step"])
def test_a_method_that_is_replaced_is_the_one_that_trains(kind, name, monkeypatch):
    before, calls = getattr(kind, name), []

    def replaced(*args):
        calls.append(name)
        return before(*args)

    x, y = draw()
    monkeypatch.setattr(kind, name, replaced)
    run = voronet.train(x, y, net=SMALL, optimiser=kind(0.1), max_steps=5)
    assert choose_engine(run) is Plain
    assert len(calls) >= (5 if name == "step" else 1)


def test_a_gradient_that_is_replaced_is_the_one_that_trains(monkeypatch):
    def still(net, w, x, y):
        return 0 * voronet.gradient(net, w, x, y)

    monkeypatch.setattr(sys.modules["voronet.train"], "gradient", still)
    run = voronet.train(*draw(), net=SMALL, max_steps=5)
    assert (run.stopped, run.steps[-1]) == ("converged", 0)


def test_an_own_step_that_diverges_is_no_error():
    # What Adam.step would refuse, w beyond 1e50, is the record's to find.
    options = {"net": SMALL, "optimiser": OwnAdam(1e50), "tol": 0, "max_steps": 20}
    assert voronet.train(*draw(), **options).stopped == "diverged"


@pytest.mark.parametrize("R", [None, 3])
@pytest.mark.parametrize("own_points", [False, True])
def test_both_engines_give_the_same_run(R, own_points):
    # Networks end at different steps: the others go on.
    x, y = draw(R=R if own_points else None)
    options = {"net": SMALL, "seed": 0 if R is None else list(range(R))}
    options |= {"tol": 0.02, "max_steps": 60, "record_every": 7}
    fast = voronet.train(x, y, **options, optimiser=Adam(0.1))
    plain = voronet.train(x, y, **options, optimiser=OwnAdam(0.1))
    assert np.array_equal(fast.steps, plain.steps)
    assert np.array_equal(fast.stopped, plain.stopped), f"{fast.stopped}"
    for name in ("loss", "gradient_norm", "snapshots"):
        one, other = getattr(fast, name), getattr(plain, name)
        agree(one, other, rtol=1e-9, atol=1e-12, what=name)
    agree(fast.state.v, plain.state.v, rtol=1e-9, atol=1e-12, what="v")


def test_a_step_of_a_subclass_is_the_one_that_is_taken():
    class Still(Adam):
        def step(self, w, g, state):
            return w, super().step(w, g, state)[1]

    x, y = draw()
    run = voronet.train(x, y, net=SMALL, optimiser=Still(), max_steps=5)
    same_bits(run.w, run.snapshots[0], what="w where no step is taken")
    assert run.state.t == 5


SHAPES = r"\(shape \(17,\), Velocity, u of shape \(17,\)\)"


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (lambda w, s: (w[:5], s), r"\(shape \(5,\), Velocity, u of shape \(17,\)\)"),
        (lambda *given: given[0], r"shape \(17,\)"),
        (lambda w, s: (list(w), s), r"\(list, Velocity, u of shape \(17,\)\)"),
        (lambda *given: (given[0], None), r"\(shape \(17,\), NoneType\)"),
        (
            lambda w, s: (w, Velocity(s.u[:5])),
            r"\(shape \(17,\), Velocity, u of shape \(5,\)\)",
        ),
    ],
)
def test_a_step_that_returns_something_else_is_refused(step, says):
    class Wrong(Momentum):
        def step(self, w, g, state):  # noqa: ARG002
            return step(w, state)

    says = rf"^optimiser: .*Wrong\(.*\) given, whose step returns {says}; allowed: "
    with pytest.raises(ValueError, match=f"{says}{SHAPES}$"):
        voronet.train(*draw(), net=SMALL, optimiser=Wrong(), max_steps=5)


def test_a_mistake_in_a_start_is_told():
    class Wrong(Momentum):
        def start(self, w):
            Adam(-1)
            return super().start(w)

    with pytest.raises(ValueError, match=r"^learning_rate: -1 given"):
        voronet.train(*draw(), net=SMALL, optimiser=Wrong())


def test_an_optimiser_that_writes_to_its_arrays_spoils_no_run():
    @dataclass(frozen=True)
    class Writing(Momentum):
        def step(self, w, g, state):
            state.u[:] = self.beta * state.u - self.learning_rate * g
            w += state.u
            return w, state

    x, y = draw()
    options = {"net": SMALL, "record_every": 2}
    half = voronet.train(x, y, optimiser=Writing(), max_steps=5, **options)
    before = half.snapshots.copy()
    whole = voronet.train(resume=half, max_steps=9)
    same_bits(half.snapshots, before, what="the run that was resumed")
    expected = voronet.train(x, y, optimiser=Momentum(), max_steps=9, **options)
    same_bits(whole.w, expected.w, what="w")


def test_a_callback_ends_a_run():
    told = []

    def stop(step, *_):
        told.append(step)
        # The caller's own mistakes are told as everywhere.
        with pytest.raises(ValueError, match=r"^learning_rate"):
            Adam(-1)
        if step == 20:
            raise StopIteration

    x, y = draw()
    run = voronet.train(x, y, record_every=10, max_steps=90, progress=stop)
    assert run.stopped == "interrupted"
    assert told == run.steps.tolist() == [0, 10, 20]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (Velocity(np.zeros(4)), r"state.u: shape \(4,\) given; allowed: \(17,\)"),
        (Velocity(np.full(17, np.nan)), r"state.u: nan given at index \(0,\)"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(state, says):
    x, y = draw()
    run = voronet.train(x, y, net=SMALL, optimiser=Momentum(), max_steps=5)
    with pytest.raises(ValueError, match=says):
        replace(run, state=state)


@pytest.mark.parametrize("state", [None, np.zeros(17)])
def test_an_optimiser_whose_state_is_no_dataclass_is_refused(state):
    @dataclass(frozen=True)
    class Stateless(Momentum):
        def start(self, w):  # noqa: ARG002
            return state

    x, y = draw()
    says = r"^optimiser: .*Stateless.* given; allowed: one whose start returns a datac"
    with pytest.raises(ValueError, match=says):
        voronet.train(x, y, net=SMALL, optimiser=Stateless())


@dataclass(frozen=True)
class Named(Momentum):
    """An optimiser with a setting that is no number."""

    name: str = "mine"


@dataclass(frozen=True)
class Loss:
    """A state with the name of an array of every file."""

    loss: np.ndarray


class Clashing(Momentum):
    """An optimiser whose state cannot be told from the run's own losses."""

    def start(self, w):
        return Loss(np.zeros_like(w))

    def step(self, w, g, state):
        return w - g, state


class Bare:
    """An optimiser that is no dataclass."""

    start, step = Clashing.start, Clashing.step


@pytest.mark.parametrize(
    ("optimiser", "says"),
    [
        (Named(), "^optimiser: Named.* given for a file; allowed: a dataclass of numb"),
        (Bare(), "^optimiser: .*Bare.* given for a file; allowed: a dataclass of numb"),
        (Clashing(), "^state.loss: .* given for a file; allowed: numbers, by other"),
    ],
)
def test_what_a_file_cannot_hold_is_refused(optimiser, says, tmp_path):
    x, y = draw()
    run = voronet.train(x, y, net=SMALL, optimiser=optimiser, max_steps=2)
    with pytest.raises(ValueError, match=says):
        run.save(tmp_path / "run.npz")
    assert not list(tmp_path.iterdir())
