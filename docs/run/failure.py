# ---
# title: Where it sticks
# chapter: 13
# description: A thousand random problems, where training ends on them and why, what the first layer does to the plane, and how success depends on the points, the start, the width and patience.
# ---

# %% [markdown]
# # Where it sticks
#
# [How often does it fit?](how-often.py) showed that many networks never get all of their points right. This page looks at the failures: how many there are, what they have in common, why they
# cannot go on, and what makes them rarer. It ends with the worst of a thousand.
#
# ## A thousand problems
#
# A thousand runs take minutes, so this is a *recorded run*. A [study](../api.md#voronet.study) made it, in which each seed draws a rule, the points and a start.

# %%
import matplotlib.pyplot as plt
import numpy as np

import voronet
from voronet.show import LIGHT, curves, frame

N, STEPS = 50, 25_000
with np.load("recorded/failure.npz") as file:
    record = {name: file[name] for name in file.files}
print("command", record["command"])
print("made on", record["date"], "with NumPy", record["numpy"])
print("in", f"{record['seconds']:,}", "seconds")
print("seeds  ", record["seeds"].min(), "to", record["seeds"].max())

# %% [markdown]
# Long runs amplify the last bit of a rounding, so the ends are kept as they were found. The beginnings can be made again anywhere. Here are the first problems, and their networks after a hundred steps, computed now:

# %%
begun = voronet.study(range(len(record["w_100"])), n=N, max_steps=100)
np.testing.assert_allclose(begun.w, record["w_100"], rtol=1e-12, atol=1e-12)
for seed, (x, label) in enumerate(zip(record["x"], record["label"], strict=True)):
    rng = np.random.default_rng(seed)
    rule = voronet.VoronoiRule.random(rng)
    np.testing.assert_array_equal(voronet.sample_points(N, rng), x)
    np.testing.assert_array_equal(rule.label(x), label)
print("the beginnings agree to 1e-12")

# %% [markdown]
# Call a run a *success* if it ends with every training point on the right side, and a *failure* if not.


# %%
def wilson(successes, trials, z=1.96):
    """Return Wilson's interval for a share, as (low, high)."""
    p, n = successes / trials, trials
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return middle - half, middle + half


loss, wrong, starts = record["loss"], record["wrong"], record["starts_wrong"]
success = record["accuracy"] == 1
low, high = wilson(success.sum(), len(success))
print(f"{success.sum()} of {len(success)} succeed: {success.mean():.1%}")
print(f"interval {low:.1%} to {high:.1%}")
print(f"median loss of the failures {np.median(loss[~success]):.3f}")

# %% [markdown]
# So {{= success.mean() :.0%}} succeed, and the interval from {{= low :.0%}} to {{= high :.0%}} would hold the true share nineteen times in twenty ([Wilson, 1927](../references.md)). The rest end here:

# %% alt="Two histograms of the final loss times the number of points. Failures stand in tall narrow towers at one, two, three and so on, with little between. Successes all lie close to zero."
figure, ax = plt.subplots(figsize=(4.6, 3.0), layout="constrained")
bins = np.arange(-0.05, 8, 0.1)
ax.hist(loss[~success] * N, bins, color=LIGHT.accent)
ax.hist(loss[success] * N, bins, color=LIGHT.green, bottom=0)
ax.set(xlabel="$n L$, the final loss times the number of points")
ax.set(xlim=(-0.2, 8), yscale="log", ylabel="networks")
ax.set_xticks(range(9))
plt.show()

# %% [markdown]
# ## They give up points
#
# The failures stand in towers at whole numbers. The reason is simple. If the network is sure of everything, a point that is wrong costs $\ell_i = \tfrac{1}{2}(1 + 1) = 1$<!-- exempt: supposed, an output that is wrong and quite sure -->, and all others cost nothing. With $c$ points given up, $nL = c$<!-- exempt: supposed, all other points cost nothing -->. How many failures are like that?

