"""The Adam moments, their correction, and the step."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import voronet
from tests.agree import agree, same_bits
from tests.oracles import adam_torch


@pytest.mark.equation("eq:adam-m", "eq:adam-v", "eq:adam-correction", "eq:adam-update")
# --8<-- [start:hand]
def test_hand():
    # Choose settings that leave fractions; ε is large, to be seen.
    rate, epsilon = 1 / 2, 1 / 2
    adam = voronet.Adam(rate, beta1=1 / 2, beta2=3 / 4, epsilon=epsilon)
    w = np.array([1.0])
    state = adam.start(w)
    assert (state.t, state.m, state.v) == (0, [0], [0])
    # Step 1, g = 2: m = 2/2 and v = 4/4. Divide by 1 - 1/2 and
    # 1 - 3/4: m_hat = 2, v_hat = 4. Move by 1/2 · 2/(2 + 1/2).
    w, state = adam.step(w, np.array([2.0]), state)
    assert (state.t, state.m, state.v) == (1, [1], [1])
    agree(w, [1 - 2 / 5])
    # Step 2, g = -5: m = 1/2 - 5/2 and v = 3/4 + 25/4. Divide by
    # 1 - 1/4 and 1 - 9/16: m_hat = -8/3, v_hat = 16.
    # Move by 1/2 · (8/3)/(4 + 1/2) = 8/27.
    w, state = adam.step(w, np.array([-5.0]), state)
    assert (state.t, state.m, state.v) == (2, [-2], [7])
    agree(w, [1 - 2 / 5 + 8 / 27])


# --8<-- [end:hand]


# --8<-- [start:loops]
def adam_by_loops(w, gradients, rate, beta1, beta2, epsilon):
    """Run Kingma & Ba's Algorithm 1 on one parameter."""
    m, v, path = 0.0, 0.0, []
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        w = w - rate * m_hat / (v_hat**0.5 + epsilon)
        path.append(w)
    return path


def path_of(optimiser, w, gradients):
    """Step along the given gradients; keep every w."""
    state, path = optimiser.start(w), []
    for g in gradients:
        w, state = optimiser.step(w, g, state)
        path.append(w)
    return np.array(path)


# --8<-- [end:loops]

SETTINGS = [
    (1e-3, 0.9, 0.999, 1e-8),
    (0.1, 0.5, 0.9, 1e-3),
    (1e-2, 0.0, 0.9, 1e-8),
    (1e-2, 0.9, 0.0, 1e-8),
    (3.0, 0.99, 0.9999, 1.0),
]


@pytest.mark.equation("eq:adam-m", "eq:adam-v", "eq:adam-correction", "eq:adam-update")
# --8<-- [start:loops-agree]
@pytest.mark.parametrize("settings", SETTINGS)
def test_loops(settings, rng):
    # Follow three parameters for 200 steps of random gradients.
    gradients = rng.standard_normal((200, 3)) * [1.0, 1e-5, 1e-9]
    w = rng.standard_normal(3)
    path = path_of(voronet.Adam(*settings), w, gradients)
    for j in range(3):
        expected = adam_by_loops(w[j], gradients[:, j], *settings)
        agree(path[:, j], expected, atol=1e-15, what=f"w[{j}] at step")


# --8<-- [end:loops-agree]


@pytest.mark.equation("eq:adam-m", "eq:adam-v")
@pytest.mark.equation("eq:adam-m-unrolled", "eq:adam-v-unrolled")
# --8<-- [start:unrolled]
@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.9])
def test_the_moments_are_weighted_sums(beta1, rng):
    # Unroll the recursion: m_t = (1 - β_1) Σ_i β_1^(t-i) g_i, and
    # v_t likewise from the squares.
    g, beta2 = rng.standard_normal(30), 0.97
    adam = voronet.Adam(beta1=beta1, beta2=beta2)
    w, state = np.zeros(1), adam.start(np.zeros(1))
    for t in range(1, 31):
        w, state = adam.step(w, g[t - 1 : t], state)
        m = v = 0.0
        for i in range(1, t + 1):
            m += (1 - beta1) * beta1 ** (t - i) * g[i - 1]
            v += (1 - beta2) * beta2 ** (t - i) * g[i - 1] ** 2
        agree(state.m, [m], atol=1e-15, what=f"m_{t}")
        agree(state.v, [v], what=f"v_{t}")
        assert state.t == t


# --8<-- [end:unrolled]


