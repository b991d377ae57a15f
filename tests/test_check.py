"""What bad input gets: a table of every argument, walked and fuzzed around.

Each row names a public callable, one of its parameters, and what is bad for it:
a wrong type, shape, NaN, infinity, empty, negative, huge. Where such a value is
allowed, or means nothing, the row says why.
"""

import inspect
import re
import warnings
from dataclasses import fields, replace

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import voronet
from voronet import (
    Adam,
    AdamState,
    DescentState,
    GradientDescent,
    Network,
    Run,
    Study,
    VoronoiRule,
)

KINDS = ("type", "shape", "nan", "infinity", "empty", "negative", "huge")

NET = Network((2, 3, 2))
RULE = VoronoiRule([[0.2, 0.9], [0.1, 0.8]], [[0.7], [0.3]])
W = np.linspace(-1, 1, NET.size)
X = np.array([[0.1, 0.5, 0.9, 0.3], [0.2, 0.8, 0.4, 0.6]])
Y = voronet.one_hot([0, 1, 1, 0])
A = voronet.forward(NET, W, X)[1]
WEIGHTS, BIASES = NET.unpack(W)
ADAM, DESCENT = Adam(), GradientDescent(0.1)
RUN = voronet.train(X, Y, net=NET, max_steps=3, record_every=2)
RUNS = voronet.train(X, Y, net=NET, seed=[0, 1], max_steps=3, record_every=2)


def rng():
    return np.random.default_rng(1)


# What is bad for an argument of each sort: kind -> values, or why there is none.
def array(good, shapes=(), *, negative="any sign is allowed", huge=(1e200, -1e51)):
    """Give what is bad for an array like `good`: numbers wrong in one place."""
    good = np.asarray(good, float)

    def with_one(value):
        wrong = good.copy()
        wrong[(-1,) * good.ndim] = value
        return wrong

    return {
        "type": [
            None,
            "text",
            object(),
            good + 0j,
            good.astype(str),
            good.astype(object),
            good > 0,
            {"a": good},
        ],
        "shape": [0.5, good[None, None, None], [[1.0], [1.0, 2.0]], *shapes],
        "nan": [with_one(np.nan), good.copy() * np.nan],
        "infinity": [with_one(np.inf), with_one(-np.inf)],
        "empty": [[], good[..., :0]],
        "negative": (
            negative if isinstance(negative, str) else [with_one(n) for n in negative]
        ),
        "huge": huge if isinstance(huge, str) else [with_one(h) for h in huge],
    }


def number(*, zero=False, one=False):
    """Give what is bad for a real number above (or from) 0, (or below 1)."""
    return {
        "type": [None, "0.1", 1j, True, object(), np.array([0.1, 0.2])],
        "shape": [np.array(0.1), [0.1], (0.1,)],
        "nan": [np.nan, np.float64("nan")],
        "infinity": [np.inf, -np.inf],
        "empty": [[], "", ()],
        "negative": [-1e-3, -1, *([] if zero else [0, 0.0])],
        "huge": [1e60, 10**400, -(10**400), *([1, 1.0, 2] if one else [])],
    }


def integer(least, most, *, none=True):
    """Give what is bad for an integer from `least` to `most`."""
    return {
        "type": [*([None] if none else []), "3", 2.0, 2.5, 1j, True, object()],
        "shape": [np.array([3]), [3], (3,)],
        "nan": [np.nan],
        "infinity": [np.inf, -np.inf],
        "empty": [[], "", ()],
        "negative": [-1, -(10**400), *range(least)],
        "huge": [most + 1, 10**400, np.float64(1e300)],
    }


def thing(*wrong, none=True):
    """Give what is bad for an argument of one class."""
    return {
        "type": [*([None] if none else []), 1, "text", object(), X, *wrong],
        "shape": [[1], (1, 2)],
        "nan": [np.nan],
        "infinity": [np.inf],
        "empty": ["", (), {}],
        "negative": [-1],
        "huge": [1e300, 10**400],
    }


def but(table, **changes):
    """Change some kinds of a row."""
    assert set(changes) <= set(KINDS)
    return table | changes


POINTS = array(X, [X.T, X[0], X[:1], X[None]])
SAMPLES = array(X, [X.T, X[0], X[:1], np.stack([X, X])])
TARGETS = array(Y, [Y.T, Y[0], Y[:1], Y[:, :3], np.stack([Y, Y])])
PARAMETERS = array(
    W, [W[:-1], np.append(W, 0), W[:, None], np.zeros((2, 5)), np.zeros((0, NET.size))]
)
LAYERS = but(
    array(A[-1]),
    type=[None, "text", 3, A[-1], {0: A}, [*A[:-1], "text"], [*A[:-1], A[-1] + 0j]],
    shape=[A[1:], A[:-1], [*A[:-1], A[-1].T], [A[0][:, :3], *A[1:]], [*A[:-1], 0.5]],
    nan=[[*A[:-1], A[-1] * np.nan]],
    infinity=[[*A[:-1], A[-1] + np.inf]],
    empty=[[], [layer[:, :0] for layer in A]],
    huge=[[*A[:-1], A[-1] * 1e60], [A[0] * 1e60, *A[1:]]],
)


def pieces(good):
    """Give what is bad for a list of weights or biases."""
    first, *rest = good
    return {
        "type": [None, "tw", 3, first, {0: first}, [first + 0j, *rest]],
        "shape": [good[1:], [*good, first], good[::-1], [first.T[None], *rest]],
        "nan": [[first * np.nan, *rest]],
        "infinity": [[first + np.inf, *rest]],
        "empty": [[], [[], []]],
        "negative": "any sign is allowed",
        "huge": "numbers are moved, not multiplied",
    }


