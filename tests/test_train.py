"""The training loop: what it computes, records, and why it stops."""

import math
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import voronet
from tests.agree import agree, same_bits
from voronet import Adam, GradientDescent, Network

SMALL = Network((2, 3, 2))


def problem(n=12, seed=3):
    """Draw points and their targets."""
    rng = np.random.default_rng(seed)
    rule = voronet.VoronoiRule.random(rng, per_class=1)
    x = voronet.sample_points(n, rng)
    return x, voronet.one_hot(rule.label(x))


def same_run(received, expected):
    """Assert that two runs are equal in every part, to the last bit."""
    for name in ("steps", "loss", "gradient_norm", "snapshots", "x", "y"):
        same_bits(getattr(received, name), getattr(expected, name), what=name)
    assert np.array_equal(received.stopped, expected.stopped)
    for name in ("net", "optimiser", "rule", "record_every"):
        assert getattr(received, name) == getattr(expected, name), name
    assert type(received.state) is type(expected.state)
    for field in fields(received.state):
        parts = getattr(received.state, field.name), getattr(expected.state, field.name)
        same_bits(*parts, what=f"state.{field.name}")


# --8<-- [start:entry]
@pytest.mark.equation("eq:entry-norm")
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_an_entry_never_exceeds_the_norm(g):
    for entry in g:
        assert abs(entry) <= math.hypot(*g) * (1 + 1e-15), f"{entry} in {g}"


# --8<-- [end:entry]


@pytest.mark.equation("eq:step-gradient")
# --8<-- [start:loop]
@pytest.mark.parametrize("optimiser", [Adam(0.05), GradientDescent(2.0)])
@pytest.mark.parametrize("widths", [(2, 2, 8, 2), (2, 2)])
def test_training_is_gradient_and_step_in_turn(widths, optimiser):
    # Record every step of a short run.
    (x, y), net = problem(), Network(widths)
    run = voronet.train(
        x, y, net=net, optimiser=optimiser, seed=5, max_steps=40, record_every=1
    )
    # Put the same together from the public functions.
    w = net.initial_parameters(np.random.default_rng(5))
    state = optimiser.start(w)
    for t in range(41):
        g = voronet.gradient(net, w, x, y)
        _, a = voronet.forward(net, w, x)
        agree(run.snapshots[t], w, rtol=1e-10, atol=1e-13, what=f"w_{t}")
        loss = voronet.mean_squared_error(a[-1], y)
        agree(run.loss[t], loss, rtol=1e-10, what=f"loss at step {t}")
        norm = sum(entry**2 for entry in g) ** 0.5
        agree(run.gradient_norm[t], norm, rtol=1e-9, what=f"norm at step {t}")
        w, state = optimiser.step(w, g, state)


# --8<-- [end:loop]


@pytest.mark.equation("eq:gradient-norm", "eq:gradient-norm-layers")
# --8<-- [start:norm]
def test_the_norm_adds_up_the_squares_of_all_layers():
    (x, y), net = problem(), Network((2, 2, 8, 2))
    run = voronet.train(x, y, net=net, max_steps=3, record_every=1)
    for t in range(4):
        g = voronet.gradient(net, run.snapshots[t], x, y)
        by_entry = sum(float(entry) ** 2 for entry in g)
        by_layer = 0.0
        for W, b in zip(*net.unpack(g), strict=True):
            for row in [*W, b]:
                by_layer += sum(float(entry) ** 2 for entry in row)
        agree(run.gradient_norm[t] ** 2, by_entry, rtol=1e-11)
        agree(run.gradient_norm[t] ** 2, by_layer, rtol=1e-11)


# --8<-- [end:norm]


