# ---
# title: Where it sticks
# chapter: 12
# description: A thousand random problems and where training ends on them, the two kinds of failure and how to tell them apart, another loss for comparison, and what makes failures rarer.
# ---

# %% [markdown]
# # Where it sticks
#
# [How often does it fit?](how-often.py) showed that many networks never get all of their points right. This page looks at these failures: how many there are, of which kinds they are, why training does not go on, and what makes them rarer. It ends with the worst of a thousand.
#
# ## A thousand problems
#
# A thousand runs take minutes, so this is a *recorded run*. It comes from a [study](../api.md#voronet.study), in which each seed draws a rule, the points and a start.

# %% fold="The record, read"
from math import comb

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
# Long runs amplify rounding in the last bit, so another machine may end elsewhere, and the record keeps the ends that were found. The beginnings can be repeated on any machine. Here are the first problems, and their networks after a hundred steps, computed now:

# %% fold="The beginnings, computed again"
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


# %% fold="Successes, failures, and Wilson's interval"
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
# So {{= success.mean() :.0%}} succeed. The interval from {{= low :.0%}} to {{= high :.0%}} is made so that nineteen of twenty such intervals hold the true share ([Wilson, 1927](../references.md)). The others end here:

# %% alt="Two histograms of the final loss times the number of points. Most failures stand in tall narrow towers at one, two, three and so on; some lie between. Successes all lie close to zero."
figure, ax = plt.subplots(figsize=(4.6, 3.0), layout="constrained")
bins = np.arange(-0.05, 8, 0.1)
ax.hist(loss[~success] * N, bins, color=LIGHT.accent)
ax.hist(loss[success] * N, bins, color=LIGHT.green, bottom=0)
ax.set(xlabel="$n L$, the final loss times the number of points")
ax.set(xlim=(-0.2, 8), yscale="log", ylabel="networks")
ax.set_xticks(range(9))
plt.show()
# Hold the caption.
off = np.abs(loss[~success] * N - wrong[~success])
np.testing.assert_array_less(0.5, np.mean(off < 0.05 * wrong[~success]))
np.testing.assert_array_less(np.quantile(loss[success] * N, 0.9), 0.1)

# %% [markdown]
# Most failures stand in towers at whole numbers. If all outputs are close to zero or one, a wrong point costs $\ell_i = \tfrac{1}{2}(1 + 1) = 1$<!-- exempt: supposed, an output at the wrong end --> and a right one nothing, so with $c$ wrong points $nL$ is close to $c$. But not all failures are in the towers.
#
# ## Two kinds of failure
#
# At the end of a run, split the gradient into two parts: what the wrong points contribute to the mean over all points, and what the right ones contribute. Call the length of each part a *pull*. Look also at the slopes $\sigma'$ of the outputs at the wrong points, and take the steepest. Here are all failures:

# %% fold="The two kinds, told apart"
failed = ~success
slope, cosine, pull_wrong, pull_right = (
    record[name][failed] for name in ("slope", "cosine", "pull_wrong", "pull_right")
)
saturated = slope < 0.01
balanced = ~saturated
between = ((slope > 1e-3) & (slope < 0.05)).sum()
near = np.abs(loss[failed] * N - wrong[failed]) < 0.05 * wrong[failed]
print("medians                  saturated   balanced")
for name, values in (
    ("steepest slope", slope),
    ("pull of wrong points", pull_wrong),
    ("pull of right points", pull_right),
):
    row = [np.median(values[kind]) for kind in (saturated, balanced)]
    print(f"{name:22}   {row[0]:9.0e}   {row[1]:8.0e}")
print(f"networks                 {saturated.sum():9}   {balanced.sum():8}")
for name, kind in (("saturated", saturated), ("balanced", balanced)):
    print(f"{name}: {near[kind].mean():.0%} within 5 % of a whole number")
uneven = np.abs(pull_wrong / pull_right - 1)[balanced]
assert np.median(cosine[balanced]) < -0.999
assert near[saturated].mean() > 0.9 > 0.2 > near[balanced].mean()

