"""Many problems at once: the same numbers whatever trains them, and nothing is lost."""

import dataclasses
import inspect
import os
import signal
import subprocess
import sys
from concurrent.futures import (
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from dataclasses import fields
from io import StringIO
from multiprocessing import get_context

import numpy as np
import pytest

import voronet
import voronet.show
from tests.agree import same_bits
from voronet import Adam, GradientDescent, Network, Study

# Some of these converge, at different steps, and some do not.
SEEDS = [3, 0, 41, 7, 12, 5, 2, 9, 30, 8]
OPTIONS = {"n": 12, "optimiser": Adam(0.05), "tol": 0.001, "max_steps": 150}


def same_study(received, expected):
    """Assert that two studies are equal in every part, to the last bit."""
    for field in fields(Study):
        one, other = getattr(received, field.name), getattr(expected, field.name)
        if field.name == "stopped":
            assert one.tolist() == other.tolist()
        else:
            same_bits(one, other, what=field.name)


def alone(seed, n=50, **options):
    """Train one problem by itself, from the public functions."""
    rng = np.random.default_rng(seed)
    rule = voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(n, rng)
    return voronet.train(x, voronet.one_hot(rule.label(x)), seed=rng, **options)


@pytest.fixture(scope="module")
def expected():
    return voronet.study(SEEDS, **OPTIONS)


# --8<-- [start:alone]
def test_a_row_equals_its_run_alone(expected):
    assert set(expected.stopped) == {"converged", "max_steps"}
    for row, seed in enumerate(SEEDS):
        run = alone(seed, **OPTIONS)
        same_bits(expected.loss[row], run.loss[-1], what=f"loss of seed {seed}")
        norm = run.gradient_norm[-1]
        same_bits(expected.gradient_norm[row], norm, what=f"norm of seed {seed}")
        same_bits(expected.w[row], run.w, what=f"w of seed {seed}")
        assert expected.stopped[row] == run.stopped
        # Count the colours that are right, one point at a time.
        right = 0
        for i in range(12):
            point = run.x[:, i : i + 1]
            blue = voronet.decision(run.net, run.w, point)[0] > 1 / 2
            right += blue == bool(run.y[1, i])
        assert expected.accuracy[row] == right / 12


# --8<-- [end:alone]


def test_the_defaults_are_those_of_the_contract():
    default = {
        name: parameter.default
        for name, parameter in inspect.signature(voronet.study).parameters.items()
        if parameter.default is not None
    }
    assert default == {
        **{"seeds": inspect.Parameter.empty, "n": 50, "scale": 0.5, "tol": 1e-7},
        **{"max_steps": 25_000, "batch": 64},
    }
    ended = voronet.study([4], max_steps=3)
    assert ended.w.shape == (1, Network().size)
    same_bits(ended.w[0], alone(4, n=50, max_steps=3).w)


def test_an_undecided_network_calls_every_point_green():
    # With w = 0 both outputs are one half: green, as a tie of the rule is.
    ended = voronet.study([1, 2, 3], n=20, scale=0, max_steps=0)
    for row, seed in enumerate((1, 2, 3)):
        green = int(alone(seed, n=20, max_steps=0).y[0].sum())
        assert 0 < green < 20, f"seed {seed} has one colour: choose anew"
        assert ended.accuracy[row] == green / 20, f"accuracy of seed {seed}"


@pytest.mark.parametrize("batch", [1, 3, 10, 1000])
def test_the_size_of_a_batch_changes_no_bit(batch, expected):
    same_study(voronet.study(SEEDS, **OPTIONS, batch=batch), expected)


def test_the_order_of_the_seeds_is_the_order_of_the_rows(expected):
    back = voronet.study(SEEDS[::-1], **OPTIONS, batch=4)
    same_bits(back.w[::-1], expected.w)
    assert back.seeds.tolist() == SEEDS[::-1]
    twice = voronet.study([7, 7], **OPTIONS)
    same_bits(twice.w[0], twice.w[1])
    same_bits(twice.w[0], expected.w[SEEDS.index(7)])


@pytest.mark.parametrize("kind", [list, iter, np.array, tuple])
def test_seeds_come_from_any_iterable(kind):
    ended = voronet.study(kind([0, 1, 2]), n=4, max_steps=1)
    assert ended.seeds.tolist() == [0, 1, 2]
    assert voronet.study(range(3), n=4, max_steps=1).seeds.tolist() == [0, 1, 2]


def test_scale_and_method_reach_the_training():
    options = {"optimiser": GradientDescent(0.5), "scale": 2.0, "max_steps": 5}
    options |= {"net": Network((2, 3, 2)), "tol": 0.0}
    ended = voronet.study([1, 2], n=9, **options)
    same_bits(ended.w[1], alone(2, n=9, **options).w)


def test_progress_is_told_after_each_batch():
    told = []
    note = lambda done, total: told.append((done, total))  # noqa: E731
    voronet.study(range(7), n=4, max_steps=1, batch=3, progress=note)
    assert told == [(3, 7), (6, 7), (7, 7)]


class Backwards(Executor):
    """Run the latest call first, in this process."""

    def __init__(self):
        self.calls = []

    def submit(self, call, *args):
        future = Future()
        self.calls.append((future, call, args))
        if len(self.calls) == 4:
            for one, call, args in self.calls[::-1]:
                one.set_result(call(*args))
        return future


@pytest.mark.system
def test_executors_change_no_bit(expected):
    same_study(voronet.study(SEEDS, **OPTIONS, batch=3, executor=Backwards()), expected)
    with ThreadPoolExecutor(3) as executor:
        ended = voronet.study(SEEDS, **OPTIONS, batch=2, executor=executor)
    same_study(ended, expected)


@pytest.mark.system
def test_a_process_pool_changes_no_bit(expected):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        ended = voronet.study(SEEDS, **OPTIONS, batch=3, executor=executor)
    same_study(ended, expected)


@pytest.mark.slow
def test_a_cluster_changes_no_bit(expected):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            processes=True,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        ended = voronet.study(SEEDS, **OPTIONS, batch=3, executor=executor)
        same_study(ended, expected)


class Mortal(Executor):
    """Fail as a pool does: some calls die, and at last it takes no more."""

    def __init__(self, fatal, full=99):
        self.fatal, self.full, self.count = fatal, full, 0

    def submit(self, call, *args):
        self.count += 1
        if self.count > self.full:
            raise RuntimeError("the pool is broken")
        future = Future()
        if self.count in self.fatal:
            future.set_exception(MemoryError("no room"))
        else:
            future.set_result(call(*args))
        return future


def same_where(rows, received, expected):
    """Assert that some rows agree, to the last bit."""
    for name in ("loss", "gradient_norm", "accuracy", "w"):
        same_bits(getattr(received, name)[rows], getattr(expected, name)[rows], name)


def test_what_a_broken_pool_loses_is_trained_once_more(expected):
    told = []
    ended = voronet.study(
        SEEDS,
        **OPTIONS,
        batch=3,
        executor=Mortal(fatal=[2], full=3),
        progress=lambda *now: told.append(now),
    )
    same_study(ended, expected)
    assert told == [(3, 10), (6, 10), (9, 10), (10, 10)]


def test_a_worker_that_dies_again_is_reported_by_its_seeds(expected):
    told = []
    with pytest.warns(RuntimeWarning, match="^lost: seeds ") as warned:
        ended = voronet.study(
            SEEDS,
            **OPTIONS,
            batch=3,
            executor=Mortal(fatal=[2, 5]),
            progress=lambda *now: told.append(now),
        )
    assert [str(warning.message) for warning in warned] == [
        "lost: seeds 7, 12, 5 (MemoryError: no room)"
    ]
    gone = ended.stopped == "lost"
    assert ended.seeds[gone].tolist() == [7, 12, 5]
    same_where(~gone, ended, expected)
    assert np.isnan(ended.loss[gone]).all()
    assert np.isnan(ended.w[gone]).all()
    # The lost ones come last; the batches before, in any order.
    assert told[-2:] == [(7, 10), (10, 10)]
    # Train the lost ones again, and join the two.
    again = voronet.study(ended.seeds[gone], **OPTIONS)
    ended.loss[gone] = again.loss
    same_bits(ended.loss, expected.loss)


def test_the_warning_of_a_broken_pool_points_at_the_caller():
    with pytest.warns(RuntimeWarning, match=r"^lost: seeds 1 ") as warned:
        voronet.study([1], n=4, max_steps=1, executor=Mortal(fatal=[1, 2]))
    assert warned[0].filename == __file__


class Broken(Adam):
    """An optimiser whose step fails."""

    def step(self, *_):
        raise TypeError("a mistake of ours")


class Greedy(Adam):
    """An optimiser for which no machine has room."""

    def step(self, *_):
        raise MemoryError("no room")


class Empty(Executor):
    """An executor that takes calls, and gives nothing."""

    def submit(self, *_):
        return None


@pytest.mark.system
def test_a_mistake_in_the_training_is_no_loss_of_a_worker():
    with (
        ThreadPoolExecutor(2) as executor,
        pytest.raises(TypeError, match="a mistake of ours"),
    ):
        voronet.study(range(4), n=3, optimiser=Broken(), batch=2, executor=executor)


class Sealed(Adam):
    """An optimiser that cannot be sent to another process."""

    def __reduce__(self):
        raise TypeError("cannot pickle this")


@pytest.mark.system
def test_an_optimiser_that_cannot_be_sent_is_no_loss_of_a_worker():
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor,
        pytest.raises(TypeError, match="cannot pickle this"),
    ):
        voronet.study(range(2), n=3, optimiser=Sealed(), executor=executor)