# --8<-- [start:recording]
@pytest.mark.parametrize(
    ("max_steps", "every", "expected"),
    [
        (30, 7, [0, 7, 14, 21, 28, 30]),
        (28, 7, [0, 7, 14, 21, 28]),
        (5, 100, [0, 5]),
        (3, 1, [0, 1, 2, 3]),
        (0, 10, [0]),
    ],
)
def test_recorded_steps(max_steps, every, expected):
    x, y = problem()
    run = voronet.train(x, y, net=SMALL, max_steps=max_steps, record_every=every)
    assert run.steps.tolist() == expected
    assert run.loss.shape == run.gradient_norm.shape == (len(expected),)
    assert run.snapshots.shape == (len(expected), SMALL.size)
    assert run.state.t == max_steps
    assert run.stopped == "max_steps"
    same_bits(run.w, run.snapshots[-1])
    # Looking less often changes nothing of what is seen.
    whole = voronet.train(x, y, net=SMALL, max_steps=max_steps, record_every=1)
    for name in ("loss", "gradient_norm", "snapshots"):
        same_bits(getattr(run, name), getattr(whole, name)[expected], what=name)


# --8<-- [end:recording]


@pytest.mark.equation("eq:stopping")
# --8<-- [start:stopping]
@pytest.mark.parametrize("every", [1, 10, 1000])
def test_it_stops_at_the_first_gradient_below_the_tolerance(every):
    # Take the norms of a run that nothing stops.
    x, y = problem()
    options = {"net": SMALL, "optimiser": Adam(0.1)}
    free = voronet.train(x, y, tol=0, max_steps=200, record_every=1, **options)
    for t in (0, 3, 50, 117):
        # Ask for just more than one of them, and for just that one.
        norm = free.gradient_norm[t]
        for tol in (np.nextafter(norm, 1), norm):
            expected = int(np.argmax(free.gradient_norm < tol))
            run = voronet.train(
                x, y, tol=tol, max_steps=200, record_every=every, **options
            )
            assert run.stopped == "converged"
            assert run.steps[-1] == run.state.t == expected
            same_bits(run.w, free.snapshots[expected], what="w")
            same_bits(run.loss[-1], free.loss[expected], what="loss")
            assert run.gradient_norm[-1] < tol


# --8<-- [end:stopping]


def test_the_last_step_may_still_converge():
    x, y = problem()
    free = voronet.train(x, y, net=SMALL, max_steps=9, record_every=1)
    tol = np.nextafter(free.gradient_norm[9], 1)
    assert (free.gradient_norm[:9] >= tol).all(), "the norms do not fall: choose anew"
    run = voronet.train(x, y, net=SMALL, max_steps=9, tol=tol)
    assert (run.stopped, run.steps[-1]) == ("converged", 9)


def test_a_zero_gradient_converges_and_a_zero_tolerance_never_does():
    # With w = 0 every output is one half, exactly, and so is every target.
    x = np.full((2, 3), 0.5)
    y = np.full((SMALL.widths[-1], 3), 0.5)
    run = voronet.train(x, y, net=SMALL, scale=0.0)
    assert (run.stopped, run.steps.tolist()) == ("converged", [0])
    assert run.gradient_norm[0] == run.loss[0] == 0
    run = voronet.train(x, y, net=SMALL, scale=0.0, tol=0, max_steps=4)
    assert (run.stopped, run.steps.tolist()) == ("max_steps", [0, 4])
    assert (run.w == 0).all(), run.w


def test_training_learns_a_straight_boundary():
    x = np.array([[0.1, 0.2, 0.3, 0.7, 0.8, 0.9], [0.5, 0.1, 0.9, 0.2, 0.8, 0.4]])
    label = (x[0] > 0.5).astype(int)
    run = voronet.train(x, voronet.one_hot(label), optimiser=Adam(0.05), max_steps=2000)
    p_blue = voronet.decision(run.net, run.w, x)
    assert ((p_blue > 0.5) == label).all(), p_blue
    assert run.loss[-1] < 0.01 < run.loss[0]


# --8<-- [start:resume]
@pytest.mark.parametrize("optimiser", [Adam(0.02), GradientDescent(0.5)])
@pytest.mark.parametrize("first", [0, 1, 100, 137, 200, 299])
@pytest.mark.parametrize("seed", [4, [4, 5, 6]])
def test_a_resumed_run_equals_one_that_never_stopped(optimiser, first, seed):
    x, y = problem()
    options = {"net": SMALL, "optimiser": optimiser, "seed": seed, "record_every": 50}
    straight = voronet.train(x, y, max_steps=300, **options)
    part = voronet.train(x, y, max_steps=first, **options)
    assert part.steps[-1] == first
    same_run(voronet.train(resume=part, max_steps=300), straight)