# %% alt="Each failure as a mark, the pull of its right points against the pull of its wrong points, on logarithmic axes. The balanced ones lie in a narrow band on the diagonal, where both pulls are equal. The saturated ones are scattered to the left of it: in half of them the pull of the wrong points is more than three powers of ten shorter."
figure, ax = plt.subplots(figsize=(4.6, 3.8), layout="constrained")
FLOOR = 1e-18
ax.plot([1e-9, 1], [1e-9, 1], color=LIGHT.grid, lw=1)
for kind, colour, marker, name, at in (
    (saturated, LIGHT.accent, "x", "saturated", (1e-14, 2e-2)),
    (balanced, LIGHT.blue, "o", "balanced", (1e-5, 1e-1)),
):
    ax.loglog(
        np.maximum(pull_wrong[kind], FLOOR),
        pull_right[kind],
        marker,
        ms=3.5,
        mfc="none",
        color=colour,
    )
    ax.text(*at, name, color=colour, size=10)
ax.set(xlabel="pull of the wrong points", ylabel="pull of the right points")
plt.show()
# Hold the caption.
band, left = ((pull_wrong / pull_right)[kind] for kind in (balanced, saturated))
np.testing.assert_allclose(np.quantile(band, [0.05, 0.95]), 1, atol=0.02)
np.testing.assert_array_less(np.median(left), 1e-3)

# %% [markdown]
# **Saturated** failures are {{= saturated.mean() :.0%}} of all. At their wrong points no output has a slope of one hundredth, where a quarter is the most, and in the median it is {{= np.median(slope[saturated]) :.0e }}. The error signal is $\delta^{(K)} = (a^{(K)} - y) \odot \sigma'(z^{(K)})$, by \eqref{eq:delta-output}. Its first factor is nearly as large as it can be, and its second almost vanishes.
# [The page on the loss](../derive/loss.md#the-loss-of-one-output) has the curve behind this. {{claim saturated_failures_are_the_towers: These failures are the towers.}}
#
# **Balanced** failures are the other {{= balanced.mean() :.0%}}. Their wrong points are not saturated, and they pull. {{claim balanced_pulls_cancel: But the right points pull equally hard in the opposite direction: in the median the cosine of the angle between the two parts is {{= np.median(cosine[balanced]) :.4f }}, and their lengths differ by {{= np.median(uneven) :.1%}}.}} So the whole gradient is some {{= np.median((pull_wrong / record["norm"][failed])[balanced]) :.0f}} times shorter than either part. To bring the wrong points across, the network would have to
# move right points away from their targets. The [plateau in the slice of the loss](../derive/loss.md#all-samples) is of this kind, but that run left it.
#
# {{claim few_failures_lie_between_the_kinds: The division is clear: only {{= between }} of {{= failed.sum() }} failures have a steepest slope between {{= 1e-3 }} and {{= 0.05 }}.}}
#
# ## Why a saturated failure does not go on
#
# A short gradient alone does not stop Adam. It divides by the size of the gradient, so for a steady gradient the step has the length of the rate, however short the gradient is. Three things decide what becomes of a wrong point.
#
# 1. *The right points.* Adam scales the whole gradient, and the whole is dominated by the part of the right points. Their outputs are not yet at their targets, and each step brings them closer. {{claim right_points_outweigh_saturated_ones: The pull of the wrong points is less than a tenth of that in {{= (pull_wrong < pull_right / 10)[saturated].mean() :.0%}} of the saturated failures.}}
# 2. *Epsilon.* Where gradients are shorter than $\varepsilon$, Adam no longer scales them up. The pull of the wrong points is shorter than $\varepsilon$ in {{= (pull_wrong < voronet.Adam().epsilon)[saturated].mean() :.0%}}.
# 3. *The tolerance.* Once the whole gradient is shorter than {{= 1e-7 }}, the run stops. That is how {{= (record["norm"] < 1e-7)[failed][saturated].mean() :.0%}} of them end.
#
# To see that the first two matter, go on from where the saturated failures ended, for {{= 2_000 :, }} more steps without a tolerance. Train once on all points, and once on the wrong points alone; once with the usual $\varepsilon$, and once with one that is next to nothing. The record has this for {{= len(record["all_1e-08"]) }} of them:

