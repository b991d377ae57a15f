"""What the home page shows: one run, formulas of the chapters, and what holds them."""

import re

import numpy as np

import voronet
from voronet.show import replay as made
from voronet_site import DOCS, ROOT, mistakes
from voronet_site.checked import report

SEED, POINTS, STEPS, EVERY = 10, 50, 25_000, 25

# The run that the page of the first run chooses and films.
rng = np.random.default_rng(SEED)
rule = voronet.VoronoiRule.random(rng)
x = voronet.sample_points(POINTS, rng)
run = voronet.train(
    x,
    voronet.one_hot(rule.label(x)),
    seed=rng,
    rule=rule,
    max_steps=STEPS,
    record_every=EVERY,
)
replay = made(run, video="run/first-run/#the-film")
size = run.net.size

found = report()
held, worst = found.held, max(record.max_error for record in found.records)
pages = len(list((DOCS / "run").glob("*.py")))

wrong = [mistakes.page_mistake(*mistake[1:]) for mistake in mistakes.IN_PAGES]
wrong += [mistakes.package_mistake(*mistake[1:]) for mistake in mistakes.IN_PACKAGE]
made_wrong, caught = len(wrong), sum(isinstance(message, str) for message in wrong)
assert caught == made_wrong, f"{made_wrong - caught} mistakes are not caught"

sources = (file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
tests = sum(len(re.findall(r"^ *def test_", source, re.MULTILINE)) for source in sources)


def formula(label: str) -> str:
    """Return the first line of a display, as its chapter has it."""
    tex = next(record.tex for record in found.records if record.label == label)
    tex = re.sub(r"^%.*$|\\(?:label|begin|end)\{[^}]*\}", "", tex, flags=re.MULTILINE)
    line = re.split(r"\\\\|\\qquad", tex)[0].replace("&", "")
    return r"\displaystyle " + " ".join(line.split()).rstrip(",")