# --8<-- [end:resume]


def test_resuming_in_the_middle_of_everything(tmp_path):
    # Stop three times, once through a file and once by Ctrl-C.
    x, y = problem()
    options = {"net": SMALL, "seed": 9, "record_every": 30}
    straight = voronet.train(x, y, max_steps=500, **options)
    run = voronet.train(x, y, max_steps=47, **options)
    run.save(tmp_path / "run.npz")

    def stop(step, loss, norm):  # noqa: ARG001
        if step >= 210:
            raise KeyboardInterrupt

    run = voronet.load(tmp_path / "run.npz")
    run = voronet.train(resume=run, max_steps=500, progress=stop)
    assert (run.stopped, run.steps[-1]) == ("interrupted", 210)
    run = voronet.train(resume=run, max_steps=211)
    same_run(voronet.train(resume=run, max_steps=500), straight)


def test_resuming_with_nothing_left_to_do_gives_the_same_run():
    x, y = problem()
    for seed in (1, [1, 2]):
        run = voronet.train(x, y, net=SMALL, seed=seed, max_steps=60, record_every=25)
        for max_steps in (60, 0):
            same_run(voronet.train(resume=run, max_steps=max_steps), run)
        done = voronet.train(x, y, net=SMALL, seed=seed, tol=10, record_every=25)
        assert set(np.atleast_1d(done.stopped)) == {"converged"}
        same_run(voronet.train(resume=done, tol=10, max_steps=99), done)


def test_a_smaller_tolerance_goes_on_with_a_converged_run():
    x, y = problem()
    straight = voronet.train(x, y, net=SMALL, tol=0, max_steps=80)
    run = voronet.train(x, y, net=SMALL, tol=straight.gradient_norm[0] + 1)
    assert (run.stopped, run.steps[-1]) == ("converged", 0)
    same_run(voronet.train(resume=run, tol=0, max_steps=80), straight)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", problem()[0]),
        ("y", problem()[1]),
        ("net", SMALL),
        ("optimiser", Adam()),
        ("seed", 1),
        ("seed", [0]),
        ("scale", 1.0),
        ("rule", voronet.VoronoiRule([[0.1], [0.1]], [[0.9], [0.9]])),
        ("record_every", 50),
    ],
)
def test_what_a_run_fixes_cannot_be_given_again(name, value):
    run = voronet.train(*problem(), net=SMALL, max_steps=2)
    with pytest.raises(ValueError, match=f"^{name}: .* given with resume"):
        voronet.train(resume=run, **{name: value})


@pytest.mark.parametrize("given", ["x", "y"])
def test_both_samples_are_needed(given):
    missing = {"x": "y", "y": "x"}[given]
    with pytest.raises(ValueError, match=f"^{missing}: None given; allowed: "):
        voronet.train(**{given: np.ones((2, 3))})


# --8<-- [start:restarts]
def test_restarts_stop_one_by_one_and_equal_single_runs():
    # Choose a tolerance that the networks reach at different steps.
    x, y = problem()
    options = {"net": SMALL, "optimiser": Adam(0.1), "tol": 0.003}
    options |= {"max_steps": 120, "record_every": 20}
    run = voronet.train(x, y, seed=range(8), **options)
    single = [voronet.train(x, y, seed=seed, **options) for seed in range(8)]
    ends = [int(one.steps[-1]) for one in single]
    assert len(set(ends)) > 3, f"the ends {ends} are too much alike: choose anew"
    assert {one.stopped for one in single} == {"converged", "max_steps"}
    assert run.steps[-1] == max(ends)
    for r, one in enumerate(single):
        same_bits(run.w[r], one.w, what=f"w of restart {r}")
        assert run.stopped[r] == one.stopped
        for frame, step in enumerate(run.steps):
            # Before its end it is as when alone, and then it rests.
            now = np.flatnonzero(one.steps <= min(step, ends[r]))[-1]
            if step >= ends[r] or step % 20 == 0:
                for name in ("loss", "gradient_norm", "snapshots"):
                    together, alone = getattr(run, name), getattr(one, name)
                    what = f"{name} of restart {r} at step {step}"
                    same_bits(together[frame, r], alone[now], what=what)


# --8<-- [end:restarts]


