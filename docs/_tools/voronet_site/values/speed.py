"""The values of the page on speed: ratios of the recorded times. Nothing is timed here."""

import hashlib
import json
from datetime import date
from statistics import median

import numpy as np

from voronet_site import DOCS, PACKAGE

RECORD = DOCS / "run" / "recorded" / "speed.json"
record = json.loads(RECORD.read_text(encoding="utf-8"))
measured = record["measured"]
NAMES = {
    "plain": "the plain functions",
    "torch": "PyTorch",
    "jax": "JAX",
    "sklearn": "scikit-learn",
}


def entry(what: str, who: str, n: int, networks: int = 1) -> dict:
    """Find one line of the record."""
    found = [
        line
        for line in measured
        if (line["what"], line["who"], line["n"], line["networks"]) == (what, who, n, networks)
    ]
    if len(found) != 1:
        raise KeyError(f"{what} {who} n = {n}, {networks} networks: {len(found)} lines")
    return found[0]


def times(what: str, who: str, n: int, networks: int = 1) -> np.ndarray:
    """Return the repetitions of one line."""
    return np.array(entry(what, who, n, networks)["values"])


def ratio(what: str, ours: tuple, theirs: tuple) -> np.ndarray:
    """Divide two lines, repetition by repetition: both were timed in the same round."""
    return times(what, *ours) / times(what, *theirs)


sizes = sorted({line["n"] for line in measured if line["what"] == "step"})
small, large = sorted(line["n"] for line in measured if line["what"] == "samples")
networks = max(line["networks"] for line in measured)
rounds = len(times("step", "voronet", sizes[0]))
fewest = min(len(line["values"]) for line in measured)
cold_steps = entry("cold", "voronet", sizes[0])["steps"]

# Our time over theirs for one network, by peer and size.
steps = {who: {n: ratio("step", ("voronet", n), (who, n)) for n in sizes} for who in NAMES}
plain = [median(ratio("step", ("plain", n), ("torch", n))) for n in sizes]
floor = ratio("step", ("voronet", sizes[-1]), ("exponentials", sizes[-1]))
together = ratio("restarts", ("voronet", sizes[0], networks), ("jax", sizes[0], networks))
by_one = ratio("restarts", ("voronet", sizes[0], networks), ("jax", sizes[0]))
cold = {who: ratio("cold", ("voronet", sizes[0]), (who, sizes[0])) for who in ("torch", "jax")}
per_sample = ratio("samples", ("voronet", large), ("voronet", small)) * small / large
overhead = 100 * (ratio("overhead", ("voronet", sizes[0]), ("bare steps", sizes[0])) - 1)
memory = times("memory", "voronet", large)

# What was asked for before the work began: what, the repetitions, and the most allowed.
GOALS = [
    *(
        (f"a step over PyTorch's, {n:,} points", steps["torch"][n], most)
        for n, most in zip(sizes, (0.15, 0.2, 0.35), strict=False)
    ),
    *(
        (f"a step over JAX's, {n:,} points", steps["jax"][n], most)
        for n, most in zip(sizes[1:], (2.0, 1.3, 1.0), strict=True)
    ),
    ("a cold start over JAX's", cold["jax"], 0.35),
    ("a cold start over PyTorch's", cold["torch"], 0.2),
    (f"{networks} networks together over JAX's", together, 1.0),
    (f"one of {networks} networks over JAX's one alone", by_one, 0.75),
    (f"a step over its exponentials, {sizes[-1]:,} points", floor, 3.0),
    (f"a sample of {large:,} over one of {small:,}", per_sample, 1.2),
    (f"memory above the data, {large:,} points, MB", memory, 250.0),
    ("records, stopping test and bar, % of a step", overhead, 3.0),
]


def short(value: float) -> str:
    """Write a number with about three figures."""
    form = ",.0f" if abs(value) >= 100 else ".3g" if abs(value) >= 1 else ".2f"
    return format(value, form).replace("-", "−")


def met(values: np.ndarray, most: float) -> bool:
    """Tell whether the median stays below what was asked for."""
    return median(values) <= most


def goals() -> str:
    """Write the goals as a table."""
    rows = [
        "| what | median | asked for | | least to greatest |",
        "| --- | --- | --- | --- | --- |",
    ]
    for what, values, most in GOALS:
        spread = f"{short(min(values))} to {short(max(values))}"
        verdict = "met" if met(values, most) else "**missed**"
        rows.append(
            f"| {what} | {short(median(values))} | at most {short(most)} | {verdict} | {spread} |"
        )
    return "\n".join(rows)


def microseconds() -> str:
    """Write the medians of the times of one step as a table."""
    head = " | ".join(f"{n:,} points" for n in sizes)
    rows = [f"| µs a step | {head} |", "| --- |" + " --- |" * len(sizes)]
    for who, name in {"voronet": "`voronet.train`", **NAMES}.items():
        cells = " | ".join(short(median(times("step", who, n))) for n in sizes)
        rows.append(f"| {name} | {cells} |")
    return "\n".join(rows)


def listed(words: list[str]) -> str:
    """Join words as a sentence does."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


missed = [what for what, values, most in GOALS if not met(values, most)]
number_met = len(GOALS) - len(missed)
verdict = f"**Missed**: {'; '.join(missed)}." if missed else "None was missed, by the medians."
ahead = [n for n in sizes if median(steps["jax"][n]) > 1]
jax_ahead = (
    f"a step of JAX is the faster one at {listed([f'{n:,}' for n in ahead])} points"
    if ahead
    else "no step of JAX is faster"
)
apart = max(record["losses apart"].values())
made = date.fromisoformat(record["date"]).strftime("%-d %B %Y")
versions = record["versions"]

# What the page says in words.
slower = ("plain", "torch", "sklearn")
assert all(median(steps[who][n]) < 1 for who in slower for n in sizes), "a peer is faster"
assert median(steps["jax"][sizes[0]]) > 1, "the page says that JAX is ahead with few points"
assert all(median(values) < 1 for values in cold.values()), "a cold start is slower"

CODE = ("adam.py", "fast.py", "network.py", "train.py")
code = hashlib.sha256(b"".join((PACKAGE / name).read_bytes() for name in CODE)).hexdigest()
since = (
    "The code of the trainer has not changed since."
    if code == record["code"]
    else "The code of the trainer has been edited since, so its speed may be another today."
)