@pytest.mark.equation("eq:adam-weights", "eq:adam-bias", "eq:adam-correction")
# --8<-- [start:bias]
@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.9])
def test_the_bias_of_the_first_moment(beta1, rng):
    adam, mu = voronet.Adam(beta1=beta1), 0.75
    g = rng.standard_normal(20)
    # Follow ones, the gradients, and the gradients less a constant.
    w = np.zeros(1)
    states = [adam.start(w)] * 3
    for t in range(1, 21):
        given = (1.0, g[t - 1], g[t - 1] - mu)
        states = [
            adam.step(w, np.array([value]), state)[1]
            for value, state in zip(given, states, strict=True)
        ]
        ones, m, rest = (state.m for state in states)
        # The weights add up to 1 - β_1^t and not to one.
        agree(ones, [1 - beta1**t], what=f"weights at step {t}")
        # Take that share of the constant off: the rest remains.
        agree(m - (1 - beta1**t) * mu, rest, atol=1e-15, what=f"m_{t}")


# --8<-- [end:bias]


@pytest.mark.equation("eq:adam-correction", "eq:adam-update")
# --8<-- [start:constant-gradient]
@given(
    st.floats(1e-6, 1e6),
    st.sampled_from([-1, 1]),
    st.floats(0, 0.99),
    st.floats(0, 0.9999),
)
def test_a_constant_gradient_makes_equal_steps(size, sign, beta1, beta2):
    # The correction turns both moments into those of the gradient
    # itself: every step has length η g/(g + ε), none is short.
    g, rate, epsilon = sign * size, 0.125, 1e-8
    adam = voronet.Adam(rate, beta1, beta2, epsilon)
    path = path_of(adam, np.zeros(1), [np.array([g])] * 12)
    steps = -rate * g / (size + epsilon) * np.arange(1, 13)
    agree(path[:, 0], steps, rtol=1e-9, what="w at step")


# --8<-- [end:constant-gradient]


@pytest.mark.equation("eq:adam-update", "eq:adam-correction", "eq:adam-first-step")
# --8<-- [start:epsilon]
def test_where_epsilon_stands():
    # A first step over the rate is g/(g + ε) by Algorithm 1. Inside
    # the root ε gives g/√(g² + ε); before the correction it gives
    # g/(g + ε/√(1 - β_2)); with no correction, a tenth of √1000.
    adam = voronet.Adam(learning_rate=1.0)
    for g, expected in (
        (1e-1, 1e-1 / (1e-1 + 1e-8)),
        (1e-4, 1e4 / (1e4 + 1)),
        (1e-6, 100 / 101),
        (1e-8, 1 / 2),
        (1e-10, 1 / 101),
    ):
        w = np.zeros(1)
        w, _ = adam.step(w, np.array([g]), adam.start(w))
        agree(-w, [expected], what=f"first step at g = {g}")


# --8<-- [end:epsilon]


@pytest.mark.equation("eq:adam-rearranged", "eq:adam-hat")
# --8<-- [start:rearranged]
def test_the_papers_faster_order(rng):
    # One factor for both corrections, and ε scaled along with it.
    g = rng.standard_normal(100) * 1e-6
    adam = voronet.Adam(learning_rate=1.0)
    w, state = np.zeros(1), adam.start(np.zeros(1))
    for t in range(1, 101):
        before = w
        w, state = adam.step(w, g[t - 1 : t], state)
        root = (1 - 0.999**t) ** 0.5
        step = root / (1 - 0.9**t) * state.m / (state.v**0.5 + 1e-8 * root)
        agree(before - w, step, rtol=1e-9, atol=1e-14, what=f"step {t}")


# --8<-- [end:rearranged]


@pytest.mark.equation("eq:adam-update")
# --8<-- [start:laws]
@given(st.integers(0, 2**32), st.sampled_from([2.0**k for k in (-9, -1, 1, 12)]))
def test_laws(seed, factor):
    rng = np.random.default_rng(seed)
    gradients = rng.standard_normal((20, 4))
    adam = voronet.Adam(learning_rate=0.25)
    path = path_of(adam, np.zeros(4), gradients)
    # Parameters do not mix: a permutation passes through.
    order = rng.permutation(4)
    other = path_of(adam, np.zeros(4), gradients[:, order])
    same_bits(other, path[:, order], what="w at step")
    # Opposite gradients take the opposite way.
    same_bits(path_of(adam, np.zeros(4), -gradients), -path)
    # The scale of the gradients cancels, if that of ε goes with it.
    scaled = voronet.Adam(learning_rate=0.25, epsilon=1e-8 * factor)
    agree(path_of(scaled, np.zeros(4), factor * gradients), path, atol=1e-15)