def test_restarts_with_points_of_their_own():
    x, y = (np.stack(part) for part in zip(problem(), problem(seed=4), strict=True))
    options = {"net": SMALL, "max_steps": 30}
    run = voronet.train(x, y, seed=[7, 8], **options)
    shared = voronet.train(x, y[0], seed=[7, 8], **options)
    for r, seed in enumerate((7, 8)):
        alone = voronet.train(x[r], y[r], seed=seed, **options)
        same_bits(run.snapshots[:, r], alone.snapshots)
        alone = voronet.train(x[r], y[0], seed=seed, **options)
        same_bits(shared.snapshots[:, r], alone.snapshots)


def test_resumed_restarts_leave_those_that_converged():
    x, y = problem()
    options = {"net": SMALL, "optimiser": Adam(0.1), "tol": 0.003, "record_every": 20}
    straight = voronet.train(x, y, seed=range(8), max_steps=150, **options)
    part = voronet.train(x, y, seed=range(8), max_steps=95, **options)
    assert 0 < (part.stopped == "converged").sum() < 8, part.stopped
    same_run(voronet.train(resume=part, tol=0.003, max_steps=150), straight)


@pytest.mark.parametrize("own", [False, True])
def test_restarts_that_converged_rest_though_they_could_go_on(own):
    seeds = range(7, -1, -1)
    x, y = problem()
    if own:
        each = [problem(seed=seed) for seed in seeds]
        x, y = (np.stack(part) for part in zip(*each, strict=True))
    options = {"net": SMALL, "optimiser": Adam(0.1), "record_every": 20}
    part = voronet.train(x, y, seed=seeds, tol=0.003, max_steps=95, **options)
    rest = part.stopped == "converged"
    assert rest.argmax() < (~rest).nonzero()[0][-1], "all that rest are the last"
    # No gradient is below this tolerance: only their name holds them.
    end = voronet.train(resume=part, tol=0, max_steps=150)
    assert end.stopped[rest].tolist() == ["converged"] * rest.sum()
    same_bits(end.w[rest], part.w[rest], what="w of those that converged")
    free = voronet.train(x, y, seed=seeds, tol=0, max_steps=150, **options)
    same_bits(end.w[~rest], free.w[~rest], what="w of those that go on")
    assert (end.w[~rest] != part.w[~rest]).any(axis=-1).all()


@pytest.mark.parametrize("R", [None, 2])
def test_what_diverged_rests_though_it_could_go_on(R):
    # Call a calm run diverged, or the first of two.
    calm, _ = about_to_diverge(R)
    name = "diverged" if R is None else np.array(["diverged", "max_steps"])
    end = voronet.train(resume=replace(calm, stopped=name), max_steps=20)
    assert np.array_equal(end.stopped, name)
    if R is None:
        same_run(replace(end, stopped="max_steps"), calm)
    else:
        same_bits(end.w[0], calm.w[0], what="w of the one that diverged")
        free = voronet.train(resume=calm, max_steps=20)
        same_bits(end.w[1], free.w[1], what="w of its neighbour")


@pytest.mark.parametrize("R", [1, 3])
def test_a_sequence_of_one_seed_keeps_the_axis(R):
    x, y = problem()
    run = voronet.train(x, y, net=SMALL, seed=list(range(R)), max_steps=4)
    assert run.w.shape == (R, SMALL.size)
    assert run.loss.shape == (2, R)
    assert run.stopped.shape == (R,)


@pytest.mark.parametrize("seed", [6, [6, 7]])
def test_the_scale_multiplies_the_start(seed):
    x, y = problem()
    start = voronet.train(x, y, net=SMALL, seed=seed, max_steps=0).w
    for scale in (0.25, 2.0):
        run = voronet.train(x, y, net=SMALL, seed=seed, scale=scale, max_steps=0)
        same_bits(run.w, scale / 0.5 * start, what=f"the start at scale {scale}")