# %% fold="The counts of this table"
print("all of these points right      eps 1e-08   eps 1e-30")
turned = {}
for name, meaning in (("all", "on all points"), ("alone", "on the wrong points alone")):
    row = [(record[f"{name}_{eps}"] == 0).mean() for eps in ("1e-08", "1e-30")]
    turned[name] = row
    print(f"trained {meaning:25} {row[0]:5.0%}       {row[1]:5.0%}")
assert max(turned["all"]) < 0.1 < 0.3 < turned["alone"][0] < turned["alone"][1]

# %% [markdown]
# On all points, {{= turned["all"][0] :.0%}} succeed with the usual $\varepsilon$ and {{= turned["all"][1] :.0%}} with the small one. On their wrong points alone, in the same number of steps, {{= turned["alone"][0] :.0%}} turn them all with the usual $\varepsilon$ and {{= turned["alone"][1] :.0%}} with the small one. {{claim saturated_points_can_be_moved_alone: So a saturated point can still be moved.}} What holds it is first the pull of the right points, and then $\varepsilon$.
#
# ## Another loss
#
# If saturation holds the wrong points, then a loss that does not saturate should help. The cross-entropy is such a loss: by \eqref{eq:cross-entropy-slope} its slope is the error itself, without $\sigma'$. Train the first {{= len(record["entropy_wrong"]) }} problems once more with it. Network, starts, points and Adam are the same; only the last $\delta$ is $a^{(K)} - y$ in place of \eqref{eq:delta-output}.
#
# Since both losses were tried on the *same* problems from the *same* starts, compare them in pairs. Problems on which both succeed or both fail say nothing about a difference. Of the others, count for each loss how often it alone succeeds. If the losses were equally good, each side would be as likely as the other, and the *sign test* says how likely a split at least as uneven would then be.


# %% fold="The two losses, in pairs"
def sign_test(wins, losses):
    """Return how likely a split is at least as uneven, if both sides are equal."""
    n, few = wins + losses, min(wins, losses)
    return min(1.0, sum(comb(n, k) for k in range(few + 1)) / 2 ** (n - 1))


def paired(these, those):
    """Count where only the first succeeds and where only the second does."""
    wins, losses = int((these & ~those).sum()), int((those & ~these).sum())
    return wins, losses, sign_test(wins, losses)


entropy = record["entropy_wrong"] == 0
squared = success[: len(entropy)]
wins, losses, p = paired(entropy, squared)
print(f"squared error   {squared.mean():.0%} succeed")
print(f"cross-entropy   {entropy.mean():.0%} succeed")
print(f"only cross-entropy {wins}, only squared error {losses}, p = {p:.0e}")
flat = (record["entropy_slope"] < 0.01)[~entropy]
flat_before = (record["slope"][: len(entropy)] < 0.01)[~squared]
print(f"failures with saturated wrong points: {flat.sum()} of {len(flat)}")
print(f"with the squared error they were {flat_before.sum()} of {len(flat_before)}")
opposite = np.median(record["entropy_cosine"][~entropy])
print(f"median cosine between the pulls {opposite:.4f}")
assert wins > losses and p < 1e-3

# %% [markdown]
# With the cross-entropy {{= entropy.mean() :.0%}} succeed and with the squared error {{= squared.mean() :.0%}}. {{claim cross_entropy_succeeds_more_often: In {{= wins }} problems the cross-entropy alone succeeds, in {{= losses }} the squared error alone.}} Saturated wrong points are found in {{= flat.sum() }} of its {{= len(flat) }} failures, and in {{= flat_before.sum() }} of the {{= len(flat_before) }} failures of the squared error. What remains with the cross-entropy is the second kind: the median cosine between the
# two pulls is {{= opposite :.4f }}. {{claim cross_entropy_has_few_saturated_failures: So the first kind of failure comes from the squared error behind a sigmoid, and the second does not.}}
#
# ## Try several starts
#
# Is a failure due to the problem, or to an unlucky start? Take {{= len(starts) }} problems and train {{= starts.shape[1] }} starts on each. The record has them too.