# --8<-- [end:laws]


@pytest.mark.equation("eq:adam-m", "eq:adam-v", "eq:adam-correction", "eq:adam-update")
# --8<-- [start:torch]
@pytest.mark.parametrize("settings", adam_torch.SETTINGS)
@pytest.mark.parametrize("problem", adam_torch.gradients())
def test_recorded_steps_of_torch(problem, settings):
    # Give both the same 500 gradients; torch's steps are on file.
    with np.load(adam_torch.FILE) as recorded:
        gradients = recorded[f"{problem}/g"]
        expected = recorded[f"{problem}/{settings}"]
    adam = voronet.Adam(*adam_torch.SETTINGS[settings])
    path = path_of(adam, np.zeros(3), gradients)[adam_torch.KEPT - 1]
    for j in range(3):
        # Where the path crosses zero, compare with its greatest size.
        atol = 1e-13 * abs(expected[:, j]).max()
        agree(path[:, j], expected[:, j], rtol=1e-11, atol=atol, what=f"w[{j}]")


# --8<-- [end:torch]


def test_the_record_holds_what_its_script_says():
    with np.load(adam_torch.FILE) as recorded:
        made = adam_torch.gradients()
        names = {"made"} | {
            f"{p}/{s}" for p in made for s in ("g", *adam_torch.SETTINGS)
        }
        assert set(recorded.files) == names
        assert str(recorded["made"]).startswith("torch 2.13.0")
        for problem, gradients in made.items():
            agree(recorded[f"{problem}/g"], gradients, rtol=0.01, what=problem)
        # The problems are what their names say.
        assert 0 < abs(recorded["tiny/g"]).max() < 1e-6
        assert (recorded["mostly-zero/g"] == 0).mean() > 0.9
        assert not recorded["zero/g"].any()
        assert (recorded["squares-underflow/g"][:, 1] ** 2 == 0).all()


@pytest.mark.equation("eq:adam-m", "eq:adam-v", "eq:adam-correction", "eq:adam-update")
@pytest.mark.parametrize("problem", adam_torch.gradients())
def test_live_steps_of_torch(problem):
    pytest.importorskip("torch")
    gradients = adam_torch.gradients()[problem]
    for settings in adam_torch.SETTINGS.values():
        expected = adam_torch.torch_path(gradients, settings)
        path = path_of(voronet.Adam(*settings), np.zeros(3), gradients)
        for j in range(3):
            atol = 1e-13 * abs(expected[:, j]).max()
            agree(path[:, j], expected[:, j], rtol=1e-11, atol=atol, what=f"w[{j}]")


def _epsilon_inside(m_hat, v_hat, t):  # noqa: ARG001
    return m_hat / np.sqrt(v_hat + 1e-8)


def _epsilon_unscaled(m_hat, v_hat, t):
    return m_hat / (np.sqrt(v_hat) + 1e-8 / np.sqrt(1 - 0.999**t))


def _root_dropped(m_hat, v_hat, t):  # noqa: ARG001
    return m_hat / (v_hat + 1e-8)


def _power_dropped(m_hat, v_hat, t):
    return m_hat * (1 - 0.9**t) / (1 - 0.9) / (np.sqrt(v_hat) + 1e-8)


def _a_thousandth_off(m_hat, v_hat, t):  # noqa: ARG001
    return 1.001 * m_hat / (np.sqrt(v_hat) + 1e-8)


# --8<-- [start:torch-control]
@pytest.mark.parametrize(
    "wrong",
    [
        _epsilon_inside,
        _epsilon_unscaled,
        _root_dropped,
        _power_dropped,
        _a_thousandth_off,
    ],
)
def test_a_wrong_adam_is_caught_by_the_record(wrong):
    # Replace the update alone, and follow the tiny gradients.
    with np.load(adam_torch.FILE) as recorded:
        gradients = recorded["tiny/g"]
        expected = recorded["tiny/default"]
    adam, w, path = voronet.Adam(), np.zeros(3), []
    state = adam.start(w)
    for t, g in enumerate(gradients, start=1):
        _, state = adam.step(w, g, state)
        w = w - 1e-3 * wrong(state.m / (1 - 0.9**t), state.v / (1 - 0.999**t), t)
        path.append(w)
    with pytest.raises(AssertionError, match="received"):
        agree(np.array(path)[adam_torch.KEPT - 1], expected, rtol=1e-4)


# --8<-- [end:torch-control]