@pytest.mark.system
def test_a_worker_without_memory_loses_its_seeds():
    with (
        ThreadPoolExecutor(2) as executor,
        pytest.warns(RuntimeWarning, match=r"^lost: seeds 0, 1 \(MemoryError: no room"),
    ):
        ended = voronet.study(range(2), n=3, optimiser=Greedy(), executor=executor)
    assert ended.stopped.tolist() == ["lost"] * 2


def test_an_executor_that_returns_no_future_is_refused():
    with pytest.raises(ValueError, match=r"^executor: .* whose submit returned None; "):
        voronet.study([1], n=3, executor=Empty())


def test_a_rate_too_large_makes_rows_that_say_so():
    ended = voronet.study(range(3), n=5, optimiser=Adam(1e50), max_steps=20, tol=0)
    assert ended.stopped.tolist() == ["diverged"] * 3
    assert np.isfinite(ended.loss).all()


def test_an_executor_that_takes_nothing_is_an_error():
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(RuntimeError, match="shutdown"):
        voronet.study([1], n=4, max_steps=1, executor=executor)


@pytest.mark.system
def test_a_killed_process_loses_no_seed():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:

        def kill(done, _):
            # Kill the worker once the first batch has come back.
            if done == 2:
                (worker,) = executor._processes.values()
                os.kill(worker.pid, signal.SIGKILL)

        options = {"n": 4, "tol": 0, "max_steps": 4_000}
        ended = voronet.study(
            range(6), **options, batch=2, executor=executor, progress=kill
        )
    # The rest was trained in this process.
    same_study(ended, voronet.study(range(6), **options))


