# ---
# title: Where it sticks
# chapter: 13
# description: A thousand random problems and where training ends on them, the two kinds of failure and how to tell them apart, another loss for comparison, and what makes failures rarer.
# ---

# %% [markdown]
# # Where it sticks
#
# [How often does it fit?](how-often.py) showed that many networks never get all of their points right. This page counts these failures over a thousand problems: of which kinds they are, why training does not go on, and what makes them rarer. [Inside a failed network](inside.py) then looks at single ones.
#
# ## A thousand problems
#
# A thousand runs take minutes, so this is a *recorded run*. It comes from a [study](../api.md#voronet.study), in which each seed draws a rule, the points and a start. Call a run a *success* if it ends with every training point on the right side, and a *failure* if not. Here is where they end:

# %% alt="Two histograms of the final loss times the number of points. Most failures stand in tall narrow towers at one, two, three and so on; some lie between. Nearly all successes lie close to zero."
from math import comb

import matplotlib.pyplot as plt
import numpy as np

import voronet
from voronet.show import LIGHT

N, STEPS = 50, 25_000
with np.load("recorded/failure.npz") as file:
    record = {name: file[name] for name in file.files}
loss, wrong = record["loss"], record["wrong"]
success = record["accuracy"] == 1

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
# Most failures stand in towers at whole numbers. If all outputs are close to zero or one, a wrong point costs $\ell_i = \tfrac{1}{2}(1 + 1) = 1$<!-- exempt: supposed, an output at the wrong end --> and a right one nothing, so with $c$ wrong points $nL$ is close to $c$.


# %% fold="Successes, failures, and Wilson's interval"
def wilson(successes, trials, z=1.96):
    """Return Wilson's interval for a share, as (low, high)."""
    p, n = successes / trials, trials
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return middle - half, middle + half


low, high = wilson(success.sum(), len(success))
print(f"{success.sum()} of {len(success)} succeed: {success.mean():.1%}")
print(f"interval {low:.1%} to {high:.1%}")
print(f"median loss of the failures {np.median(loss[~success]):.3f}")

# %% [markdown]
# So {{= success.mean() :.0%}} succeed. The interval from {{= low :.0%}} to {{= high :.0%}} is made so that nineteen of twenty such intervals hold the true share ([Wilson, 1927](../references.md)).
#
# Long runs amplify rounding in the last bit, so another machine may end elsewhere, and the record keeps the ends that were found. The beginnings can be repeated on any machine. Here are the first problems, and their networks after a hundred steps, computed now:

# %% fold="The record, and its beginnings computed again"
print("command", record["command"])
print("made on", record["date"], "with NumPy", record["numpy"])
print("in", f"{record['seconds']:,}", "seconds")
print("seeds  ", record["seeds"].min(), "to", record["seeds"].max())
begun = voronet.study(range(len(record["w_100"])), n=N, max_steps=100)
np.testing.assert_allclose(begun.w, record["w_100"], rtol=1e-12, atol=1e-12)
for seed, (x, label) in enumerate(zip(record["x"], record["label"], strict=True)):
    rng = np.random.default_rng(seed)
    rule = voronet.VoronoiRule.random(rng)
    np.testing.assert_array_equal(voronet.sample_points(N, rng), x)
    np.testing.assert_array_equal(rule.label(x), label)
print("the beginnings agree to 1e-12")

# %% [markdown]
# ## Two kinds of failure
#
# Not all failures are in the towers. At the end of a run, split the gradient into two parts: what the wrong points contribute to the mean over all points, and what the right ones contribute. Call the length of each part a *pull*. Look also at the slopes $\sigma'$ of the outputs at the wrong points, and take the steepest. Here are all failures:

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
# Is a failure due to the problem, or to an unlucky start? Take {{= record["starts_wrong"].shape[0] }} problems and train {{= record["starts_wrong"].shape[1] }} starts on each. The record has them too.

# %% alt="For each problem a bar with the share of its starts that succeed, in order. Some problems succeed from every start, some from none, and most lie between."
fits = record["starts_wrong"] == 0
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
# package makes it cheap by training many networks along one axis. [Inside a failed network](inside.py#what-failing-starts-have-in-common) asks what the failing starts have in common.
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
# ## What this page does not show
#
# - **How a network comes to its failure.** It counts the ends. [Inside a failed network](inside.py) follows some of them.
# - **More than one thing changed at a time.** The best width may want another rate, and the cross-entropy another scale.
# - **That the shares hold elsewhere.** They are those of this rule, with three seeds of each colour, and of uniform points.
