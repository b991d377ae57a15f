"""Measure how fast voronet trains, beside others, and write a dated record.

Run from the root of the repository, with the dependency group `peers` and the extra
`show` installed, on a machine that does nothing else for some minutes:

    python -m tests.benchmarks.speed

It writes docs/run/recorded/speed.json, from which the page *Speed* is made: every
repetition, with versions, processor and date. Everything runs on one core, in one
thread, in float64.

Why no framework for benchmarks: what is compared has to be *interleaved*. On a shared
machine the clock of the processor and the neighbours change within seconds. A ratio
is fair if both of its numbers come from the same seconds, so each round times every
contender once, each time in another order. pytest-benchmark and asv finish all rounds
of one contender before they begin with the next. For the same reason the clock is that
of the process: it stands still while the core is given to another one.

pytest finds no tests here: nothing is called test_*, since no test is timed.
"""

import hashlib
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from math import ceil
from pathlib import Path

import numpy as np

import voronet
from tests.benchmarks.contenders import CONTENDERS, Problem
from voronet._problem import Problem as Task
from voronet.fast import Prepared

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "docs" / "run" / "recorded" / "speed.json"
COMMAND = "python -m tests.benchmarks.speed"
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")} | {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}
# The code whose speed this is: the page tells whether it has changed since.
CODE = ("adam.py", "fast.py", "network.py", "train.py")

SEED = 0
ROUNDS, FEW_ROUNDS, MANY_ROUNDS = 7, 5, 45
# How long one timing should take at least, and how few steps it may have.
SECONDS, FEWEST = 0.25, 100
SIZES = (100, 500, 2_000, 20_000)
SMALL, LARGE = 10_000, 1_000_000
RESTARTS, COLD_STEPS = 64, 25_000
OVERHEAD_STEPS, MEMORY_STEPS = 10_000, 5


def problem(n, restarts=1):
    """Draw a problem as `voronet.study` does, and the starts of some networks."""
    rng = np.random.default_rng(SEED)
    rule = voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(n, rng)
    seeds = SEED + np.arange(restarts)
    net = voronet.Network()
    w = [net.initial_parameters(np.random.default_rng(seed)) for seed in seeds]
    return Problem(x, voronet.one_hot(rule.label(x)), np.stack(w), seeds)


def children():
    """Return the processor's time that the ended child processes have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def interleaved(timed, rounds, clock=time.process_time):
    """Call each function once in each round, in turning order; list the times."""
    times = [[] for _ in timed]
    for turn in range(rounds):
        for place in range(len(timed)):
            k = (place + turn) % len(timed)
            began = clock()
            timed[k]()
            times[k].append(clock() - began)
    return times


def enough(train):
    """Count the steps that take long enough to be timed."""
    train(FEWEST)
    began = time.process_time()
    train(FEWEST)
    return FEWEST * max(1, ceil(SECONDS / (time.process_time() - began)))


def entry(what, who, n, networks, steps, unit, values):
    """Write one line of the record."""
    median = np.median(values)
    print(f"{what:10}{who:20}n = {n:<10}{median:10.4g} {unit}", file=sys.stderr)
    return {
        "what": what,
        "who": who,
        "n": n,
        "networks": networks,
        "steps": steps,
        "unit": unit,
        "values": [float(f"{value:.5g}") for value in values],
    }


def per_step(what, runs, rounds=ROUNDS):
    """Time runs (who, n, networks, train, steps): µs for each network and step."""
    for *_, train, steps in runs:
        # Once before it counts: JAX compiles for each number of steps.
        train(steps)
    timed = [partial(train, steps) for *_, train, steps in runs]
    for run, times in zip(runs, interleaved(timed, rounds), strict=True):
        who, n, networks, _, steps = run
        values = [1e6 * seconds / steps / networks for seconds in times]
        yield entry(what, who, n, networks, steps, "µs", values)


def agreement(trains, steps=100):
    """Assert that all find the same loss after some steps; return how far apart."""
    losses = np.array([train(steps) for train in trains])
    apart = float(np.abs(losses - losses[0]).max())
    assert apart <= 1e-8, f"losses after {steps} steps: {losses}"
    return apart


def exponentials(data):
    """Compute the exponentials of one step's sigmoids, and nothing else."""
    z, _ = voronet.forward(voronet.Network(), data.w[0], data.x)
    rows = [np.negative(row) for layer in z[1:] for row in layer]
    out = np.empty_like(rows[0])

    def train(steps):
        for _ in range(steps):
            for row in rows:
                np.exp(row, out)

    return train


def one_network(apart):
    """Time one network at each size, and the floor at the largest."""
    for n in SIZES:
        data = problem(n)
        trains = {name: make(data) for name, make in CONTENDERS.items()}
        # scikit-learn has a start and a loss of its own.
        same = [train for name, train in trains.items() if name != "sklearn"]
        apart[f"n = {n}"] = agreement(same)
        if n == SIZES[-1]:
            trains["exponentials"] = exponentials(data)
        runs = [(name, n, 1, train, enough(train)) for name, train in trains.items()]
        yield from per_step("step", runs)