# %% alt="For each problem a bar with the share of its starts that succeed, in order. Some problems succeed from every start, some from none, and most lie between."
fits = starts == 0
of_starts = np.sort(fits.mean(axis=1))[::-1]
figure, ax = plt.subplots(figsize=(4.6, 2.6), layout="constrained")
ax.bar(np.arange(len(of_starts)), of_starts, color=LIGHT.blue)
ax.set(ylim=(0, 1), xticks=[], xlabel="problems, in order")
ax.set_title("share of the starts that succeed")
plt.show()
# Hold the caption.
np.testing.assert_array_equal(of_starts[[0, -1]], [1, 0])
np.testing.assert_array_less(0.5, np.mean((of_starts > 0) & (of_starts < 1)))

# %% [markdown]
# Both matter. On {{= (of_starts == 0).sum() }} of the {{= len(of_starts) }} problems no start succeeded, and on {{= (of_starts == 1).sum() }} every one did. A single start succeeds {{= fits.mean() :.0%}} of the time. On {{= fits.any(axis=1).mean() :.0%}} of the problems at least one of {{= fits.shape[1] }} starts succeeds. So a practitioner trains from several starts, and keeps the one with the fewest wrong points. It needs no knowledge of why a run fails. The
# package makes it cheap by training many networks along one axis.
#
# ## What the first layer does to the plane
#
# The two kinds of failure explain why training does not go on. They do not explain how a network got there. For that, look at what the layers can do.
#
# The first layer has two units, so it maps the plane to a plane. Each activation is $\sigma(z)$, and $\sigma$ can be inverted: from $a = 1 / (1 + e^{-z})$<!-- let --> follows $z = \log \frac{a}{1 - a}$. Entry by entry,
#
# $$
# \log \frac{a^{(1)}}{1 - a^{(1)}} = W_1 x + b_1
# \label{eq:first-layer-undone}
# $$
#
# If $W_1$ is invertible, the right-hand side can be inverted as well, and gives back $x$. So no two points of the plane have the same image. The image of the plane is the whole *open unit square*, and the map is smooth both ways: it is a change of coordinates. Its matrix of partial derivatives, the *Jacobian*, is
#
# $$
# \frac{\partial a^{(1)}}{\partial x} = \operatorname{diag}(\sigma'(z^{(1)})) \, W_1
# \label{eq:first-layer-jacobian}
# $$
#
# a product of invertible matrices. But distances can become very small. The slopes in $\sigma'$ are at most a quarter and fall off exponentially, so points far from a unit's line are pressed against the sides of the square.
#
# In this square the second layer draws eight *straight* lines, one for each unit, where $z_j^{(2)} = 0$<!-- exempt: supposed, the points of a line -->. The third layer adds up eight soft steps across these lines. In the plane of the points the lines are curved, all of them by the same two units.
#
# Here is the worst of the {{= len(loss) :, }} networks. Its whole path is in the record.

# %% alt="The decision region of the worst run at its last step. Rings mark the many points on the wrong side; the shading is strong everywhere, so the outputs are close to zero or one even there."
worst = voronet.load("recorded/failure-worst.npz")
assert worst.loss[-1] == loss.max()
frame(worst)
plt.show()
# Hold the caption.
square = voronet.sample_points(1_000, np.random.default_rng(0))
strength = np.abs(voronet.decision(worst.net, worst.w, square) - 0.5)
np.testing.assert_array_less(0.45, np.quantile(strength, 0.05))

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
# Hold the caption.
crowded = [
    (np.abs(at - 0.5) > 0.4).any(axis=0).mean() for at in (square, first_layer(square))
]
np.testing.assert_array_less([crowded[0], 0.9], [0.4, crowded[1]])