# %%
failed = wrong[~success]
near = np.abs(loss[~success] * N - failed) < 0.05 * failed
counts = np.bincount(failed)[1:6]
print(f"{near.mean():.0%} of the failures lie within 5 % of a whole number")
for c, count in enumerate(counts, 1):
    print(f"{count:4} networks have {c} wrong")

# %% [markdown]
# ## Why they cannot go on
#
# A wrong point should pull. Its error signal is $\delta^{(K)} = (a^{(K)} - y) \odot \sigma'(z^{(K)})$, as in \eqref{eq:delta-output}. The first factor is nearly one, as large as it can be. The second is at most a quarter, and where an output is within a hair of zero or one it is nearly nothing. So look, in each failure, at
# the wrong points, and there at the steeper of the two outputs. If even the greatest of these slopes is tiny, nothing pulls any more.

# %%
slope = record["slope"][~success]
for quantile in (0.25, 0.5, 0.75):
    print(f"quantile {quantile:.2f}: slope {np.quantile(slope, quantile):.1e}")
dead = (slope < 0.01).mean()
print(f"below 0.01 in {dead:.0%} of the failures; 0.25 is the most")

# %% [markdown]
# In {{= dead :.0%}} of the failures no wrong point has an output whose slope reaches one hundredth. The network is sure, wrong, and out of reach. [The page on the loss](../derive/loss.md#the-loss-of-one-output) has the curve behind this: far from its target, the squared error behind a sigmoid is flat.
#
# Saturation explains why they stay. It does not explain how they got there. For that, look at what the layers can do.
#
# ## What the first layer does to the plane
#
# The first layer has two units, and so it maps the plane to a plane. Each activation is $\sigma(z)$, and $\sigma$ can be undone: from $a = 1 / (1 + e^{-z})$<!-- let --> follows $z = \log \frac{a}{1 - a}$. Entry by entry,
#
# $$
# \log \frac{a^{(1)}}{1 - a^{(1)}} = W_1 x + b_1
# \label{eq:first-layer-undone}
# $$
#
# If $W_1$ is invertible, the right-hand side can be undone as well, and $x$ is back. So nothing is lost. No two places of the plane become one. The image of the plane is the whole *open unit square*, every point of it, and the map is smooth both ways: it is a change of coordinates. Its derivative is
#
# $$
# \frac{\partial a^{(1)}}{\partial x} = \operatorname{diag}(\sigma'(z^{(1)})) \, W_1
# \label{eq:first-layer-jacobian}
# $$
#
# a product of invertible matrices. But what is never lost can still become very small. The slopes in $\sigma'$ are at most a quarter and fall off exponentially, so places far from a unit's line are pressed against the sides of the square.
#
# What is left for the second layer? In the square it draws eight *straight* lines, one for each unit, where $z_j^{(2)} = 0$<!-- exempt: supposed, the points of a line -->. The third layer adds up eight soft steps across these lines. Seen from the plane the lines are curved, and all of them are curved by the same two units. This is the whole of the network: two units to bend, eight to cut.
#
# Here is the worst of the {{= len(loss) :, }} networks. Its trajectory is in the record.

# %% alt="The decision region of the worst run at its last step. Rings mark the many points on the wrong side; the shading is strong everywhere, so the network is sure of its mistakes."
worst = voronet.load("recorded/failure-worst.npz")
assert worst.loss[-1] == loss.max()
frame(worst)
plt.show()

# %% alt="The same network seen from the first layer. The unit square of its two activations, with the training points at their images, the square lattice of the plane bent into curves and crowded along the sides, and the straight lines of those second-layer units that cross the square."
net, w = worst.net, worst.w
(W1, W2, W3), (b1, b2, b3) = net.unpack(w)


def first_layer(x):
    """Map points of the plane into the open unit square."""
    return voronet.sigmoid(W1 @ x + b1[:, np.newaxis])