def test_seeds_of_every_form_give_the_same_start():
    x, y = problem()

    def starts(seed):
        return voronet.train(x, y, net=SMALL, seed=seed, max_steps=0).w

    expected = [SMALL.initial_parameters(np.random.default_rng(s)) for s in (6, 7)]
    same_bits(starts(6), expected[0])
    same_bits(starts(np.int64(6)), expected[0])
    same_bits(starts(np.random.default_rng(6)), expected[0])
    for several in (
        [6, 7],
        (6, 7),
        range(6, 8),
        np.array([6, 7]),
        [np.random.default_rng(6), 7],
    ):
        same_bits(starts(several), np.stack(expected), what=f"w for {several!r}")
    # An integer of many digits is a seed like any other.
    for large in (300, 2**127, 2**128):
        rng = np.random.default_rng(large)
        same_bits(starts(large), SMALL.initial_parameters(rng), what=f"w of {large}")
    # A generator moves on: the second start differs from the first.
    rng = np.random.default_rng(6)
    same_bits(starts([rng, rng])[0], expected[0])
    assert (starts(rng) != expected[0]).all()


# --8<-- [start:progress]
@pytest.mark.parametrize("seed", [0, [0, 1]])
def test_progress_hears_every_record(seed):
    x, y = problem()
    heard = []
    run = voronet.train(
        x,
        y,
        net=SMALL,
        seed=seed,
        max_steps=25,
        record_every=10,
        progress=lambda *record: heard.append(record),
    )
    assert [step for step, _, _ in heard] == run.steps.tolist() == [0, 10, 20, 25]
    assert all(type(step) is int for step, _, _ in heard)
    for frame, (_, loss, norm) in enumerate(heard):
        same_bits(np.float64(loss), run.loss[frame])
        same_bits(np.float64(norm), run.gradient_norm[frame])
    assert isinstance(heard[0][1], float if seed == 0 else np.ndarray)


# --8<-- [end:progress]


def test_what_progress_does_to_its_arrays_is_its_own_affair():
    def spoil(step, loss, norm):  # noqa: ARG001
        loss[:], norm[:] = -1.0, -1.0

    options = {"net": SMALL, "seed": [0, 1], "max_steps": 25, "record_every": 10}
    run = voronet.train(*problem(), progress=spoil, **options)
    same_run(run, voronet.train(*problem(), **options))


def test_an_error_in_progress_is_not_hidden():
    def fail(step, loss, norm):  # noqa: ARG001
        raise ZeroDivisionError(f"at step {step}")

    with pytest.raises(ZeroDivisionError, match="at step 0"):
        voronet.train(*problem(), net=SMALL, progress=fail)


def test_a_run_keeps_samples_of_its_own():
    x, y = problem()
    kept = x.copy(), y.copy()
    run = voronet.train(x, y, net=SMALL, max_steps=1)
    x[:], y[:] = 0.5, 0.5
    same_bits(run.x, kept[0])
    same_bits(run.y, kept[1])


def test_the_frames_do_not_share_memory():
    run = voronet.train(*problem(), net=SMALL, max_steps=5, record_every=1)
    assert len({snapshot.tobytes() for snapshot in run.snapshots}) == 6


def test_defaults_are_those_of_the_original_script():
    import inspect

    default = {
        name: parameter.default
        for name, parameter in inspect.signature(voronet.train).parameters.items()
    }
    assert default["tol"] == 1e-7
    assert default["max_steps"] == 100_000
    assert default["record_every"] == 100
    run = voronet.train(*problem(), max_steps=1)
    assert run.net == Network((2, 2, 8, 2))
    assert run.optimiser == Adam(1e-3, 0.9, 0.999, 1e-8)
    assert run.rule is None


@pytest.mark.parametrize("seed", [0, [0, 1]])
def test_a_progress_that_raises_ctrl_c_ends_the_run(seed):
    def stop(step, loss, norm):  # noqa: ARG001
        if step == 20:
            raise KeyboardInterrupt

    options = {"net": SMALL, "seed": seed, "record_every": 10}
    run = voronet.train(*problem(), progress=stop, **options)
    assert np.array_equal(run.stopped, np.full(np.shape(seed), "interrupted"))
    assert run.steps.tolist() == [0, 10, 20]
    straight = voronet.train(*problem(), max_steps=20, **options)
    same_bits(run.snapshots, straight.snapshots)
    # Resumed and interrupted again, it says so again.
    straight = voronet.train(resume=straight, max_steps=40)
    again = voronet.train(
        resume=voronet.train(*problem(), max_steps=10, **options),
        max_steps=40,
        progress=stop,
    )
    assert np.array_equal(again.stopped, np.full(np.shape(seed), "interrupted"))
    same_run(voronet.train(resume=again, max_steps=40), straight)