def restarts(apart):
    """Time many networks together on the same points, and one by JAX."""
    n, data = SIZES[0], problem(SIZES[0], RESTARTS)
    alone = Problem(data.x, data.y, data.w[:1], data.seeds[:1])
    trains = {name: CONTENDERS[name](data) for name in ("voronet", "jax")}
    apart[f"{RESTARTS} networks"] = agreement(list(trains.values()))
    runs = [(name, n, RESTARTS, train, enough(train)) for name, train in trains.items()]
    train = CONTENDERS["jax"](alone)
    yield from per_step("restarts", [*runs, ("jax", n, 1, train, enough(train))])


def samples():
    """Time a step at two sizes, far apart."""
    runs = []
    for n in (SMALL, LARGE):
        train = CONTENDERS["voronet"](problem(n))
        runs.append(("voronet", n, 1, train, FEWEST * LARGE // n))
    yield from per_step("samples", runs, FEW_ROUNDS)


def overhead():
    """Time the trainer with records, stopping test and progress bar, and bare steps."""
    from tqdm import tqdm

    data, adam = problem(SIZES[0]), voronet.Adam()
    state, lead = adam.start(data.w), data.w.shape[:-1]
    task = Task(voronet.Network(), adam, data.x, data.y, None, lead)

    def bare():
        job = Prepared(task, data.w, state)
        for _ in range(OVERHEAD_STEPS):
            job.differentiate()
            job.step()

    def whole():
        # The bar of the command `voronet`, drawn into nothing.
        with open(os.devnull, "w") as nothing:
            bar = tqdm(total=OVERHEAD_STEPS, unit=" steps", leave=False, file=nothing)
            voronet.train(
                data.x,
                data.y,
                seed=int(data.seeds[0]),
                max_steps=OVERHEAD_STEPS,
                progress=lambda t, *_: bar.update(t - bar.n),
            )
            bar.close()

    names, times = ("voronet", "bare steps"), interleaved((whole, bare), MANY_ROUNDS)
    for name, seconds in zip(names, times, strict=True):
        values = [1e6 * each / OVERHEAD_STEPS for each in seconds]
        yield entry("overhead", name, SIZES[0], 1, OVERHEAD_STEPS, "µs", values)


def process(module, *arguments):
    """Run a module in a process of its own, and return the number that it prints."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return float(done.stdout)


def processes():
    """Time cold processes, and take the peak of memory of others."""
    n, names = SIZES[0], ("voronet", "torch", "jax")
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.npz", Path(folder) / "large.npz"
        np.savez(small, **vars(problem(n)))
        np.savez(large, **vars(problem(LARGE)))
        timed = [
            partial(process, "contenders", name, small, COLD_STEPS) for name in names
        ]
        times = interleaved(timed, FEW_ROUNDS, children)
        for name, seconds in zip(names, times, strict=True):
            yield entry("cold", name, n, 1, COLD_STEPS, "s", seconds)
        peaks = [process("memory", large, MEMORY_STEPS) for _ in range(FEW_ROUNDS)]
        yield entry("memory", "voronet", LARGE, 1, MEMORY_STEPS, "MB", peaks)


def processor():
    """Name the processor."""
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def kernels():
    """Name the BLAS behind NumPy, and the processor that its kernels are for."""
    from threadpoolctl import threadpool_info

    found = next(each for each in threadpool_info() if "numpy" in each["filepath"])
    return f"{found['internal_api']} {found['version']}, {found['architecture']}"


def digest():
    """Return a digest of the code whose speed is measured."""
    found = hashlib.sha256()
    for name in CODE:
        found.update((ROOT / "voronet" / name).read_bytes())
    return found.hexdigest()


def main():
    """Measure everything, and write the record."""
    # Libraries read these when they are loaded: begin again with them.
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        again = [sys.executable, "-m", "tests.benchmarks.speed"]
        os.execve(sys.executable, again, os.environ | ONE_THREAD)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    began = time.perf_counter()
    apart = {}
    measured = [
        *one_network(apart),
        *restarts(apart),
        *overhead(),
        *samples(),
        *processes(),
    ]
    record = {
        "command": COMMAND,
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": round(time.perf_counter() - began),
        "python": platform.python_version(),
        "versions": {
            name: version(name)
            for name in ("numpy", "torch", "jax", "jaxlib", "scikit-learn", "tqdm")
        },
        "processor": processor(),
        "machine": f"{platform.system()} {platform.machine()}",
        "blas": kernels(),
        "code": digest(),
        "losses apart": apart,
    }
    # A line for each entry, so that a difference can be read.
    lines = [json.dumps(line, ensure_ascii=False) for line in measured]
    head = json.dumps(record, indent=1, ensure_ascii=False).removesuffix("\n}")
    body = ",\n  ".join(lines)
    RECORD.write_text(f'{head},\n "measured": [\n  {body}\n ]\n}}\n', encoding="utf-8")
    print(f"wrote {RECORD.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