# %% [markdown]
# The thin grey lines are a square lattice in the plane of the points. The dark ones are the lines of the second layer, as far as they cross the square. There are eight, and they lie almost on top of one another: *all units draw nearly the same line.* On one side of it the network says green and on the other blue, and the points that would need a second line, in the corner where the lattice is crowded, are wrong.
#
# Is that what failures have in common?
#
# ## What failing starts have in common
#
# Problems differ, so a fair comparison sets failing starts beside successful starts *on the same problem*. Take the problems of the record on which some starts succeeded and some failed, and look at two properties of the network at the end.
#
# - A *common line*: more than ninety-nine hundredths of the variance of the second layer's activations over the points lie in a single direction, so that the eight units say almost the same thing.
# - A *squeezed plane*: the condition number of $W_1$ is above five. The condition number is the factor by which a matrix stretches one direction more than another; a large one means that the plane is pressed into a strip.

# %% fold="The comparison within problems, and across them"
mixed = fits.any(axis=1) & ~fits.all(axis=1)
properties = {
    "common line": (record["starts_alike"] > 0.99, record["alike"] > 0.99),
    "squeezed plane": (record["starts_condition"] > 5, record["condition"] > 5),
}
within, across = {}, {}
print("                      same problems             all problems")
print("                      failures   successes      failures   successes")
for name, (of_start, of_seed) in properties.items():
    bad, good = ~fits & mixed[:, np.newaxis], fits & mixed[:, np.newaxis]
    row = [of_start[bad].mean(), of_start[good].mean()]
    row += [of_seed[~success].mean(), of_seed[success].mean()]
    print(f"{name:15}      " + "     ".join(f"{share:9.0%}" for share in row))
    # In each problem, is it more frequent among the failures?
    more = [
        of_start[i, ~fits[i]].mean() - of_start[i, fits[i]].mean()
        for i in np.flatnonzero(mixed)
    ]
    up, down = int(np.sum(np.array(more) > 0)), int(np.sum(np.array(more) < 0))
    within[name] = up, down, sign_test(up, down)
    across[name] = row
for name, (up, down, p) in within.items():
    print(f"{name}: more frequent among failures in {up} problems, less in {down}")
    print(f"  p = {p:.2g}")
    assert up > down and p < 0.05
working = record["alive"][~success].mean()

# %% [markdown]
# {{claim both_properties_go_with_failure_within_problems: Within a problem both go with failure.}} The common line is more frequent among the failures in {{= within["common line"][0] }} of the {{= mixed.sum() }} problems and less frequent in {{= within["common line"][1] }}; in the others it is equally frequent. For the squeezed plane it is {{= within["squeezed plane"][0] }} against {{= within["squeezed plane"][1] }}.
#
# Across all problems the first difference nearly disappears: {{= across["common line"][2] :.0%}} of the failures and {{= across["common line"][3] :.0%}} of the successes. Some problems *can* be solved with one line in the square, and their successes have a common line too. A comparison across problems mixes the two.
#
# This is an association at the end of the runs. It does not prove that the common line causes the failure; both may follow from something earlier. Another explanation can be ruled out: the units do not stop working. In the failures {{= working :.1f }} of eight second-layer units, on average, still differ by more than a tenth between some two points.
#
# ## Watch it happen
#
# When do the units come to agree? Train the first problems of the study once more, now, and follow the share of the variance in one direction along the way:

# %% alt="The share of variance in one direction over the steps, one line for each network. It is high at the start already and rises to nearly one within the first few thousand steps. Then most lines of the successes come down, and many of the failures stay at the top."
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


def undecided(w):
    """Return the share of all outputs that lie within a tenth of one half."""
    return (np.abs(voronet.forward(net, w, x)[1][-1] - 0.5) < 0.1).mean()


path = np.array([in_one_direction(w) for w in run.snapshots])
half = np.array([undecided(w) for w in run.snapshots])
blue = voronet.decision(net, run.w, x) > 0.5
ends_right = (blue == (y[:, 1] == 1)).all(axis=-1)
turn = path.min(axis=1).argmax()
assert np.median(path[0]) > 0.9 and path[turn].min() > 0.95
assert half[1] > 0.6 > half[3]

