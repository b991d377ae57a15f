# ---
# title: How often does it fit?
# chapter: 10
# description: Sixty-four random problems for each of three sample sizes, trained together, with the spread of their final losses and the failures shown.
# ---

# %% [markdown]
# # How often does it fit?
#
# [A first run](first-run.py) showed one network that fitted its points tightly. It was chosen for that. This page chooses nothing. It draws many problems, trains a
# network on each of them, and shows where all of them end.
#
# ## Many problems at once
#
# A [study](../api.md#voronet.study) trains one network for each seed. The seed's generator draws the rule, then the points, then the start, so a seed is a whole problem. The networks train together, along the axis of
# restarts: one matrix product does the work of all of them.

# %%
import matplotlib.pyplot as plt
import numpy as np

import voronet
from voronet.show import LIGHT, region

SEEDS, SIZES, STEPS = range(64), (20, 50, 100), 25_000
TIGHT = 1e-3

studies = {
    n: voronet.study(SEEDS, n=n, max_steps=STEPS)
    for n in SIZES
}
for study in studies.values():
    print(study)

# %% [markdown]
# What comes back is a `Study(…)`, with one entry for each seed: the final loss, the norm of the gradient, the share of points with the right colour, the reason to stop, and the parameters. An entry depends on its seed alone. Each of the
# {{= len(SIZES) * len(SEEDS) }} networks may take {{= STEPS :, }} steps, with the default settings. It stops before if its gradient is shorter than the tolerance, and is then *converged*.
#
# ## Where they end
#
# Each mark is one network, at its final loss. Circles have all of their points on the right side. Crosses have some on the wrong side.

# %% alt="Three rows of marks on a logarithmic axis of the final loss, one row for each number of points. Circles, with every point right, spread over many powers of ten on the left. Crosses, with some points wrong, pile up on the right, more of them the more points there are."
figure, ax = plt.subplots(
    figsize=(4.6, 3.2), layout="constrained"
)
ax.axvline(TIGHT, color=LIGHT.grid)
for row, study in enumerate(studies.values()):
    height = row + np.random.default_rng(0).uniform(-0.3, 0.3, len(SEEDS))
    right = study.accuracy == 1
    for these, marker, colour in (
        (right, "o", LIGHT.green),
        (~right, "x", LIGHT.accent),
    ):
        ax.plot(study.loss[these], height[these], marker, ms=4, color=colour)
ax.set(xscale="log", xlabel="final loss $L$")
ax.set_yticks(range(len(SIZES)), [f"$n={n}$" for n in SIZES])
ax.invert_yaxis()
ax.tick_params(axis="y", length=0)
plt.show()

# %%
print("  n   below 1e-3  all right   best      median    worst")
for n, study in studies.items():
    tight, right = (study.loss < TIGHT).mean(), (study.accuracy == 1).mean()
    best, median, worst = np.quantile(study.loss, [0, 0.5, 1])
    print(
        f"{n:3}   {tight:10.0%}  {right:9.0%}   {best:.1e}   {median:.1e}   {worst:.1e}"
    )
share = {n: (study.loss < TIGHT).mean() for n, study in studies.items()}

# %% [markdown]
# With {{= SIZES[0] }} points, {{= share[SIZES[0]] :.0%}} of the networks end below {{= TIGHT :.0e }}, where the line stands. With {{= SIZES[1] }} points it is {{= share[SIZES[1]] :.0%}}, and with {{= SIZES[2] }} points {{= share[SIZES[2]] :.0%}}. More points say more about the true boundary, and a
# boundary with more said about it is harder to follow for a network with eight units in its second layer and two in its first.
#
# These shares come from {{= len(SEEDS) }} problems each, so they are rough. If the true share were one half, the share among {{= len(SEEDS) }} would often be off by {{= np.sqrt(0.25 / len(SEEDS)) :.0%}} either way. [Where it sticks](failure.py) takes more problems and
# gives intervals.
#
# ## The price of a point
#
# The crosses are not spread evenly. Many of them pile up at a few values. Why? Suppose that a network is sure of all its answers, and wrong about one point. Then the output is $(1, 0)^\top$ where $(0, 1)^\top$ is wanted, or the reverse, and
# the loss of this point alone is $\ell_i = \tfrac{1}{2} (1 + 1) = 1$<!-- exempt: supposed, a network that is wrong about a point and sure -->. In the mean over $n$ points this is $1/n$. So a network that gives up $c$ points and is sure of all the rest has $L = c/n$<!-- exempt: supposed, the others cost nothing -->. Count how many of the failures are close to that:

# %%
for n, study in studies.items():
    wrong = np.rint((1 - study.accuracy) * n)
    failed = wrong > 0
    near = np.abs(study.loss * n - wrong)[failed] < 0.05 * wrong[failed]
    print(
        f"n = {n:3}: {near.sum():2} of {failed.sum():2} failures lie within 5 % of c/n"
    )

# %% [markdown]
# These networks have not run out of time. They have given up their points, and saturated: where an output is within a hair of zero or one its slope $\sigma'$ is almost zero, and with it $\delta$, so that the
# wrong points no longer pull. The gradient is short, and the loss stays where it is.
#
# ## From the best to the worst
#
# Rank the {{= len(SEEDS) }} networks for {{= SIZES[1] }} points by their loss, and look at six of them, evenly spaced from the best to the worst.

# %% alt="Six decision regions in order of their loss. The first ones follow the dashed true boundary and have every point right. The last ones leave out a cell or two, whose points carry rings, or cut straight through."
N = SIZES[1]
study = studies[N]
order = np.argsort(study.loss)
ranks = np.linspace(0, len(order) - 1, 6).astype(int)
figure, axes = plt.subplots(3, 2, figsize=(4.6, 7.4), layout="constrained")
for ax, rank in zip(axes.flat, ranks, strict=True):
    row = order[rank]
    rng = np.random.default_rng(study.seeds[row])
    rule = voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(N, rng)
    y = voronet.one_hot(rule.label(x))
    region(voronet.Network(), study.w[row], x, y, rule, ax)
    ax.set_title(f"rank {rank + 1}: {study.loss[row]:.1e}", size=10)
plt.show()

# %% [markdown]
# The failures are of one kind: a cell or a corner is missing, and its points are wrong. The network has spent its lines elsewhere.
#
# ## What this page does not show
#
# - **Whether the problem or the start is to blame.** Both change with the seed. [Where it sticks](failure.py) trains many starts on the same problem.
# - **Whether more steps would help.** All runs were cut at {{= STEPS :, }} steps. Some of the circles and a few of the crosses are still on their way.
# - **Whether other settings would do better.** The rate, the size of the start and the widths are the defaults. They are varied in [Adam, seriously](adam.py) and [Where it sticks](failure.py).
# - **How well the networks do between the points.** The loss knows nothing about that.