@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_is_survived(expected):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        killed = []

        def kill(*_):
            if not killed:
                killed.append(next(iter(cluster.workers.values())).process.pid)
                os.kill(killed[0], signal.SIGKILL)

        options = {"executor": client.get_executor(), "progress": kill}
        ended = voronet.study(SEEDS, **OPTIONS, batch=1, **options)
        assert killed
        same_study(ended, expected)


def test_ctrl_c_keeps_what_is_done(expected):
    # It comes between two batches, where Python itself raises.
    def interrupt(done, _):
        if done == 3:
            signal.raise_signal(signal.SIGINT)

    ended = voronet.study(SEEDS, **OPTIONS, batch=3, progress=interrupt)
    assert ended.stopped[3:].tolist() == ["interrupted"] * 7
    assert np.isnan(ended.w[3:]).all()
    same_where(slice(0, 3), ended, expected)


class FirstOnly(Executor):
    """Run the first call and leave the others in the queue."""

    def __init__(self):
        self.futures = []

    def submit(self, call, *args):
        self.futures.append(Future())
        if len(self.futures) == 1:
            self.futures[0].set_result(call(*args))
        return self.futures[-1]


def test_ctrl_c_calls_off_what_has_not_begun(expected):
    executor = FirstOnly()

    def interrupt(*_):
        raise KeyboardInterrupt

    options = {"batch": 4, "executor": executor, "progress": interrupt}
    ended = voronet.study(SEEDS, **OPTIONS, **options)
    same_where(slice(0, 4), ended, expected)
    assert ended.stopped[4:].tolist() == ["interrupted"] * 6
    assert [future.cancelled() for future in executor.futures] == [False, True, True]