figure, ax = plt.subplots(figsize=(4.6, 3.2), layout="constrained")
ax.plot(run.steps, path[:, ends_right], color=LIGHT.green, lw=0.9)
ax.plot(run.steps, path[:, ~ends_right], "--", color=LIGHT.accent, lw=0.9)
ax.set(xlabel="step $t$", xlim=(0, STEPS), ylim=(0.4, 1.01))
ax.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
ax.set_title("variance in one direction; failures are dashed")
plt.show()
# Hold the caption.
down, up = (path[-1, ends_right] < 0.95).mean(), (path[-1, ~ends_right] > 0.95).mean()
np.testing.assert_array_less([0.5, 0.4], [down, up])

# %% [markdown]
# Random units agree to a great extent before the first step: the median share is {{= np.median(path[0]) :.0%}} there. Training makes them agree more. At step {{= run.steps[turn] :, }} the share is at least {{= path[turn].min() :.0%}} in every one of these runs. Most outputs are undecided a little earlier: {{= half[1] :.0%}} of them are within a tenth of one half at step {{= run.steps[1] :, }}, and {{= half[3] :.0%}} at step {{= run.steps[3] :, }}. From
# there the runs differ. In the successes the median of the share comes down to {{= np.median(path[-1, ends_right]) :.0%}}, as units leave the common line. In the failures it ends at {{= np.median(path[-1, ~ends_right]) :.0%}}.
#
# ## What makes failures rarer
#
# The same seeds again, with one thing changed at a time. Each mark stands for {{= len(record["n_20"][0]) }} networks; the bars are Wilson's intervals.


# %% fold="The sweeps, and their pairs with the default"
def swept(name, default):
    """Return the levels of a sweep in order, each with its successes."""
    levels = {default: success[: len(record["n_20"][0])]}
    for key in record:
        if key.startswith(f"{name}_"):
            levels[float(key.removeprefix(f"{name}_"))] = record[key][1] == 1
    return dict(sorted(levels.items()))


sweeps = {
    "number of points $n$": (N, swept("n", N)),
    "scale of the start": (0.5, swept("scale", 0.5)),
    "units in the first layer": (2, swept("width", 2)),
}
pairs = {}
for name, (default, levels) in sweeps.items():
    print(f"{name.replace('$', '')}, and pairs with {default:g}")
    for level, right in levels.items():
        low, high = wilson(right.sum(), len(right))
        line = f"{level:6g}   {right.mean():4.0%} ({low:.0%} to {high:.0%})"
        if level != default:
            wins, losses, p = paired(right, levels[default])
            pairs[name, level] = wins, losses, p
            line += f"   wins {wins:2}, loses {losses:2}, p = {p:.1g}"
        print(line)
scale, width = "scale of the start", "units in the first layer"
wide = sweeps[width][1]
assert pairs[scale, 2][2] < 0.01 and pairs[scale, 1][2] > 0.5
assert all(pairs[width, units][2] < 1e-6 for units in (3, 4, 8))

# %% alt="Three panels with the share of successes and its intervals. It falls steadily with the number of points. It is nearly level in the scale of the start up to one and a little higher above. It rises with the number of units in the first layer."
figure, panels = plt.subplots(3, 1, figsize=(4.6, 6.4), layout="constrained")
for ax, (name, (_, levels)) in zip(panels, sweeps.items(), strict=True):
    at = np.array(list(levels))
    share = np.array([right.mean() for right in levels.values()])
    low, high = wilson(share * len(right), len(right))
    bars = np.maximum([share - low, high - share], 0)
    ax.errorbar(at, share, yerr=bars, fmt="o-", color=LIGHT.blue, lw=1.2, ms=5)
    ax.set(xscale="log", ylim=(0, 1))
    ax.set_title(name)
    ax.set_xticks(at, [f"{level:g}" for level in at])
    ax.minorticks_off()