figure, ax = plt.subplots(figsize=(4.6, 4.6), layout="constrained")
u = np.linspace(0, 1, 101)
for c in np.linspace(0, 1, 11):
    ax.plot(*first_layer(np.stack([0 * u + c, u])), color=LIGHT.grid, lw=0.8)
    ax.plot(*first_layer(np.stack([u, 0 * u + c])), color=LIGHT.grid, lw=0.8)
s = np.linspace(0, 1, 2)
for (p, q), b in zip(W2, b2, strict=True):
    # The line p a_1 + q a_2 + b = 0, along its flatter direction.
    if abs(q) > abs(p):
        ax.plot(s, -(p * s + b) / q, color=LIGHT.ink, lw=1)
    else:
        ax.plot(-(q * s + b) / p, s, color=LIGHT.ink, lw=1)
image, blue = first_layer(worst.x), worst.y[1] == 1
ax.plot(*image[:, ~blue], "o", color=LIGHT.green, ms=5)
ax.plot(*image[:, blue], "s", color=LIGHT.blue, ms=5)
ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
ax.set(xlabel="$a_1^{(1)}$", ylabel="$a_2^{(1)}$")
plt.show()

# %% [markdown]
# The thin grey lines are a square lattice in the plane of the points. The dark ones are the units of the second layer, as far as they cross the square. There should be eight of them. Look closely: there are eight, and they lie almost on top of one another. *All units have learnt the same line.* On one side of it the network says green and on the other blue, and the points that would need a second line, in the corner where the lattice is crowded, are given up.
#
# Is that what failures have in common?
#
# ## The problem, or the start?
#
# Before we compare failures with successes, one question has to be settled. Is a failure the fault of the problem, or of an unlucky start? Take {{= len(starts) }} problems and train {{= starts.shape[1] }} starts on each. The record has them too.

# %% alt="For each problem a bar with the share of its starts that succeed, in order. Some problems succeed from every start, some from none, and most lie between."
fits = starts == 0
of_starts = np.sort(fits.mean(axis=1))[::-1]
figure, ax = plt.subplots(figsize=(4.6, 2.6), layout="constrained")
ax.bar(np.arange(len(of_starts)), of_starts, color=LIGHT.blue)
ax.set(ylim=(0, 1), xticks=[], xlabel="problems, in order")
ax.set_title("share of the starts that succeed")
plt.show()

# %% [markdown]
# Both matter. On {{= (of_starts == 0).sum() }} of the {{= len(of_starts) }} problems no start succeeded, and on {{= (of_starts == 1).sum() }} every one did. A single start succeeds {{= fits.mean() :.0%}} of the time. But the best of {{= fits.shape[1] }} starts succeeds on {{= fits.any(axis=1).mean() :.0%}} of the problems. This is the cheapest cure of all: begin again. It is why the
# package trains many networks along one axis.
#
# ## What failing starts have in common
#
# Since the problems differ, a fair comparison sets failing starts beside successful starts *on the same problem*. So take those problems of the record on which some starts succeeded and some failed, and look at two suspects. The first is the common line: more than ninety-nine hundredths of the variance of the second layer's activations lie in a single direction, so that eight units say one thing. The second is a
# $W_1$ that is nearly singular, so that it squeezes the plane into a strip: its condition number, the factor by which it stretches one direction more than another, is above five. For comparison, the same shares over all problems of the study, where each has one start:

# %%
mixed = fits.any(axis=1) & ~fits.all(axis=1)
groups = {
    "same problems": (
        fits[mixed],
        record["starts_alike"][mixed],
        record["starts_condition"][mixed],
    ),
    "all problems": (success, record["alike"], record["condition"]),
}
shares = {}
print("                            common line   squeezed plane")
for where, (good, alike, condition) in groups.items():
    for name, group in (("successes", good), ("failures", ~good)):
        common = (alike[group] > 0.99).mean()
        squeezed = (condition[group] > 5).mean()
        shares[where, name] = common, squeezed
        print(f"{where:14} {name:9}   {common:11.0%}   {squeezed:14.0%}")