def test_ctrl_c_finishes_the_step_in_hand():
    before = signal.getsignal(signal.SIGINT)
    calls = []

    def press(step, loss, norm):  # noqa: ARG001
        calls.append(step)
        if step == 20:
            signal.raise_signal(signal.SIGINT)

    run = voronet.train(*problem(), net=SMALL, record_every=10, progress=press)
    assert run.stopped == "interrupted"
    # It stops at the next look, and records that step.
    assert run.steps.tolist() == calls == [0, 10, 20, 21]
    straight = voronet.train(*problem(), net=SMALL, record_every=10, max_steps=21)
    same_run(replace(run, stopped="max_steps"), straight)
    assert signal.getsignal(signal.SIGINT) is before, "the handler is not put back"


def test_ctrl_c_before_there_is_anything_to_return(monkeypatch):
    def press(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["voronet.train"], "descend", press)
    with pytest.raises(KeyboardInterrupt):
        voronet.train(*problem(), net=SMALL)


def test_a_second_ctrl_c_does_not_wait():
    def press_twice(step, loss, norm):  # noqa: ARG001
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    run = voronet.train(*problem(), net=SMALL, progress=press_twice)
    assert (run.stopped, run.steps.tolist()) == ("interrupted", [0])
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_of_the_callers_own_is_left_alone():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append("SIGINT"))
    try:
        run = voronet.train(
            *problem(),
            net=SMALL,
            max_steps=5,
            record_every=5,
            progress=lambda *_: signal.raise_signal(signal.SIGINT),
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == ["SIGINT"] * 2
    assert run.stopped == "max_steps"


@pytest.mark.system
def test_training_works_beside_the_main_thread():
    runs = []
    thread = threading.Thread(
        target=lambda: runs.append(voronet.train(*problem(), net=SMALL, max_steps=9))
    )
    thread.start()
    thread.join()
    same_run(runs[0], voronet.train(*problem(), net=SMALL, max_steps=9))


@pytest.mark.system
def test_a_real_ctrl_c_in_another_process(tmp_path):
    # Start a run that would take for ever, and press Ctrl-C once it has begun.
    program = textwrap.dedent("""
        import sys, voronet
        x, y = [[0.1, 0.9, 0.4], [0.2, 0.8, 0.7]], voronet.one_hot([0, 1, 1])
        run = voronet.train(x, y, seed=2, tol=0, max_steps=10**15, record_every=50,
                            progress=lambda step, loss, norm: print(step, flush=True))
        run.save(sys.argv[1])
        print(run.stopped, flush=True)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "run.npz")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(voronet.__file__).parents[1],
    )
    with process:
        while int(process.stdout.readline()) < 200:
            pass
        process.send_signal(signal.SIGINT)
        last = process.stdout.read().split()[-1]
    assert process.returncode == 0
    assert last == "interrupted"
    run = voronet.load(tmp_path / "run.npz")
    assert run.steps[-1] >= 200
    # What it has is what an undisturbed run of that many steps has.
    x, y = [[0.1, 0.9, 0.4], [0.2, 0.8, 0.7]], voronet.one_hot([0, 1, 1])
    straight = voronet.train(
        x, y, seed=2, tol=0, max_steps=int(run.steps[-1]), record_every=50
    )
    same_run(replace(run, stopped="max_steps"), straight)


def about_to_diverge(R=None, steps=10):
    """Build a run whose next gradient has squares that overflow; and a calm one.

    All units answer one half, since W_1 = 0 and the two weights of 1e106 cancel; the
    gradient of W_1 is about 1e106 times 1e50 (the point) times the error, 1/2, over 16.
    """
    x, y = problem()
    seed = 0
    if R is not None:
        x, y, seed = np.stack([x] * R), np.stack([y] * R), list(range(R))
    calm = voronet.train(x, y, net=SMALL, seed=seed, max_steps=steps, record_every=5)
    x, y, snapshots = calm.x.copy(), calm.y.copy(), calm.snapshots.copy()
    one = ... if R is None else 0
    x[one], y[one], snapshots[-1][one] = 1e50, 0.0, 0.0
    weights, _ = SMALL.unpack(snapshots[-1])
    weights[1][one][..., 0, :2] = [1e106, -1e106]
    return calm, replace(calm, x=x, y=y, snapshots=snapshots)


def test_a_run_that_diverges_stops_with_what_is_known():
    _, run = about_to_diverge()
    end = voronet.train(resume=run, max_steps=20)
    assert end.stopped == "diverged"
    same_run(replace(end, stopped="max_steps"), run)
    # There is nothing to go on with.
    same_run(voronet.train(resume=end, max_steps=30), end)


@pytest.mark.parametrize("R", [None, 2])
@pytest.mark.parametrize("steps", [0, 1, 4, 5])
def test_divergence_between_records_keeps_what_is_known(steps, R):
    # The first entry of the gradient is finite, its square is not.
    _, run = about_to_diverge(R, steps)
    end = voronet.train(resume=run, max_steps=20)
    assert np.ravel(end.stopped)[0] == "diverged"
    one = ... if R is None else 0
    for name in ("loss", "gradient_norm", "snapshots"):
        parts = getattr(end, name)[-1][one], getattr(run, name)[-1][one]
        same_bits(*parts, what=name)
    for name in ("m", "v"):
        parts = getattr(end.state, name)[one], getattr(run.state, name)[one]
        same_bits(*parts, what=name)


@pytest.mark.parametrize("optimiser", [Adam(0.1), GradientDescent(0.1)])
def test_a_run_that_diverges_does_so_in_silence(optimiser):
    # Points of both signs add plus and minus infinity; a warning would be an error.
    _, run = about_to_diverge()
    x, snapshots = run.x.copy(), run.snapshots.copy()
    x[:, ::2] *= -1
    SMALL.unpack(snapshots[-1])[0][1][0, :2] = [1e300, -1e300]
    state = run.state if isinstance(optimiser, Adam) else voronet.DescentState(10)
    run = replace(run, x=x, snapshots=snapshots, optimiser=optimiser, state=state)
    assert voronet.train(resume=run, max_steps=20).stopped == "diverged"


def test_an_infinite_gradient_stops_a_run_at_once():
    # No record is due at step 1, but the first entry of the gradient shows it.
    _, run = about_to_diverge(steps=1)
    snapshots = run.snapshots.copy()
    SMALL.unpack(snapshots[-1])[0][1][0, :2] = [1e300, -1e300]
    end = voronet.train(resume=replace(run, snapshots=snapshots), max_steps=20)
    assert (end.stopped, end.steps.tolist()) == ("diverged", [0, 1])


def test_one_network_diverges_and_the_others_go_on():
    calm, run = about_to_diverge(R=3)
    end = voronet.train(resume=run, max_steps=20)
    assert end.stopped.tolist() == ["diverged", "max_steps", "max_steps"]
    assert np.isfinite(end.loss).all()
    assert end.steps.tolist() == [0, 5, 10, 15, 20]
    same_bits(end.snapshots[3:, 0], run.snapshots[[-1, -1], 0])
    expected = voronet.train(resume=calm, max_steps=20)
    same_bits(end.snapshots[:, 1:], expected.snapshots[:, 1:])
    same_bits(end.loss[:, 1:], expected.loss[:, 1:])


@pytest.mark.parametrize(
    ("x", "y", "seed", "name"),
    [
        (np.ones((2, 2, 3)), np.ones((2, 3)), 0, "x"),
        (np.ones((2, 2, 3)), np.ones((2, 3)), [0], "x"),
        (np.ones((2, 3)), np.ones((2, 2, 3)), [0, 1], "y"),
        (np.ones((2, 2, 3)), np.ones((3, 2, 3)), [0, 1], "y"),
        (np.ones((2, 3)), np.ones((2, 4)), 0, "y"),
        (np.ones((2, 3)), np.ones((2, 1)), 0, "y"),
    ],
)
def test_samples_must_fit_the_seeds_and_each_other(x, y, seed, name):
    with pytest.raises(ValueError, match=rf"^{name}: .* given.*; allowed: "):
        voronet.train(x, y, net=SMALL, seed=seed)