def test_ctrl_c_within_a_batch_leaves_out_what_it_cuts_short(monkeypatch):
    # Ask train to stop at step 30: some networks of the batch converged before.
    module = sys.modules["voronet.study"]
    train, calls = module.train, []

    def interrupted(*args, **options):
        calls.append(1)

        def progress(step, *_):
            if step == 30:
                signal.raise_signal(signal.SIGINT)

        options |= {"record_every": 30, "progress": progress}
        return train(*args, **options)

    monkeypatch.setattr(module, "train", interrupted)
    ended = voronet.study(SEEDS, **OPTIONS | {"tol": 0.01}, batch=5)
    assert calls == [1], "the second batch was begun after Ctrl-C"
    done = ended.stopped[:5] == "converged"
    assert 0 < done.sum() < 5, f"{ended.stopped}: choose the tolerance anew"
    assert set(ended.stopped[:5][~done]) == {"interrupted"}
    assert np.isfinite(ended.loss[:5][done]).all()
    assert np.isnan(ended.loss[:5][~done]).all()
    assert np.isnan(ended.loss[5:]).all()


PROGRAM = """
import sys, voronet
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        ended = voronet.study(
            range(8), n=4, tol=0, max_steps=4_000, batch=2, executor=executor,
            progress=lambda done, total: print("done", done, flush=True),
        )
    print(" ".join(ended.stopped), flush=True)
"""


@pytest.mark.system
def test_ctrl_c_ends_a_pool_and_keeps_what_is_done(tmp_path):
    # A terminal sends the signal to the program and to its workers alike.
    (tmp_path / "program.py").write_text(PROGRAM)
    with subprocess.Popen(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    ) as program:
        assert program.stdout.readline() == "done 2\n"
        os.killpg(program.pid, signal.SIGINT)
        rest = program.stdout.read().splitlines()
    ends = rest[-1].split()
    assert ends[:2] == ["max_steps", "max_steps"]
    assert ends[-1] == "interrupted"
    assert program.returncode == 0


@pytest.mark.parametrize("end", ["lost", "interrupted"])
def test_what_did_not_end_has_no_numbers(end):
    parts = {
        f.name: getattr(voronet.study([0, 1], n=4, max_steps=1), f.name)
        for f in fields(Study)
    }
    parts["stopped"] = np.array(["max_steps", end])
    for name in ("loss", "gradient_norm", "accuracy", "w"):
        with pytest.raises(ValueError, match=f"^{name}: .* given where .* NaN$"):
            Study(**parts)
        parts[name] = parts[name].copy()
        parts[name][1] = np.nan
    assert repr(Study(**parts)) == f"Study(2 seeds: 1 max_steps, 1 {end})"


def test_a_study_keeps_its_seeds_as_an_array():
    ended = voronet.study(range(2), n=4, max_steps=1)
    seeds = dataclasses.replace(ended, seeds=[0, 1]).seeds
    assert isinstance(seeds, np.ndarray), f"seeds are a {type(seeds).__name__}"
    same_bits(seeds, np.array([0, 1], dtype=np.int64), what="seeds")


def test_a_study_shows_its_counts():
    ended = voronet.study(range(3), n=4, max_steps=1)
    assert repr(ended) == "Study(3 seeds: 3 max_steps)"


def test_a_bar_counts_the_seeds(monkeypatch):
    tqdm = pytest.importorskip("tqdm")
    drawn = []

    class Bar(tqdm.tqdm):
        """Draw also where there is no terminal, and remember."""

        def __init__(self, **options):
            super().__init__(**options | {"disable": False, "file": StringIO()})
            drawn.append(self)

    monkeypatch.setattr(tqdm, "tqdm", Bar)
    voronet.study(range(5), n=4, max_steps=1, batch=2, progress=voronet.show.bar())
    (bar,) = drawn
    assert (bar.n, bar.total, bar.unit) == (5, 5, "seed")
    assert "5/5" in bar.fp.getvalue()
    assert bar not in tqdm.tqdm._instances, "the bar was not closed"


def test_no_bar_without_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"voronet\.show\.bar"):
        voronet.show.bar()


def test_a_study_with_a_negative_loss_is_refused():
    ended = voronet.study(range(3), n=4, max_steps=1)
    with pytest.raises(ValueError, match=r"loss: -0\.1 given; allowed: numbers >= 0"):
        dataclasses.replace(ended, loss=np.array([0.2, -0.1, 0.3]))