same_good, same_bad = (
    shares["same problems", name] for name in ("successes", "failures")
)
all_good, all_bad = (shares["all problems", name] for name in ("successes", "failures"))
working = record["alive"][~success].mean()

# %% [markdown]
# On the {{= mixed.sum() }} problems with both outcomes, the common line is found in {{= same_bad[0] :.0%}} of the failures and in {{= same_good[0] :.0%}} of the successes, and the squeezed plane in {{= same_bad[1] :.0%}} against {{= same_good[1] :.0%}}. Both are marks of failure, and together they do not explain all of it.
#
# Over all problems the first mark nearly disappears: {{= all_bad[0] :.0%}} against {{= all_good[0] :.0%}}. Nothing is wrong with either row. Some problems *can* be solved with one line in the square, and their successes use a common line. To compare across problems mixes the two. Had we stopped at the thousand seeds, we should have thrown out a suspect who was guilty.
#
# One more suspect is innocent: units do not die. On average {{= working :.1f }} of eight second-layer units still differ clearly between some two points, in the failures.
#
# ## Watch it happen
#
# When do the units come to agree? Train the first problems of the study once more, now, and follow the share of the variance in one direction along the way:

# %%
WATCHED = 32
rngs = [np.random.default_rng(seed) for seed in range(WATCHED)]
rules = [voronet.VoronoiRule.random(rng) for rng in rngs]
xs = [voronet.sample_points(N, rng) for rng in rngs]
x = np.stack(xs)
y = np.stack(
    [
        voronet.one_hot(rule.label(points))
        for rule, points in zip(rules, xs, strict=True)
    ]
)
run = voronet.train(x, y, seed=rngs, max_steps=STEPS, record_every=500)


def in_one_direction(w):
    """Return, for each network, the share of variance in one direction."""
    _, a = voronet.forward(net, w, x)
    centred = a[2] - a[2].mean(axis=-1, keepdims=True)
    variance = np.linalg.svd(centred, compute_uv=False) ** 2
    return variance[:, 0] / variance.sum(axis=-1)


path = np.array([in_one_direction(w) for w in run.snapshots])
blue = voronet.decision(net, run.w, x) > 0.5
ends_right = (blue == (y[:, 1] == 1)).all(axis=-1)
turn = path.mean(axis=1).argmax()

# %% alt="The share of variance in one direction over the steps, one line for each network. All of them rise to nearly one in the first few thousand steps. Then most lines of the successes come down, and many of the failures stay at the top."
figure, ax = plt.subplots(figsize=(4.6, 3.2), layout="constrained")
ax.plot(run.steps, path[:, ends_right], color=LIGHT.green, lw=0.9)
ax.plot(run.steps, path[:, ~ends_right], "--", color=LIGHT.accent, lw=0.9)
ax.set(xlabel="step $t$", xlim=(0, STEPS), ylim=(0.4, 1.01))
ax.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
ax.set_title("variance in one direction; failures are dashed")
plt.show()

# %% [markdown]
# At step {{= run.steps[turn] :, }} the share is at least {{= path[turn].min() :.0%}}, in every one of these runs: the units always come to agree first. The outputs are near one half everywhere at that time, and one line is the first thing that lowers the loss. Every unit feels the same pull. Then
# the ways part. In the successes, units leave the common line one after another, and the median of the share comes down to {{= np.median(path[-1, ends_right]) :.0%}}. In the failures it ends at {{= np.median(path[-1, ~ends_right]) :.0%}}: here many have saturated before they parted. The pull of the points that are still wrong has gone, and the units stay together.
#
# ## What makes failures rarer
#
# The same seeds again, with one thing changed at a time. Every mark stands for {{= len(record["n_20"][0]) }} networks; the bars are Wilson's intervals.