# --8<-- [start:longest]
def test_a_step_can_exceed_the_rate():
    # After a long time of zeros the moments are zero, and corrected no more.
    adam = voronet.Adam(learning_rate=1.0, epsilon=1e-30)
    zero = np.zeros(1)
    quiet = voronet.AdamState(t=100_000, m=zero, v=zero)
    # A spike then has m_hat = 0.1 g and v_hat = 0.001 g².
    w, _ = adam.step(zero, np.ones(1), quiet)
    agree(-w, [0.1 / 0.001**0.5], rtol=1e-9)
    # The greatest step of all: each gradient is β2/β1 times the last.
    w, state, ratio = zero, quiet, np.array([0.9 / 0.999])
    for i in range(1, 401):
        before = w
        w, state = adam.step(w, ratio ** (400 - i), state)
    greatest = 0.1 / (0.001 * (1 - 0.9**2 / 0.999)) ** 0.5
    agree(before - w, [greatest], rtol=1e-9)
    assert greatest > 7


# --8<-- [end:longest]


# --8<-- [start:longest-bound]
@pytest.mark.equation(
    "eq:adam-m-bound",
    "eq:adam-cauchy",
    "eq:adam-v-root",
    "eq:adam-geometric",
    "eq:adam-longest",
)
@pytest.mark.parametrize(("b1", "b2"), [(0.9, 0.999), (0.6, 0.5), (0.3, 0.95)])
def test_each_link_to_the_longest_step(b1, b2, rng):
    # Follow one parameter through forty gradients of all sizes.
    gradients = rng.standard_normal(40) * 10.0 ** rng.uniform(-3, 3, 40)
    adam = voronet.Adam(beta1=b1, beta2=b2)
    w, state = [0.0], adam.start([0.0])
    for t, g in enumerate(gradients, start=1):
        w, state = adam.step(w, [g], state)
        # Add up, one term at a time, what stands under each sum.
        absolute, squares, powers = 0.0, 0.0, 0.0
        for s in range(1, t + 1):
            absolute += b1 ** (t - s) * abs(gradients[s - 1])
            squares += b2 ** (t - s) * gradients[s - 1] ** 2
            powers += (b1 * b1 / b2) ** (t - s)
        slack = 1 + 1e-12
        assert abs(state.m[0]) <= (1 - b1) * absolute * slack
        assert absolute <= powers**0.5 * squares**0.5 * slack
        agree(state.v[0] / (1 - b2), squares, what=f"v at step {t}")
        q = b1 * b1 / b2
        agree(powers, (1 - q**t) / (1 - q), what=f"powers at step {t}")
        if q < 1:
            m_hat, v_hat = state.m[0] / (1 - b1**t), state.v[0] / (1 - b2**t)
            assert m_hat**2 * (1 - b2) * (1 - q) <= v_hat * (1 - b1) ** 2 * slack


# --8<-- [end:longest-bound]


def test_zero_gradients_move_nothing():
    adam = voronet.Adam()
    path = path_of(adam, [0.5, -1.0], np.zeros((50, 2)))
    agree(path, np.tile([0.5, -1.0], (50, 1)), rtol=0)


def test_nothing_changes_in_place():
    adam = voronet.Adam()
    w, g = np.ones(3), np.full(3, 2.0)
    first = adam.start(w)
    later, state = adam.step(w, g, first)
    again, _ = adam.step(w, g, first)
    same_bits(later, again)
    agree(w, np.ones(3), rtol=0)
    agree(g, np.full(3, 2.0), rtol=0)
    assert (first.t, first.m.tolist(), first.v.tolist()) == (0, [0] * 3, [0] * 3)
    assert not any(
        np.shares_memory(new, old)
        for new in (later, state.m, state.v)
        for old in (w, g, first.m, first.v)
    )


def test_defaults_are_those_of_the_paper():
    adam = voronet.Adam()
    received = (adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon)
    assert received == (1e-3, 0.9, 0.999, 1e-8)
    assert adam == voronet.Adam(*received)
    with pytest.raises(AttributeError):
        adam.beta1 = 0.5


def test_restarts_step_together(rng):
    adam = voronet.Adam()
    gradients = rng.standard_normal((10, 3, 5))
    w = rng.standard_normal((3, 5))
    path = path_of(adam, w, gradients)
    for r in range(3):
        alone = path_of(adam, w[r], gradients[:, r])
        same_bits(path[:, r], alone, what=f"restart {r}, step")


def test_the_number_of_steps_is_kept_as_pythons_own():
    t = voronet.AdamState(np.uint8(3), [0.5], [0.25]).t
    assert (type(t), t) == (int, 3)
