"""Exercises of the chapter on the training loop."""

from dataclasses import dataclass

import numpy as np

from voronet import (
    Adam,
    Network,
    VoronoiRule,
    forward,
    mean_squared_error,
    one_hot,
    sample_points,
    train,
)


# --8<-- [start:find_best_frame]
# --8<-- [start:find_best_frame-stub]
def find_best_frame(net, snapshots, x, y):
    """Return the number of the frame that has the least loss at x, y.

    The snapshots are the recorded w of a run, one in each row. The
    points x are fresh: the run has not seen them.
    """
    # --8<-- [end:find_best_frame-stub]
    # Let the frames stand where restarts stand: one pass computes all.
    _, a = forward(net, snapshots, x)
    return mean_squared_error(a[-1], y).argmin()


# --8<-- [end:find_best_frame]
# --8<-- [start:check_find_best_frame]
def check_find_best_frame(answer):
    """Tell whether the frame with the least loss is found."""
    # One unit with rising bias gives 1/4, 1/2, 3/4 and 9/10.
    net, x = Network((1, 1)), np.zeros((1, 2))
    bias = np.log([1 / 3, 1, 3, 9])
    snapshots = np.stack([np.zeros(4), bias], axis=1)
    found = answer(net, snapshots, x, np.array([[1.0, 0.0]]))
    assert found is not None, "nothing is returned yet"
    assert np.ndim(found) == 0, "a frame's number is asked for"

    # Targets of one and zero ask for an output of one half.
    assert found != 3, "this is the last frame, or the greatest loss"
    assert found == 1, "another frame has less loss at these points"
    last = answer(net, snapshots, x, np.array([[1.0, 1.0]]))
    assert last == 3, "the last frame may be the best one, too"


# --8<-- [end:check_find_best_frame]
# --8<-- [start:Cooling]
# --8<-- [start:Cooling-stub]
@dataclass(frozen=True)
class Cooling(Adam):
    """Adam with a rate that falls."""

    half: int = 1000

    def step(self, w, g, state):
        """Take a step of Adam at the rate of this step.

        The first step has the learning rate, and each step a little
        less than the one before: `half` steps later it is one half.
        """
        # --8<-- [end:Cooling-stub]
        # Find the rate; state.t steps have been taken.
        rate = self.learning_rate * 0.5 ** (state.t / self.half)
        # Step as Adam does.
        adam = Adam(rate, self.beta1, self.beta2, self.epsilon)
        return adam.step(w, g, state)


# --8<-- [end:Cooling]
# --8<-- [start:check_Cooling]
def check_Cooling(answer):
    """Tell whether a rate falls as it should."""
    cooling = answer(learning_rate=1.0, beta1=0.5, half=2)
    # Under a constant gradient the length of Adam's step is its rate.
    path, g = [np.zeros(1)], np.ones(1)
    state = cooling.start(path[0])
    for _ in range(5):
        found = cooling.step(path[-1], g, state)
        assert found is not None, "nothing is returned yet"
        w, state = found
        path.append(w)
    assert np.isclose(state.m, 31 / 32), "Adam's other numbers are lost"
    rates = -np.diff(path, axis=0)[:, 0]
    assert not np.allclose(rates, 1), "the rate does not fall"
    assert np.isclose(rates[0], 1), "the first step has not the full rate"
    assert not np.isclose(rates[1], 1 / 2), "the rate is halved at each step"
    assert not np.isclose(rates[1], 1), "the rate falls all at once"
    right = np.allclose(rates**2, [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16])
    assert right, "the rates are wrong"

    # The loop runs it, and a run that is resumed is the run in one go.
    rng = np.random.default_rng(0)
    rule, x = VoronoiRule.random(rng), sample_points(10, rng)
    y = one_hot(rule.label(x))
    whole = train(x, y, optimiser=cooling, max_steps=12)
    part = train(x, y, optimiser=cooling, max_steps=4)
    again = train(resume=part, max_steps=12)
    assert np.array_equal(again.w, whole.w), "a resumed run is another run"


# --8<-- [end:check_Cooling]


def _cool(find_rate):
    """Make a class of optimisers that finds its rate in a way of its own."""

    @dataclass(frozen=True)
    class Answer(Adam):
        half: int = 1000

        def step(self, w, g, state):
            rate = self.learning_rate * find_rate(self, state.t)
            return Adam(rate, self.beta1, self.beta2, self.epsilon).step(w, g, state)

    return Answer


def _careless():
    """Make a class that steps with Adam's defaults."""

    class Answer(Cooling):
        def step(self, w, g, state):
            return Adam(self.learning_rate * 0.5 ** (state.t / self.half)).step(w, g, state)

    return Answer


def _forgetful():
    """Make a class that counts its steps by itself, where no record of a run keeps them."""
    counted = {}

    def find_rate(answer, t):
        counted[id(answer)] = counted.get(id(answer), -1) + 1
        return 0.5 ** (counted[id(answer)] / answer.half)

    return _cool(find_rate)


WRONG = {
    find_best_frame: {
        "a frame's number is asked for": lambda net, snapshots, x, y: snapshots[
            find_best_frame(net, snapshots, x, y)
        ],
        "this is the last frame, or the greatest loss": lambda net, snapshots, x, y: (
            len(snapshots) - 1
        ),
        "another frame has less loss at these points": lambda net, snapshots, x, y: (
            forward(net, snapshots, x)[1][-1].sum(axis=(1, 2)).argmin()
        ),
        "the last frame may be the best one, too": lambda net, snapshots, x, y: find_best_frame(
            net, snapshots[:-1], x, y
        ),
    },
    Cooling: {
        "Adam's other numbers are lost": _careless(),
        "the rate does not fall": _cool(lambda answer, t: 1),
        "the first step has not the full rate": _cool(
            lambda answer, t: 0.5 ** ((t + 1) / answer.half)
        ),
        "the rate is halved at each step": _cool(lambda answer, t: 0.5**t),
        "the rate falls all at once": _cool(lambda answer, t: 0.5 ** (t // answer.half)),
        "the rates are wrong": _cool(lambda answer, t: 1 / (1 + t / answer.half)),
        "a resumed run is another run": _forgetful(),
    },
}