# %%
def swept(name, default):
    """Return the levels of a sweep in order, and each one's successes and trials."""
    trials = len(record["n_20"][0])
    levels = {default: (int(success[:trials].sum()), trials)}
    for key in record:
        if key.startswith(f"{name}_"):
            right = record[key][1] == 1
            levels[float(key.removeprefix(f"{name}_"))] = (
                int(right.sum()),
                len(right),
            )
    return dict(sorted(levels.items()))


sweeps = {
    "number of points $n$": swept("n", N),
    "scale of the start": swept("scale", 0.5),
    "units in the first layer": swept("width", 2),
}
for name, levels in sweeps.items():
    print(name.replace("$", ""))
    for level, (count, trials) in levels.items():
        low, high = wilson(count, trials)
        share = count / trials
        print(f"  {level:6g}   {share:4.0%}   ({low:.0%} to {high:.0%})")

points, scales, widths = (
    np.array([count for count, _ in levels.values()]) for levels in sweeps.values()
)
assert (np.diff(points) < 0).all()
assert (np.diff(widths) > 0).all()

# %% alt="Three panels with the share of successes and its intervals. It falls steadily with the number of points. It is nearly level in the scale of the start. It rises with the number of units in the first layer, steeply from one to two and to three."
figure, panels = plt.subplots(3, 1, figsize=(4.6, 6.4), layout="constrained")
for ax, (name, levels) in zip(panels, sweeps.items(), strict=True):
    at = np.array(list(levels))
    count, trials = np.array(list(levels.values())).T
    share, (low, high) = count / trials, wilson(count, trials)
    bars = np.maximum([share - low, high - share], 0)
    ax.errorbar(at, share, yerr=bars, fmt="o-", color=LIGHT.blue, lw=1.2, ms=5)
    ax.set(xscale="log", ylim=(0, 1))
    ax.set_title(name)
    ax.set_xticks(at, [f"{level:g}" for level in at])
    ax.minorticks_off()
panels[0].set_ylabel("share of successes")
plt.show()

# %% [markdown]
# More points mean more that can go wrong. The scale of the start hardly matters up to one; the larger scales do a little better, but their intervals overlap with the others. A third unit in the first layer helps more than anything else: three units map the plane into a cube, where the points lie on a curved sheet, and a flat cut through a curved sheet can be a curve. With two units there is no room above the square.
#
# ## Would patience help?
#
# The first {{= len(record["patience"][1]) }} problems were trained four times as long.

# %%
patient = record["patience"][1] == 1
early = success[: len(patient)]
print(f"after {STEPS:7,} steps {early.sum()} of {len(early)} succeed")
print(f"after {4 * STEPS:7,} steps {patient.sum()} of {len(patient)} succeed")
print(f"failures that became successes: {(patient & ~early).sum()}")

# %% [markdown]
# Of {{= (~early).sum() }} failures, {{= (patient & ~early).sum() }} became successes in the added steps. The others are stuck in earnest.
#
# ## The worst run
#
# Here is how the worst run came to its end, a loss of {{= worst.loss[-1] :.3f }}, with {{= int(wrong[loss.argmax()]) }} of {{= N }} points wrong. We publish it because it happened.

# %% alt="The loss and the gradient norm of the worst run. The loss comes down a little at the start and then lies level; the norm of the gradient falls by several powers of ten."
curves(worst)
plt.show()

# %% [markdown]
# And here it is to play. Open *What each unit sees*. At the end, the units of the second layer all draw nearly the same line. Follow how they came to it.

# %%
worst.replay()

# %% [markdown]
# ## What this page does not show
#
# - **Why a run turns into a failure at the step where it does.** It shows the ends.
# - **Other losses.** With the cross-entropy in place of the squared error a wrong and sure output is not flat, and would pull. That is another network than the one of the paper.
# - **More than one thing changed at a time.** The best width may want another rate.
# - **Any promise.** The shares are those of this rule, with three seeds of each colour, and of uniform points.