panels[0].set_ylabel("share of successes")
plt.show()
# Hold the caption.
of_points, of_scales, of_units = (
    [right.mean() for right in levels.values()] for _, levels in sweeps.values()
)
np.testing.assert_array_less(np.diff(of_points), 0)
np.testing.assert_array_less(np.ptp(of_scales[:3]), 0.02)
np.testing.assert_array_less(max(of_scales[:3]), of_scales[3:])
np.testing.assert_array_less(0, np.diff(of_units))

# %% [markdown]
# Overlapping intervals are not a test here, since the same seeds were used at each level. The pairs are.
#
# - *More points* make failures more frequent: a problem with more points is a harder problem.
# - *The scale of the start* makes no difference between a quarter and one. Twice as large as ours, at one, it wins {{= pairs[scale, 1][0] }} problems and loses {{= pairs[scale, 1][1] }}. A scale of two wins {{= pairs[scale, 2][0] }} and loses {{= pairs[scale, 2][1] }}, which chance does in {{= pairs[scale, 2][2] :.1%}} of cases. {{claim larger_starts_help: So a scale of two does help.}}
# - *More units in the first layer* help more than any scale of the start: three units succeed on {{= wide[3].mean() :.0%}}, four on {{= wide[4].mean() :.0%}} and eight on {{= wide[8].mean() :.0%}} of the problems. {{claim more_units_in_the_first_layer_help: Three units win {{= pairs[width, 3][0] }} and lose {{= pairs[width, 3][1] }}, more than any scale does.}} Why they help is not shown. One possible reason is that each further unit gives the curves of the second layer one more direction in which to bend.
#
# ## Would patience help?
#
# The first {{= len(record["patience"][1]) }} problems were trained four times as long.

# %% fold="The counts after four times the steps"
longer = record["patience"][1] == 1
early = success[: len(longer)]
stayed = ~early & ~longer
kind = record["slope"][: len(longer)] < 0.01
fell = (loss[: len(longer)] - record["patience"][0]) * N
print(f"after {STEPS:7,} steps {early.sum()} of {len(early)} succeed")
print(f"after {4 * STEPS:7,} steps {longer.sum()} of {len(longer)} succeed")
print(f"failures that became successes: {(longer & ~early).sum()}")
still = {}
for name, these in (("saturated", stayed & kind), ("balanced", stayed & ~kind)):
    still[name] = (fell[these] > 0.05).sum(), these.sum()
    print(f"{name}: {still[name][0]} of {still[name][1]} lowered n L by more than 0.05")
assert still["saturated"][0] == 0 < still["balanced"][0]

# %% [markdown]
# Of {{= (~early).sum() }} failures, {{= (longer & ~early).sum() }} became successes in the added steps. The others are not all alike. None of the {{= still["saturated"][1] }} saturated ones has moved. {{claim balanced_failures_still_move: Of the {{= still["balanced"][1] }} balanced ones {{= still["balanced"][0] }} have lowered their loss: they are slow, and more steps may still help them.}}
#
# ## The worst run
#
# Here is how the worst run came to its end, a loss of {{= worst.loss[-1] :.3f }} with {{= int(wrong[loss.argmax()]) }} of {{= N }} points wrong.

# %% alt="The loss and the gradient norm of the worst run. The loss comes down in the first half of the run and then lies level; the norm of the gradient falls by several powers of ten."
curves(worst)
plt.show()
# Hold the caption.
first, middle, last = worst.loss[[0, len(worst.loss) // 2, -1]]
np.testing.assert_array_less([last, 0.99 * middle], [first / 2, last])
np.testing.assert_array_less(worst.gradient_norm[-1], worst.gradient_norm[0] / 1e4)

# %% [markdown]
# The replay shows the same run. Open *What each unit sees*. At the end, the units of the second layer all draw nearly the same line. Go back to see how they came to it.

# %%
worst.replay()

# %% [markdown]
# ## What this page does not show
#
# - **Why a run turns into a failure at the step where it does.** It shows the ends.
# - **More than one thing changed at a time.** The best width may want another rate, and the cross-entropy another scale.
# - **That the shares hold elsewhere.** They are those of this rule, with three seeds of each colour, and of uniform points.
