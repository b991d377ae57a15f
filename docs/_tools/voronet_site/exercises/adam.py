"""Exercises of the chapter on Adam."""

import numpy as np

from voronet import Adam


# --8<-- [start:step_rmsprop]
# --8<-- [start:step_rmsprop-stub]
def step_rmsprop(w, g, v, rate, beta, epsilon):
    """Take a step of RMSProp; return the next w and the next v.

    It keeps the second moment v, as Adam does with the share beta, but
    corrects nothing, and steps by rate · g / (√v + epsilon).
    """
    # --8<-- [end:step_rmsprop-stub]
    # Average the squares, the newest among them.
    v = beta * v + (1 - beta) * g**2
    # Step against the gradient, over its typical size.
    return w - rate * g / (np.sqrt(v) + epsilon), v


# --8<-- [end:step_rmsprop]
# --8<-- [start:check_step_rmsprop]
def check_step_rmsprop(answer):
    """Tell whether a step of RMSProp is right."""
    # At first v is a quarter of g²: its root is |g| / 2.
    w, v = np.array([1.0, 1.0]), np.zeros(2)
    found = answer(w, np.array([4.0, -8.0]), v, 0.125, 0.75, 1e-12)
    assert found is not None, "nothing is returned yet"
    w, v = found
    assert np.allclose(v, [4, 16]), "the second moment is wrong"
    assert not np.allclose(w, [0.875, 1.0625]), "the root has been left out"
    assert not np.allclose(w, [0.875, 1.125]), "the moment has been corrected"
    assert not np.any(abs(w) > 1e6), "the step uses v of the step before"
    assert np.allclose(w, [0.75, 1.25]), "the step is wrong"

    # A moment that is g² already stays so.
    v, g = np.array([16.0, 64.0]), np.array([4.0, -8.0])
    _, v = answer(w, g, v, 0.125, 0.75, 1e-12)
    assert np.allclose(v, [16, 64]), "what v was before is left out"
    # Where the gradient is as small as epsilon, epsilon matters.
    zero = np.zeros(1)
    w, _ = answer(zero, np.array([2e-3]), zero, 1.0, 0.75, 1e-3)
    assert np.allclose(w, -1), "epsilon belongs beside the root"
    # The correction of Adam is a factor: 1/4 at first, if beta is 15/16.
    adam = Adam(0.125, 0, 15 / 16, 1e-12)
    right, _ = adam.step(zero, np.ones(1), adam.start(zero))
    w, _ = answer(zero, np.ones(1), zero, 0.125, 15 / 16, 1e-12)
    assert np.allclose(w / 4, right), "with another beta it is wrong"


# --8<-- [end:check_step_rmsprop]
# --8<-- [start:step_with_decay]
# --8<-- [start:step_with_decay-stub]
def step_with_decay(adam, w, g, state, decay):
    """Take a step of Adam that also draws w towards zero.

    From Adam's step subtract learning rate · decay · w, with w as it
    was before the step. Return the next w and the next state.
    """
    # --8<-- [end:step_with_decay-stub]
    # Let Adam step: its moments see nothing of the decay.
    moved, state = adam.step(w, g, state)
    # Draw w towards zero.
    return moved - adam.learning_rate * decay * w, state


# --8<-- [end:step_with_decay]
# --8<-- [start:check_step_with_decay]
def check_step_with_decay(answer):
    """Tell whether Adam with decay steps as it should."""
    adam, w = Adam(0.5), np.array([2.0, -4.0])
    # Without a gradient, w shrinks by rate · decay: by a quarter.
    found = answer(adam, w, np.zeros(2), adam.start(w), 0.5)
    assert found is not None, "nothing is returned yet"
    shrunk, state = found
    assert state.t == 1, "the state is not the next one"
    assert np.all(state.m == 0), "the moments have seen the decay"
    assert np.all(abs(shrunk) < abs(w)), "w does not shrink"
    assert np.allclose(shrunk, [1.5, -3]), "the decay is not rate · decay · w"

    # With a gradient, Adam's first step is the rate.
    found, _ = answer(adam, w, np.array([3.0, 5.0]), adam.start(w), 0.5)
    assert np.allclose(found, [1, -3.5]), "decay w as it was before the step"


# --8<-- [end:check_step_with_decay]


def _step_rmsprop(divide, moment=lambda v, g, beta: beta * v + (1 - beta) * g**2):
    """Make a step that divides the gradient in a way of its own."""

    def answer(w, g, v, rate, beta, epsilon):
        new = moment(v, g, beta)
        return w - rate * divide(g, v, new, beta, epsilon), new

    return answer


def _decay_by_gradient(adam, w, g, state, decay):
    return adam.step(w, g + decay * w, state)


def _decay_after(adam, w, g, state, decay):
    moved, state = adam.step(w, g, state)
    return (1 - adam.learning_rate * decay) * moved, state


def _lose_state(adam, w, g, state, decay):
    return step_with_decay(adam, w, g, state, decay)[0], state


WRONG = {
    step_rmsprop: {
        "the second moment is wrong": _step_rmsprop(
            lambda g, v, new, beta, epsilon: g / (np.sqrt(new) + epsilon),
            lambda v, g, beta: beta * v + g**2,
        ),
        "the root has been left out": _step_rmsprop(
            lambda g, v, new, beta, epsilon: g / (new + epsilon)
        ),
        "the moment has been corrected": _step_rmsprop(
            lambda g, v, new, beta, epsilon: g / (np.sqrt(new / (1 - beta)) + epsilon)
        ),
        "the step uses v of the step before": _step_rmsprop(
            lambda g, v, new, beta, epsilon: g / (np.sqrt(v) + epsilon)
        ),
        "the step is wrong": _step_rmsprop(
            lambda g, v, new, beta, epsilon: np.sign(g) / (np.sqrt(new) + epsilon)
        ),
        "what v was before is left out": _step_rmsprop(
            lambda g, v, new, beta, epsilon: g / (np.sqrt(new) + epsilon),
            lambda v, g, beta: (1 - beta) * g**2,
        ),
        "epsilon belongs beside the root": _step_rmsprop(
            lambda g, v, new, beta, epsilon: g / np.sqrt(new + epsilon)
        ),
        "with another beta it is wrong": lambda w, g, v, rate, beta, epsilon: step_rmsprop(
            w, g, v, rate, 0.75, epsilon
        ),
    },
    step_with_decay: {
        "the state is not the next one": _lose_state,
        "the moments have seen the decay": _decay_by_gradient,
        "w does not shrink": lambda adam, w, g, state, decay: step_with_decay(
            adam, w, g, state, -decay
        ),
        "the decay is not rate · decay · w": lambda adam, w, g, state, decay: step_with_decay(
            adam, w, g, state, decay / adam.learning_rate
        ),
        "decay w as it was before the step": _decay_after,
    },
}