GENERATOR = thing(np.random, np.random.RandomState(1), 0)
UNBOUNDED = {"huge": "numbers are shown or kept, not multiplied"}
SIGMA = {"shape": "any shape is allowed", "empty": "any shape is allowed"}

MOMENT = array([0.1, 0.2, 0.3], [[0.1, 0.2], [[0.1, 0.2, 0.3]]]) | UNBOUNDED
VECTOR = array(W, [W[:-1], W[:, None], W[None]])
STUDY = voronet.study([0, 1], n=3, net=NET, max_steps=2)
ENDED = {f.name: getattr(STUDY, f.name) for f in fields(Study)}
FIELDS = {f.name: getattr(RUN, f.name) for f in fields(Run)}

# The calls that succeed: each parameter is then replaced by what is bad for it.
GOOD = {
    "VoronoiRule": (VoronoiRule, {"green": RULE.green, "blue": RULE.blue}),
    "VoronoiRule.random": (VoronoiRule.random, {"rng": rng(), "per_class": 2}),
    "VoronoiRule.label": (RULE.label, {"x": X}),
    "sample_points": (voronet.sample_points, {"n": 3, "rng": rng()}),
    "squared_distances": (voronet.squared_distances, {"x": X, "seeds": X}),
    "one_hot": (voronet.one_hot, {"label": [0, 1]}),
    "Network": (Network, {"widths": (2, 3, 2)}),
    "Network.initial_parameters": (
        NET.initial_parameters,
        {"rng": rng(), "scale": 0.5},
    ),
    "Network.unpack": (NET.unpack, {"w": W}),
    "Network.pack": (NET.pack, {"weights": WEIGHTS, "biases": BIASES}),
    "sigmoid": (voronet.sigmoid, {"z": X}),
    "sigmoid_derivative": (voronet.sigmoid_derivative, {"a": X}),
    "forward": (voronet.forward, {"net": NET, "w": W, "x": X}),
    "decision": (voronet.decision, {"net": NET, "w": W, "x": X}),
    "mean_squared_error": (voronet.mean_squared_error, {"a": A[-1], "y": Y}),
    "backpropagate": (voronet.backpropagate, {"net": NET, "w": W, "a": A, "y": Y}),
    "gradient": (voronet.gradient, {"net": NET, "w": W, "x": X, "y": Y}),
    "stochastic_gradient": (
        voronet.stochastic_gradient,
        {"net": NET, "w": W, "x": X, "y": Y, "rng": rng()},
    ),
    "Adam": (
        Adam,
        {"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.5, "epsilon": 0.1},
    ),
    "Adam.start": (ADAM.start, {"w": W}),
    "Adam.step": (ADAM.step, {"w": W, "g": W, "state": ADAM.start(W)}),
    "AdamState": (AdamState, {"t": 1, "m": [0.1, 0.2, 0.3], "v": [0.1, 0.2, 0.3]}),
    "GradientDescent": (GradientDescent, {"learning_rate": 0.1}),
    "GradientDescent.start": (DESCENT.start, {"w": W}),
    "GradientDescent.step": (DESCENT.step, {"w": W, "g": W, "state": DescentState(0)}),
    "DescentState": (DescentState, {"t": 1}),
    "Run": (Run, FIELDS),
    "Run.save": (RUN.save, {"path": "run.npz"}),
    "Run.replay": (RUN.replay, {}),
    "load": (voronet.load, {"path": "run.npz", "optimiser": None}),
    "train": (
        voronet.train,
        {
            "x": X,
            "y": Y,
            "net": NET,
            "optimiser": ADAM,
            "seed": 0,
            "scale": 0.5,
            "rule": RULE,
            "tol": 1e49,
            "max_steps": 3,
            "record_every": 2,
            "progress": None,
            "resume": None,
        },
    ),
    "Study": (Study, ENDED),
    "study": (
        voronet.study,
        {
            "seeds": [0, 1],
            "n": 3,
            "net": NET,
            "optimiser": ADAM,
            "scale": 0.5,
            "tol": 1e49,
            "max_steps": 3,
            "batch": 2,
            "executor": None,
            "progress": None,
        },
    ),
}

PATH = but(
    thing(b"run.npz"),
    shape=[["run.npz"], ("run.npz",)],
    nan=[np.nan],
    empty=[(), {}],
    huge=["the\0name.npz"],
)
SEEDS = but(
    integer(0, 2**128),
    shape=[[[1]], np.array(3), [[]], [1, "2"]],
    infinity=[np.inf, [1, np.inf]],
    nan=[np.nan, [1, np.nan]],
    negative=[-1, [1, -1]],
    huge=[2**128 + 1, [10**400]],
)
COUNTS = array([0, 2], [[0, 1, 2], [0], [[0, 2]]], negative=[-1], huge=[2.0**60, 2.5])


def record(good):
    """Give what is bad for the losses or the norms of a run."""
    return array(good, [good[:-1], good[:, None]], negative=[-1.0]) | UNBOUNDED


MANY_SEEDS = {
    "type": [None, 3, "12", b"12", ["1"], [1.0], [True], [None], object()],
    "shape": [[[1]], np.array(3), [[]], np.array([[1]])],
    "nan": [[1, np.nan]],
    "infinity": [[1, np.inf]],
    "empty": [[], (), "", {}, range(0), np.array([], int)],
    "negative": [[1, -1], range(-1, 1)],
    "huge": [[2**63], [10**400]],
}


def ends(good):
    """Give what is bad for a column of a study."""
    table = array(good, [good[:-1], good[:, None]], negative=[-1.0]) | UNBOUNDED
    return table | {"type": [good.tolist(), good.astype("f4"), *table["type"]]}


BAD = {
    ("VoronoiRule", "green"): array(X, [X.T, X[0], X[:1], X[None]]),
    ("VoronoiRule", "blue"): array(X, [X.T, X[0], X[:1], X[None]]),
    ("VoronoiRule.random", "rng"): GENERATOR,
    ("VoronoiRule.random", "per_class"): integer(1, 10**9),
    ("VoronoiRule.label", "x"): POINTS,
    ("sample_points", "n"): integer(1, 10**9),
    ("sample_points", "rng"): GENERATOR,
    ("squared_distances", "x"): POINTS,
    ("squared_distances", "seeds"): POINTS,
    ("one_hot", "label"): but(
        array([0, 1], [[[0, 1]]], negative=[-1], huge=[2, 0.5, 1e300]),
        type=[None, "text", object(), [0j, 1], ["0", "1"], {"a": [0, 1]}],
    ),
    ("Network", "widths"): {
        "type": [None, 3, "22", b"22", (2, "3"), (2, 2.0), (True, 2), {2, 3}],
        "shape": [(2,), [[2, 3]], ((2, 3), 2)],
        "nan": [(2, np.nan)],
        "infinity": [(2, np.inf)],
        "empty": [(), [], ""],
        "negative": [(2, -1), (0, 2), (2, 0, 2)],
        "huge": [(10**400, 2), (2, 10**9, 2), (10**5, 10**5)],
    },
    ("Network.initial_parameters", "rng"): GENERATOR,
    ("Network.initial_parameters", "scale"): number(zero=True),
    ("Network.unpack", "w"): PARAMETERS | UNBOUNDED,
    ("Network.pack", "weights"): pieces(WEIGHTS),
    ("Network.pack", "biases"): pieces(BIASES),
    ("sigmoid", "z"): array(X) | SIGMA | {"huge": "σ tends to 0 and 1"},
    ("sigmoid_derivative", "a"): array(X) | SIGMA,
    ("forward", "net"): thing(),
    ("forward", "w"): PARAMETERS,
    ("forward", "x"): SAMPLES,
    ("decision", "net"): thing(Network((2, 3, 1))),
    ("decision", "w"): PARAMETERS,
    ("decision", "x"): SAMPLES,
    ("mean_squared_error", "a"): array(Y, [Y[0], Y[None, None]]),
    ("mean_squared_error", "y"): TARGETS,
    ("backpropagate", "net"): thing(),
    ("backpropagate", "w"): PARAMETERS,
    ("backpropagate", "a"): LAYERS,
    ("backpropagate", "y"): TARGETS,
    ("gradient", "net"): thing(),
    ("gradient", "w"): PARAMETERS,
    ("gradient", "x"): SAMPLES,
    ("gradient", "y"): TARGETS,
    ("stochastic_gradient", "net"): thing(),
    ("stochastic_gradient", "w"): PARAMETERS,
    ("stochastic_gradient", "x"): SAMPLES,
    ("stochastic_gradient", "y"): TARGETS,
    ("stochastic_gradient", "rng"): GENERATOR,
    ("Adam", "learning_rate"): number(),
    ("Adam", "beta1"): number(zero=True, one=True),
    ("Adam", "beta2"): number(zero=True, one=True),
    ("Adam", "epsilon"): number(),
    ("Adam.start", "w"): array(W, [W[:, None, None]]),
    ("Adam.step", "w"): VECTOR,
    ("Adam.step", "g"): VECTOR,
    ("Adam.step", "state"): thing(DescentState(0), ADAM.start(W[:-1])),
    ("AdamState", "t"): integer(0, 10**15),
    ("AdamState", "m"): MOMENT,
    ("AdamState", "v"): but(MOMENT, negative=[[0.1, 0.2, -1e-9]]),
    ("GradientDescent", "learning_rate"): number(),
    ("GradientDescent.start", "w"): array(W, [W[:, None, None]]),
    ("GradientDescent.step", "w"): VECTOR,
    ("GradientDescent.step", "g"): VECTOR,
    ("GradientDescent.step", "state"): thing(ADAM.start(W)),
    ("DescentState", "t"): integer(0, 10**15),
    ("Run", "net"): thing(),
    ("Run", "optimiser"): thing(Adam),
    ("Run", "x"): but(SAMPLES, shape=[X.T, X[:, :3], np.stack([X, X])]),
    ("Run", "y"): TARGETS,
    ("Run", "rule"): thing(VoronoiRule, none=False),
    ("Run", "record_every"): integer(1, 10**15),
    ("Run", "steps"): COUNTS,
    ("Run", "loss"): record(RUN.loss),
    ("Run", "gradient_norm"): record(RUN.gradient_norm),
    ("Run", "snapshots"): array(
        RUN.snapshots, [W, RUN.snapshots[:, :-1], RUN.snapshots[:0]]
    )
    | UNBOUNDED,
    ("Run", "state"): thing(
        DescentState(3), AdamState(2, W, W**2), AdamState(3, W[1:], W[1:] ** 2)
    ),
    ("Run", "stopped"): thing(
        "", "finished", ["converged"], [["converged"], ["diverged", "max_steps"]]
    ),
    ("Run.save", "path"): but(PATH, empty=["", (), "run.gif", "npz"]),
    ("load", "path"): but(PATH, type=[None, 0, 3, b"run.npz", object()]),
    ("load", "optimiser"): thing(int, ADAM, none=False),
    ("train", "x"): SAMPLES,
    ("train", "y"): TARGETS,
    ("train", "net"): thing(Network, none=False),
    ("train", "optimiser"): thing(Adam, none=False),
    ("train", "seed"): SEEDS,
    ("train", "scale"): number(zero=True),
    ("train", "rule"): thing(VoronoiRule, none=False),
    ("train", "tol"): number(zero=True),
    ("train", "max_steps"): integer(0, 10**15),
    ("train", "record_every"): integer(1, 10**15),
    ("train", "progress"): thing(none=False),
    ("train", "resume"): thing(RUN.w, "run.npz", none=False),
    ("Study", "seeds"): MANY_SEEDS | {"shape": [[0], [0, 1, 2], [[0, 1]], np.array(3)]},
    ("Study", "loss"): ends(STUDY.loss),
    ("Study", "gradient_norm"): ends(STUDY.gradient_norm),
    ("Study", "accuracy"): ends(STUDY.accuracy) | {"huge": [STUDY.accuracy + 1.1]},
    ("Study", "w"): ends(STUDY.w) | {"negative": "any sign is allowed"},
    ("Study", "stopped"): thing("", "max_steps", ["max_steps"], ["max_steps", "no"]),
    ("study", "seeds"): MANY_SEEDS,
    ("study", "n"): integer(1, 10**9),
    ("study", "net"): thing(Network, Network((2, 3)), Network((3, 2)), none=False),
    ("study", "optimiser"): thing(Adam, none=False),
    ("study", "scale"): number(zero=True),
    ("study", "tol"): number(zero=True),
    ("study", "max_steps"): integer(0, 10**15),
    ("study", "batch"): integer(1, 10**15),
    ("study", "executor"): thing(map, none=False),
    ("study", "progress"): thing(none=False),
}


def public_callables():
    """List every public function, class and method with its name."""
    for name in voronet.__all__:
        thing = getattr(voronet, name)
        yield name, thing
        if inspect.isclass(thing):
            for method in vars(thing):
                if not method.startswith("_") and callable(getattr(thing, method)):
                    yield f"{name}.{method}", getattr(thing, method)


def parameters_of(thing):
    return [p for p in inspect.signature(thing).parameters if p != "self"]


def test_the_table_covers_every_parameter_of_every_public_callable():
    expected = {(n, p) for n, thing in public_callables() for p in parameters_of(thing)}
    assert set(BAD) == expected
    assert {name: set(good) for name, (_, good) in GOOD.items()} == {
        name: set(parameters_of(thing)) for name, thing in public_callables()
    }
    for place, row in BAD.items():
        assert tuple(row) == KINDS, f"{place}: kinds {tuple(row)}"
        for kind, values in row.items():
            reason = isinstance(values, str) and len(values.split()) >= 3
            assert reason or (isinstance(values, list) and values), (
                f"{place}: neither a bad value nor a reason for {kind}"
            )


@pytest.fixture(scope="module", autouse=True)
def _in_a_folder_of_its_own(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("check"))
        RUN.save("run.npz")
        yield


@pytest.mark.parametrize("name", GOOD)
def test_the_good_call_succeeds(name):
    if name == "Run.replay":
        pytest.importorskip("PIL")
    function, good = GOOD[name]
    function(**good)


def named(message, parameter):
    """Tell whether a message has the contract's form and names the parameter."""
    form = r"(?s).+ given.*; allowed: .+"
    subject = rf"(?s){parameter}(\[\d+\]|\.\w+)?: .*"
    other = rf"(?s).* given .*\b(with|in) {parameter}( of shape|;| that).*"
    return re.fullmatch(form, message) and (
        re.fullmatch(subject, message) or re.fullmatch(other, message)
    )


@pytest.mark.parametrize("place", BAD, ids=lambda place: "-".join(place))
def test_bad_input_is_refused_by_name(place):
    name, parameter = place
    function, good = GOOD[name]
    for kind, values in BAD[place].items():
        for value in [] if isinstance(values, str) else values:
            what = f"{name}({parameter}={value!r}), {kind}"
            try:
                result = function(**good | {parameter: value})
            except ValueError as error:
                message = str(error)
            except Exception as error:
                raise AssertionError(f"{what}: {error!r} raised") from error
            else:
                raise AssertionError(f"{what}: accepted, {result!r} returned")
            assert named(message, parameter), f"{what}: {message}"
            # It says what was given, and is a line or two, not a dump.
            for word in {"nan": ["nan"], "infinity": ["inf"]}.get(kind, []):
                assert word in message, f"{what}: {message}"
            assert len(message) < 600, f"{what}: {len(message)} characters: {message}"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: voronet.forward(NET, W, X.T),
            "x: shape (4, 2) given with w of shape (17,); allowed: (2, n) with n >= 1: "
            "a column for each sample; transpose it: x.T",
        ),
        (
            lambda: Adam(beta1=1),
            "beta1: 1 given; allowed: a number in [0, 1)",
        ),
        (
            lambda: RULE.label([[0.1, np.nan], [0.2, 0.3]]),
            "x: nan given at index (0, 1); allowed: finite numbers, "
            "at most 1e+50 in size",
        ),
        (
            lambda: voronet.gradient(NET, W, X, Y[:, :3]),
            "y: shape (2, 3) given with x of shape (2, 4); allowed: (2, 4), "
            "a target for each output",
        ),
        (
            lambda: voronet.mean_squared_error([Y, Y, Y], Y[:1]),
            "y: shape (1, 4) given with a of shape (3, 2, 4); allowed: (2, 4) or "
            "(3, 2, 4), a target for each output",
        ),
        (
            lambda: voronet.backpropagate(NET, W, A[1:], Y),
            "a: a sequence of 2 given; allowed: a list of 3 arrays, as forward returns",
        ),
        (
            lambda: voronet.backpropagate(NET, W, 2.0, Y),
            "a: 2.0 given; allowed: a list of 3 arrays, as forward returns",
        ),
        (
            # The last layer says how many samples there are.
            lambda: voronet.backpropagate(NET, W, [*A[:-1], A[-1][:, :3]], Y[:, :3]),
            "a[1]: shape (3, 4) given; allowed: (3, 3): a column for each sample",
        ),
        (
            # With restarts only the points may be shared: a[1] must lead with R.
            lambda: voronet.backpropagate(
                NET, [W, W], [X, A[1], np.stack([A[2], A[2]])], Y
            ),
            "a[1]: shape (3, 4) given; allowed: (2, 3, 4): a column for each sample",
        ),
        (
            lambda: NET.pack([0.5], BIASES),
            "weights: a sequence of 1 given; allowed: a list of 2 arrays",
        ),
        (
            lambda: Adam(learning_rate=0),
            "learning_rate: 0 given; allowed: a finite number > 0",
        ),
        (
            lambda: Adam(learning_rate=2e60),
            "learning_rate: 2e+60 given; allowed: a finite number > 0, at most 1e+50 "
            "in size",
        ),
        (
            # It is not too large for a number here, but for this one.
            lambda: Adam(beta1=1e50),
            "beta1: 1e+50 given; allowed: a number in [0, 1)",
        ),
        (
            lambda: Adam(beta2=-0.1),
            "beta2: -0.1 given; allowed: a number in [0, 1)",
        ),
        (
            lambda: Adam(epsilon=0.0),
            "epsilon: 0.0 given; allowed: a finite number > 0",
        ),
        (
            lambda: AdamState(0, [0.1], [0.1, 0.2]),
            "v: shape (2,) given with m of shape (1,); allowed: (1,)",
        ),
        (
            lambda: AdamState(0, [0.1, 0.1], [0.5, -0.25]),
            "v: -0.25 given; allowed: numbers >= 0",
        ),
        (
            lambda: AdamState(-1, [0.1], [0.1]),
            "t: -1 given; allowed: an integer >= 0",
        ),
        (
            lambda: AdamState(2.0, [0.1], [0.1]),
            "t: 2.0 given; allowed: an integer >= 0",
        ),
        (
            lambda: DescentState(10**15 + 1),
            "t: 1000000000000001 given; allowed: an integer >= 0, at most "
            "1000000000000000",
        ),
        (
            lambda: ADAM.step(W[:2], W[:3], ADAM.start(W[:2])),
            "g: shape (3,) given with w of shape (2,); allowed: (2,)",
        ),
        (
            lambda: ADAM.step(W[:2], W[:2], ADAM.start(W[:3])),
            "state.m: shape (3,) given with w of shape (2,); allowed: (2,)",
        ),
        (
            lambda: ADAM.step(W, W, 5),
            "state: 5 given; allowed: voronet.AdamState",
        ),
        (
            lambda: ADAM.start([[[1.0]]]),
            "w: shape (1, 1, 1) given; allowed: (p,) or (R, p): a row for each restart",
        ),
        (
            lambda: ADAM.start(["a"]),
            "w: dtype <U1 given; allowed: real numbers (float64)",
        ),
        (
            lambda: AdamState(0, [0.1, np.inf], [0.1, 0.1]),
            "m: inf given at index (1,); allowed: finite numbers",
        ),
        (
            lambda: VoronoiRule([[0.1], [0.2]], [0.3, 0.4]),
            "blue: shape (2,) given; allowed: (2, n) with n >= 1: a column for each "
            "point",
        ),
        (
            lambda: RULE.label([0.1, 0.2]),
            "x: shape (2,) given; allowed: (2, n) with n >= 1: a column for each point",
        ),
        (
            lambda: voronet.one_hot([0, 1, 3, 0]),
            "label: 3.0 given; allowed: 0 (green) or 1 (blue)",
        ),
        (
            lambda: voronet.one_hot([0, np.nextafter(1, 2)]),
            "label: 1.0000000000000002 given; allowed: 0 (green) or 1 (blue)",
        ),
        (
            lambda: voronet.train(X, Y * np.nextafter(1, 2)),
            "y: 1.0000000000000002 given; allowed: numbers from 0 to 1, between which "
            "a sigmoid stays",
        ),
        (
            lambda: RULE.label([[np.nextafter(1e-130, 0)], [0.2]]),
            "x: 9.999999999999999e-131 given; allowed: 0, or at least 1e-130 in size",
        ),
        (
            lambda: voronet.one_hot([[0, 1]]),
            "label: shape (1, 2) given; allowed: (n,) with n >= 1: a 0 or 1 for each "
            "sample",
        ),
        (
            lambda: voronet.sample_points(3, 7),
            "rng: 7 given; allowed: numpy.random.Generator, such as "
            "numpy.random.default_rng(0)",
        ),
        (
            lambda: voronet.decision(Network((2, 3)), np.zeros(9), X),
            "net: widths (2, 3) given; allowed: a last width of 2, one for a colour",
        ),
        (
            lambda: Network((7,)),
            "widths: (7,) given; allowed: a sequence of at least two positive integers",
        ),
        (
            lambda: Network((1, 10**9)),
            "widths: (1, 1000000000) given, which make 2000000000 parameters; allowed: "
            "at most 1000000000",
        ),
        (
            lambda: NET.unpack(W[:5]),
            "w: shape (5,) given; allowed: (17,) or (R, 17) for widths (2, 3, 2)",
        ),
        (
            lambda: voronet.forward(NET, [W, W], [X, X, X]),
            "x: shape (3, 2, 4) given with w of shape (2, 17); allowed: (2, n) or "
            "(2, 2, n) with n >= 1: a column for each sample",
        ),
        (
            lambda: voronet.mean_squared_error([1.0], [1.0]),
            "a: shape (1,) given; allowed: (n_K, n) or (R, n_K, n) with n >= 1: a "
            "column for each sample",
        ),
        (
            lambda: NET.pack([WEIGHTS[0], WEIGHTS[1].T], BIASES),
            "weights[1]: shape (3, 2) given; allowed: (2, 3); transpose it: "
            "weights[1].T",
        ),
        (
            lambda: NET.initial_parameters(rng(), scale=-1),
            "scale: -1 given; allowed: a finite number >= 0",
        ),
        (
            lambda: voronet.stochastic_gradient(NET, [W, W], [X, X, X], Y, [rng()] * 2),
            "x: shape (3, 2, 4) given with w of shape (2, 17); allowed: (2, n) or "
            "(2, 2, n) with n >= 1: a column for each sample",
        ),
        (
            lambda: voronet.train(X, resume=RUN),
            f"x: {' '.join(repr(X).split())} given with resume; allowed: None, the run "
            "fixes it",
        ),
        (
            lambda: voronet.train(X, Y, net=3),
            "net: 3 given; allowed: voronet.Network or None",
        ),
        (
            lambda: voronet.train(X, Y, optimiser=3),
            "optimiser: 3 given; allowed: an object with the methods start and step "
            "or None",
        ),
        (
            lambda: voronet.train(X, Y, rule=3),
            "rule: 3 given; allowed: voronet.VoronoiRule or None",
        ),
        (
            lambda: voronet.train(X, Y, tol=-1),
            "tol: -1 given; allowed: a finite number >= 0",
        ),
        (
            lambda: voronet.train(X, Y, seed=[]),
            "seed: an empty sequence given; allowed: at least one seed",
        ),
        (
            lambda: voronet.train([X, X], [Y[:, :3]] * 2, seed=[1, 2]),
            "y: shape (2, 2, 3) given with x of shape (2, 2, 4); allowed: (2, 4) or "
            "(2, 2, 4): a column for each sample, and a leading axis only with as many "
            "seeds",
        ),
        (
            lambda: voronet.train(np.stack([X, X]), Y, seed=[1, 2, 3]),
            "x: shape (2, 2, 4) given; allowed: (2, n) or (3, 2, n) with n >= 1: a "
            "column for each sample, and a leading axis only with as many seeds",
        ),
        (
            lambda: voronet.train(X, np.stack([Y, Y]), seed=[1, 2]),
            "y: shape (2, 2, 4) given with x of shape (2, 4); allowed: (2, 4): a "
            "column for each sample, and a leading axis only with as many seeds",
        ),
        (
            lambda: replace(RUN, state=AdamState(2, W, W**2)),
            "state: t = 2 given with steps that end at 3; allowed: the same step",
        ),
        (
            lambda: replace(RUN, state=AdamState(3, W[1:], W[1:] ** 2)),
            "state.m: shape (16,) given; allowed: (17,)",
        ),
        (
            lambda: replace(RUN, x=[X[:, :3]], y=[Y]),
            "x: shape (1, 2, 3) given; allowed: (2, n) with n >= 1: a column for each "
            "sample, and a leading axis only with as many seeds",
        ),
        (
            lambda: replace(RUNS, x=[X[:, :3]] * 2, y=[Y] * 2),
            "y: shape (2, 2, 4) given with x of shape (2, 2, 3); allowed: (2, 3) or "
            "(2, 2, 3): a column for each sample, and a leading axis only with as many "
            "seeds",
        ),
        (
            lambda: replace(RUN, snapshots=W),
            "snapshots: shape (17,) given; allowed: (frames, 17) or (frames, R, 17)",
        ),
        (
            lambda: replace(RUN, loss=[0.5, 0.5]),
            "loss: shape (2,) given; allowed: (3,)",
        ),
        (
            lambda: replace(RUN, gradient_norm=[0.5, -0.25, 0.5]),
            "gradient_norm: -0.25 given; allowed: numbers >= 0",
        ),
        (
            lambda: replace(RUN, steps=[0, 3]),
            "steps: shape (2,) given; allowed: (3,)",
        ),
        (
            lambda: replace(RUN, steps=[0, 3, 3]),
            "steps: [0, 3, 3] given; allowed: integers >= 0 that increase",
        ),
        (
            lambda: replace(RUN, steps=[0, 2, 2**60]),
            "steps: 1.152921504606847e+18 given at index (2,); allowed: finite "
            "numbers, at most 1e+15 in size",
        ),
        (
            lambda: replace(RUN, record_every=0),
            "record_every: 0 given; allowed: an integer >= 1",
        ),
        (
            lambda: replace(RUN, stopped="late"),
            "stopped: 'late' given; allowed: one of ('converged', 'max_steps', "
            "'interrupted', 'diverged')",
        ),
        (
            lambda: replace(RUNS, stopped="max_steps"),
            "stopped: 'max_steps' given; allowed: an array of shape (2,) of one of "
            "('converged', 'max_steps', 'interrupted', 'diverged')",
        ),
        (
            lambda: replace(RUN, rule=5),
            "rule: 5 given; allowed: voronet.VoronoiRule or None",
        ),
        (
            lambda: replace(RUN, optimiser=5),
            "optimiser: 5 given; allowed: an object with the methods start and step",
        ),
        (
            lambda: replace(RUN, state=DescentState(3)),
            "state: DescentState(t=3) given; allowed: voronet.AdamState",
        ),
        (
            lambda: RUN.save("run.npy"),
            "path: 'run.npy' given; allowed: a file name that ends in .npz",
        ),
        (
            lambda: voronet.load(5),
            "path: 5 given; allowed: the name of a file",
        ),
        (
            lambda: voronet.study(5),
            "seeds: 5 given; allowed: an iterable of integers >= 0, at least one",
        ),
        (
            lambda: voronet.study([]),
            "seeds: [] given; allowed: an iterable of integers >= 0, at least one",
        ),
        (
            lambda: voronet.study([3, 2**63]),
            "seeds: 9223372036854775808 given; allowed: an integer >= 0, at most "
            "9223372036854775807",
        ),
        (
            lambda: voronet.study([1], n=0),
            "n: 0 given; allowed: an integer >= 1",
        ),
        (
            lambda: voronet.study([1], n=10**9 + 1),
            "n: 1000000001 given; allowed: an integer >= 1, at most 1000000000",
        ),
        (
            lambda: voronet.study([1], net=Network((2, 3))),
            "net: widths (2, 3) given; allowed: two inputs and two outputs",
        ),
        (
            lambda: voronet.study([1], scale=-1),
            "scale: -1 given; allowed: a finite number >= 0",
        ),
        (
            lambda: voronet.study([1], tol=-1),
            "tol: -1 given; allowed: a finite number >= 0",
        ),
        (
            lambda: voronet.study([1], max_steps=-1),
            "max_steps: -1 given; allowed: an integer >= 0",
        ),
        (
            lambda: voronet.study([1], batch=0),
            "batch: 0 given; allowed: an integer >= 1",
        ),
        (
            lambda: voronet.study([1], progress=5),
            "progress: 5 given; allowed: a callable",
        ),
        (
            lambda: replace(STUDY, stopped="max_steps"),
            "stopped: 'max_steps' given with seeds of shape (2,); allowed: as many of "
            "('converged', 'max_steps', 'interrupted', 'diverged', 'lost')",
        ),
        (
            lambda: replace(STUDY, loss=[0.5]),
            "loss: [0.5] given with seeds of shape (2,); allowed: a float64 array "
            "with as many entries",
        ),
        (
            lambda: replace(STUDY, w=0.5),
            "w: 0.5 given with seeds of shape (2,); allowed: a float64 array with as "
            "many rows",
        ),
        (
            lambda: replace(STUDY, gradient_norm=np.array([0.5, -0.5])),
            "gradient_norm: -0.5 given; allowed: numbers >= 0",
        ),
        (
            lambda: replace(STUDY, accuracy=np.array([0.5, 1.5])),
            "accuracy: 1.5 given at index (1,); allowed: finite numbers, at most 1 in "
            "size",
        ),
        (
            lambda: replace(STUDY, stopped=np.array(["lost", "max_steps"])),
            f"loss: {STUDY.loss[:1]!r} given where stopped is "
            '"interrupted" or "lost"; allowed: NaN',
        ),
        (
            lambda: GradientDescent(-0.5),
            "learning_rate: -0.5 given; allowed: a finite number > 0",
        ),
        (
            lambda: voronet.stochastic_gradient(
                NET, [W, W], [X, X], [Y[:, :3]] * 2, [rng()] * 2
            ),
            "y: shape (2, 2, 3) given with x of shape (2, 2, 4); allowed: (2, 4) or "
            "(2, 2, 4), a target for each output",
        ),
        (
            lambda: voronet.stochastic_gradient(NET, [W, W], X, Y, [3]),
            "rng: a sequence of 1 given; allowed: a list of 2 generators, one for each "
            "row of w",
        ),
    ],
)
def test_messages_in_full(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize("length", [199, 200, 201, 5000])
def test_a_long_value_is_shown_by_its_ends(length):
    # Let no two neighbours be alike: a letter too many shows.
    text = ("abcdefghijklmnopqrstuvwxyz" * length)[: length - 2]
    written = f"'{text}'"
    if length > 200:
        written = f"{written[:120]} … {written[length - 40 :]}"
    with pytest.raises(ValueError, match=r"^epsilon: ") as caught:
        Adam(epsilon=text)
    expected = f"epsilon: {written} given; allowed: a finite number > 0"
    assert str(caught.value) == expected


def test_the_largest_number_that_is_named_is_allowed():
    # "At most 1e+50 in size", of one number and of an array.
    assert Adam(learning_rate=1e50).learning_rate == 1e50
    assert ADAM.step([1e50], [-1e50], ADAM.start([0.0]))[1].m < 0
    # At most a billion parameters: half of them weights, half biases.
    assert Network((1, 5 * 10**8)).size == 10**9


def test_what_is_no_array_is_told_with_its_type():
    with pytest.raises(ValueError, match=r"^z: list given \(.+\); allowed: a rect"):
        voronet.sigmoid([[1.0], [1.0, 2.0]])


def test_a_longer_float_than_a_float64_is_refused_in_silence():
    # The conversion overflows; a warning would be an error here.
    with pytest.raises(ValueError, match=r"^z: inf given at index \(1,\); allowed: "):
        voronet.sigmoid(np.array(["1", "1e4000"], dtype=np.longdouble))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_of_thousands_of_digits_is_refused(sign):
    # Python itself refuses to write such a number out.
    value = sign * 10**5000
    for call, name in (
        (lambda: Adam(learning_rate=value), "learning_rate"),
        (lambda: DescentState(value), "t"),
        (lambda: Network((2, value)), "widths"),
        (lambda: Network([value] * 3), "widths"),
        (lambda: RULE.label(value), "x"),
    ):
        with pytest.raises(ValueError, match=rf"^{name}: .* given.*; allowed: "):
            call()
    with pytest.raises(ValueError, match=r"^beta1: int of very many digits given; "):
        Adam(beta1=value)


# Anything at all, and arrays that are nearly right.
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
kinds = st.sampled_from(["f8", "f4", "i8", "u1", "c16", "?", "U2", "O", "M8[s]"])
sizes = st.integers(-10, 30) | st.integers(10**10, 10**20) | st.just(10**500)
scalars = st.none() | st.booleans() | sizes | st.floats() | st.text(max_size=8)
anything = st.one_of(
    scalars,
    st.complex_numbers(),
    st.binary(max_size=4),
    st.lists(scalars, max_size=4),
    st.dictionaries(scalars.filter(bool), scalars, max_size=2),
    hnp.arrays(kinds, shapes),
    hnp.arrays("f8", st.sampled_from([(2, 4), (17,), (2, 17), (3, 4), (2, 2, 4)])),
    hnp.arrays("f8", (2, 4), elements=st.floats(-2, 2)),
    st.sampled_from([NET, RULE, ADAM, DESCENT, RUN, DescentState(2), A, WEIGHTS]),
)


@pytest.mark.parametrize("place", BAD, ids=lambda place: "-".join(place))
@given(data=st.data())
@settings(max_examples=settings().max_examples * 2 // 5)
def test_any_input_is_taken_or_refused_by_name(place, data):
    name, parameter = place
    function, good = GOOD[name]
    value = data.draw(anything, label=parameter)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            function(**good | {parameter: value})
        except ValueError as error:
            message = str(error)
            assert any(named(message, p) for p in good), message
        except OSError:
            assert parameter == "path"


MASKED = np.ma.masked_array(X, X > 0.5)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: RULE.label(MASKED), "x"),
        (lambda: VoronoiRule(X, MASKED), "blue"),
        (lambda: voronet.squared_distances(X, MASKED), "seeds"),
        (lambda: voronet.one_hot(np.ma.masked_array([0, 1], [0, 1])), "label"),
        (lambda: Network(np.ma.masked_array([2, 3, 2], [0, 0, 1])), "widths"),
        (lambda: NET.unpack(np.ma.masked_array(W)), "w"),
        (lambda: NET.pack([np.ma.masked_array(WEIGHTS[0]), WEIGHTS[1]], BIASES), "w"),
        (lambda: voronet.sigmoid([MASKED, X]), "z"),
        (lambda: voronet.sigmoid_derivative(MASKED), "a"),
        (lambda: voronet.forward(NET, W, MASKED), "x"),
        (lambda: voronet.mean_squared_error(A[-1], np.ma.masked_array(Y)), "y"),
        (lambda: voronet.backpropagate(NET, W, [MASKED, *A[1:]], Y), "a"),
        (lambda: ADAM.step(W, np.ma.masked_array(W), ADAM.start(W)), "g"),
        (lambda: AdamState(0, np.ma.masked_array(W), W**2), "m"),
        (lambda: voronet.train(MASKED, Y), "x"),
        (lambda: voronet.train(X, Y, seed=np.ma.masked_array([1, 2])), "seed"),
        (lambda: voronet.study(np.ma.masked_array([1, 2])), "seeds"),
        (lambda: voronet.train([[MASKED, X]], Y), "x"),
        (lambda: voronet.forward(NET, W, [list(np.ma.masked_array(X)[:1]), X]), "x"),
        (lambda: replace(RUN, loss=np.ma.masked_array(RUN.loss)), "loss"),
        (lambda: replace(RUNS, stopped=np.ma.masked_array(RUNS.stopped)), "stopped"),
        (lambda: replace(STUDY, loss=np.ma.masked_array(STUDY.loss)), "loss"),
        (lambda: replace(STUDY, stopped=np.ma.masked_array(STUDY.stopped)), "stopped"),
    ],
)
def test_a_masked_array_is_refused_everywhere(call, name):
    # What is hidden would be used like the rest.
    with pytest.raises(ValueError, match=rf"^{name}.*: a masked array given; allowed"):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: voronet.train(X, Y, net=(2, 9, 2)), r"such as Network\(\(2, 9, 2\)\)"),
        (lambda: voronet.train(X, Y, seed=np.timedelta64(3, "s")), r"^seed: .* an int"),
        (lambda: voronet.train(X, Y, max_steps=np.timedelta64(3, "s")), r"^max_steps:"),
        (lambda: voronet.sample_points(np.timedelta64(3, "s"), rng()), r"^n: "),
        (lambda: voronet.train(X, Y, tol=np.timedelta64(3, "s")), r"^tol: np.timede"),
        (lambda: voronet.train(X, Y, scale=np.timedelta64(3)), r"^scale: np.timedelt"),
        (lambda: Adam(np.timedelta64(3, "s")), r"^learning_rate: np.timedelta64\(3"),
        (lambda: voronet.train(X, 2 * Y - 1), r"^y: -1.0 given; .* from 0 to 1"),
        (
            lambda: voronet.train(resume=RUN, record_every=9),
            r"^record_every: 9 given with ",
        ),
        (lambda: VoronoiRule(X.T, X), r"^green: .* transpose it: green\.T"),
        (lambda: RULE.label([[1e-170], [0.0]]), r"^x: 1e-170 given; allowed: 0, or at"),
        (lambda: voronet.train(X, Y, scale=1e50), r"^scale: 1e\+50 given; .* at most"),
    ],
)
def test_what_once_passed_or_misled_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_list_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match=r"^x: list given \(.+\); allowed: a rectan"):
        voronet.train(endless, Y)


def test_what_a_message_allows_is_taken():
    same = voronet.one_hot([0, 1, 1])
    assert np.array_equal(voronet.one_hot(np.array([0.2, 0.7, 0.9]) > 0.5), same)
    assert Network(np.array([2, 3, 2])) == NET


def test_a_signalling_nan_is_refused_in_silence():
    # Its conversion to float64 raises a flag; a warning would be an error here.
    signal = np.array([0x7FA00000], dtype=np.uint32).view(np.float32)
    with pytest.raises(ValueError, match=r"^z: nan given at index \(0,\); allowed: "):
        voronet.sigmoid(signal)


def test_a_state_is_its_own_and_read_only():
    m = np.ones(3)
    state = AdamState(1, m, m)
    m[:] = 7
    assert state.m.tolist() == state.v.tolist() == [1, 1, 1], "the caller's array"
    assert voronet.load("run.npz") == RUN
    for array in (RUN.w, RUN.loss, RUN.x, RUN.state.m, RUN.snapshots):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
