# ---
# title: Adam, seriously
# chapter: 12
# description: Five methods that are all called Adam, the longest step derived and reached, a problem on which Adam ends at the worst point, and what the tolerance and the learning rate decide.
# ---

# %% [markdown]
# # Adam, seriously
#
# [The derivation](../derive/adam.md) ends with a method that works. This page asks harder questions. Which of the methods called Adam is it, and how could you tell? How long can a step be? Can Adam end at the worst point
# there is? What does it mean when a run stops, and what when it does not? How much depends on the learning rate?
#
# ## Five methods of one name
#
# All of these stand in libraries, articles or lecture notes under the same name. They share the two moments and differ in how a step is made of them. Algorithm 1 of
# [Kingma and Ba (2015)](../references.md) is \eqref{eq:adam-update}. They also give a shorter order of computation at the end of its section 2, in which $\varepsilon$ comes before the correction:
#
# $$
# w_t = w_{t-1} - \eta \, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot \frac{m_t}{\sqrt{v_t} + \hat\varepsilon}
# % where: \hat\varepsilon = \varepsilon \sqrt{1 - \beta_2^t}
# \label{eq:adam-hat}
# $$
#
# With $\hat\varepsilon = \varepsilon \sqrt{1 - \beta_2^t}$ this is Algorithm 1 again, by \eqref{eq:adam-rearranged}. With a constant in its place it is a different method. Others put the constant under the root, leave the correction out, or
# multiply by $1 - \beta_1^t$ and $1 - \beta_2^t$ where they should divide:

# %%
from inspect import signature
from math import comb

import matplotlib.pyplot as plt
import numpy as np

import voronet
from voronet.show import LIGHT

adam = voronet.Adam()
b1, b2, e = adam.beta1, adam.beta2, adam.epsilon
tol = signature(voronet.train).parameters["tol"].default

variants = {
    "Algorithm 1": lambda m, v, c1, c2: m / c1 / (np.sqrt(v / c2) + e),
    "e-hat scaled": lambda m, v, c1, c2: (
        np.sqrt(c2) / c1 * m / (np.sqrt(v) + e * np.sqrt(c2))
    ),
    "e-hat constant": lambda m, v, c1, c2: np.sqrt(c2) / c1 * m / (np.sqrt(v) + e),
    "e under the root": lambda m, v, c1, c2: m / c1 / np.sqrt(v / c2 + e),
    "no correction": lambda m, v, *_: m / (np.sqrt(v) + e),
    "multiplied": lambda m, v, c1, c2: m * c1 / (np.sqrt(v * c2) + e),
}


def steps(variant, gradients):
    """Return each step over the rate, for a sequence of gradients."""
    m = v = 0.0
    taken = []
    for t, g in enumerate(gradients, 1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        taken.append(variants[variant](m, v, 1 - b1**t, 1 - b2**t))
    return np.array(taken)


# %% [markdown]
# The first of them should be ours. Compare it with `voronet.Adam` over many random gradients of all sizes:

# %% fold="The comparison"
rng = np.random.default_rng(0)
gradients = rng.standard_normal(500) * 10.0 ** rng.uniform(-9, 0, 500)
w, state, moved = np.zeros(1), adam.start([0.0]), []
for g in gradients:
    after, state = adam.step(w, [g], state)
    moved.append((w - after)[0] / adam.learning_rate)
    w = after
for name in ("Algorithm 1", "e-hat scaled"):
    gap = np.abs(steps(name, gradients) - moved).max()
    print(f"{name:12}  differs from voronet.Adam by at most {gap:.0e}")
    assert gap < 1e-9

# %% [markdown]
# Now the first step of each, divided by the rate, for gradients of four sizes. In the first column the four methods that correct the bias cannot be told apart. In the last column they differ by powers of ten.

# %% fold="The first steps"
sizes = (1e-1, 1e-4, 1e-6, 1e-8)
print(" " * 18 + "".join(f"  g ={size:7.0e}" for size in sizes))
first = {name: [steps(name, [g])[0] for g in sizes] for name in variants}
for name, row in first.items():
    print(f"{name:18}" + "".join(f"{step:12.3g}" for step in row))

# %% [markdown]
# Look at the last two rows. *No correction* is too long at first by the factor
# $(1 - \beta_1) / \sqrt{1 - \beta_2}$, here {{= (1 - b1) / np.sqrt(1 - b2) :.2f }}. *Multiplied* makes it worse: it squares this factor. Both become right as $\beta_1^t$ and $\beta_2^t$ fade, so the mistake disappears during a long run and is easily missed. What happens after the first step, with a steady gradient?

# %% alt="The step over the rate against the number of the step, for a steady gradient, one curve for each method. Algorithm 1 lies at one throughout. Without correction the step rises to several times the rate and comes down again only after many hundred steps; multiplied, it rises far higher still. With the constant unscaled it starts below one and creeps up, and with the constant under the root it stays near zero."
T = 3000
styles = {
    "Algorithm 1": (LIGHT.ink, "-"),
    "e-hat constant": (LIGHT.blue, "-"),
    "e under the root": (LIGHT.muted, "-"),
    "no correction": (LIGHT.accent, "-"),
    "multiplied": (LIGHT.green, "-"),
}
# Where each curve is named: the step, and the height.
names = {
    "Algorithm 1": (9, 1.15),
    "e-hat constant": (2, 0.5),
    "e under the root": (30, 0.014),
    "no correction": (9, 3.2),
    "multiplied": (45, 21),
}
figure, ax = plt.subplots(figsize=(4.6, 3.4), layout="constrained")
ends = {}
for name, (colour, dash) in styles.items():
    taken = steps(name, [1e-6] * T)
    ends[name] = taken
    ax.loglog(np.arange(1, T + 1), taken, dash, color=colour)
    ax.text(*names[name], name.replace("e", "ε", name[0] == "e"), color=colour, size=10)
ax.set(xlabel="step $t$", ylabel="step over the rate", ylim=(5e-3, 50))
ax.set_title("a steady gradient of one millionth")
plt.show()
# Hold the caption.
np.testing.assert_allclose(ends["Algorithm 1"], 1, rtol=0.02)
np.testing.assert_array_less([5, 1.2], ends["no correction"][[10, 1_000]])
np.testing.assert_array_less(ends["no correction"].max(), ends["multiplied"].max() / 2)
np.testing.assert_array_less(ends["e-hat constant"][:-1], ends["e-hat constant"][1:])
np.testing.assert_array_less(ends["e under the root"], 0.05)

# %% [markdown]
# Without correction the step is at its longest at step {{= ends["no correction"].argmax() + 1 }}, with {{= ends["no correction"].max() :.2f }} times the rate: $m_t$ has nearly reached the gradient by then, and $v_t$ is still far below its square.
# *Multiplied* reaches {{= ends["multiplied"].max() :.0f }} times the rate.
# With $\varepsilon$ under the root the steps stay short on such a gradient: its constant acts like $\sqrt{\varepsilon}$, which is {{= np.sqrt(e) :.0e }} and is larger than the gradient.
#
# Does it matter here? At the end of a good run our gradients are as small as that. In [the first run](first-run.py) the norm of all of them together ends below one millionth.
#
# ## How long can a step be?
#
# One often reads that a step of Adam is at most the rate. For a steady gradient it is. Section 2.1 of Kingma and Ba gives two bounds, one for each of two cases of the betas. Where $1 - \beta_1$ is greater than $\sqrt{1 - \beta_2}$, as it is for the usual betas, the bound is $(1 - \beta_1) / \sqrt{1 - \beta_2}$ times the rate; otherwise it is the rate itself.
# They add that the first is attained in the most severe case of sparsity: a gradient that was zero at every step but the present one. Is that the longest step that there is? Start from the sums \eqref{eq:adam-m-unrolled} and \eqref{eq:adam-v-unrolled}, for one parameter. The absolute value of a sum is at most the sum of the absolute values:
#
# $$
# % sharp
# |m_t| \le (1 - \beta_1) \sum_{s=1}^{t} \beta_1^{t-s} \, |g_s|
# \label{eq:adam-m-bound}
# $$
#
# We want $v_t$ on the right, and $v_t$ has the weights $\beta_2^{t-s}$. So split the weight in two, $\beta_1^{t-s} = (\beta_1 / \sqrt{\beta_2})^{t-s} \cdot (\sqrt{\beta_2})^{t-s}$, and give the second factor to the gradient. The inequality of Cauchy and Schwarz says that a
# sum of products is at most the product of the roots of the sums of squares:
#
# $$
# % sharp
# (1 - \beta_1) \sum_{s=1}^{t} \beta_1^{t-s} \, |g_s|
# \le (1 - \beta_1) \sqrt{\sum_{s=1}^{t} \left( \frac{\beta_1^2}{\beta_2} \right)^{t-s}} \sqrt{\sum_{s=1}^{t} \beta_2^{t-s} \, g_s^2}
# \label{eq:adam-cauchy}
# $$
#
# The last root is known. By \eqref{eq:adam-v-unrolled} it is that of $v_t / (1 - \beta_2)$:
#
# $$
# \sqrt{\sum_{s=1}^{t} \beta_2^{t-s} \, g_s^2} = \sqrt{\frac{v_t}{1 - \beta_2}}
# \label{eq:adam-v-root}
# $$
#
# and the one before it is a geometric sum. Write $q$ for $\beta_1^2 / \beta_2$, which is below one for the usual values:
#
# $$
# \sum_{s=1}^{t} \left( \frac{\beta_1^2}{\beta_2} \right)^{t-s} = \frac{1 - (\beta_1^2 / \beta_2)^t}{1 - \beta_1^2 / \beta_2}
# \label{eq:adam-geometric}
# $$
#
# It is less than $1 / (1 - q)$. The corrections tend to one, and on the way they make the bound no smaller than the quotient. So the quotient of the moments, and with it the step over the rate, is at most
#
# $$
# % sharp
# \frac{|\hat m_t|}{\sqrt{\hat v_t}} \le \frac{1 - \beta_1}{\sqrt{(1 - \beta_2) (1 - \beta_1^2 / \beta_2)}}
# \qquad \beta_1^2 < \beta_2
# \label{eq:adam-longest}
# $$

# %%
bound = (1 - b1) / np.sqrt((1 - b2) * (1 - b1**2 / b2))

# %% [markdown]
# This is {{= bound :.3f }} for the usual values, more than the {{= (1 - b1) / np.sqrt(1 - b2) :.3f }} of Kingma and Ba. Is it reached? Cauchy and Schwarz give equality when the two sequences are proportional, here when $\sqrt{\beta_2}^{\,t-s} g_s$ is a multiple of
# $(\beta_1 / \sqrt{\beta_2})^{t-s}$. That is $g_s = (\beta_1 / \beta_2)^{t-s}$<!-- exempt: supposed, these are the gradients of equality -->: gradients that *grow* by the factor $\beta_2 / \beta_1$ at each step, up to the last. Feed them to the code:

# %%
T = 6000
s = np.arange(1, T + 1)
histories = {
    "a steady gradient": np.ones(T),
    "zeros, then a spike": np.where(s == T, 1.0, 0.0),
    "growing by b2 / b1": (b1 / b2) ** (T - s),
}
longest = {}
for name, gradients in histories.items():
    w, state = np.zeros(1), adam.start([0.0])
    for g in gradients:
        before, (w, state) = w, adam.step(w, [g], state)
    longest[name] = (before - w)[0] / adam.learning_rate
    print(f"{name:20} last step over the rate: {longest[name]:.4f}")
print(f"{'the bound':20}                          {bound:.4f}")

# %% [markdown]
# The growing gradients reach {{= longest["growing by b2 / b1"] :.3f }} times the rate. So a step of Adam is *not* at most the rate. It is at most about {{= bound :.0f }} times the rate.
#
# Do such steps occur in training? Gradients that grow by {{= b2 / b1 - 1 :.0%}} at every step were made up to attain the bound. For real runs the lengths have to be measured, at every step, which takes too long for a build. So they come from a *recorded run*:

# %% fold="The record, read"
with np.load("recorded/adam.npz") as file:
    record = {name: file[name] for name in file.files}
print("command", record["command"])
print("made on", record["date"], "with NumPy", record["numpy"])

real, early, growth = (record[name] for name in ("longest", "growth_early", "growth"))
print(f"longest step of a parameter, over the rate, in each of {len(real)} runs:")
print(f"  {real.min():.2f} to {real.max():.2f}, median {np.median(real):.2f}")
print("greatest growth of the gradient's norm in one step:")
print(f"  first 6,000 steps   {early.max() - 1:.2%} at most")
print(f"  all steps           more than 11 % in {(growth > 1.11).sum()} runs")
assert real.min() > 2 and real.max() < bound
assert early.max() < 1.01

# %% [markdown]
# {{claim long_steps_are_ordinary: In every run some step was at least {{= real.min() :.1f}} times the rate, and the longest of all was {{= real.max() :.1f}} times, close to the bound.}} So long steps are ordinary. But they do not need a gradient that grows by {{= b2 / b1 - 1 :.0%}} a step. {{claim gradients_grow_slowly_early_in_a_run: Early in the runs, in the first row of the growth, the norm of the
# gradient never grew by more than {{= early.max() - 1 :.1%}} in one step.}} Slow growth over many steps lengthens the steps as well, since $\hat m_t$ follows it sooner than $\hat v_t$ does. Later in a run the norm of the gradient can jump within one step, to {{= growth.max() :.0f}} times its size in one of the runs.
#
# ## A problem that Adam loses
#
# Reddi, Kale and Kumar ([2018](../references.md)) found a problem with a single parameter between minus one and one, on which Adam goes to the worst point. The losses come in turn: $C x$ at every third step, and $-x$ at the two others, with
# $C = 3$. Over three steps that is $(C - 2) \, x$, so the best point is $x = -1$<!-- exempt: supposed, here x is the parameter of their problem -->. They take $\beta_1 = 0$ and $\beta_2 = 1 / (1 + C^2)$. After each step $x$ is put back into the interval. The gradient is $C$ or $-1$, whatever $x$ is, so it is easily run:

# %%
C = 3


def reddi(method, steps=6000):
    """Return the path of x in the online problem of Reddi et al."""
    x, state, path = np.zeros(1), method.start([0.0]), []
    for t in range(1, steps + 1):
        x, state = method.step(x, [C if t % 3 == 1 else -1.0], state)
        x = np.clip(x, -1, 1)
        path.append(x[0])
    return np.array(path)


theirs = reddi(voronet.Adam(1e-3, beta1=0.0, beta2=1 / (1 + C**2)))
usual = reddi(voronet.Adam(1e-3))
plain = reddi(voronet.GradientDescent(1e-3))
print(f"at the end: {theirs[-1]:+.3f}, {usual[-1]:+.3f}, {plain[-1]:+.3f}")

# %% alt="Three paths of x from zero. With the betas of Reddi and others Adam climbs to plus one, the worst point. With the usual betas, and with plain gradient descent, x falls to minus one, the best."
figure, ax = plt.subplots(figsize=(4.6, 3.0), layout="constrained")
ax.axhline(-1, color=LIGHT.grid)
for path, colour, name, at in (
    (theirs, LIGHT.accent, "Adam, betas of Reddi et al.", (6000, 0.6)),
    (usual, LIGHT.blue, "Adam, usual betas", (6000, -0.45)),
    (plain, LIGHT.green, "gradient descent", (2000, -0.85)),
):
    ax.plot(path, color=colour)
    ax.text(*at, name, color=colour, ha="right", size=10)
ax.set(xlabel="step $t$", ylabel="$x$", ylim=(-1.1, 1.1), yticks=[-1, 0, 1])
ax.spines["left"].set_visible(False)
plt.show()
# Hold the caption.
np.testing.assert_allclose([theirs[-1], usual[-1], plain[-1]], [1, -1, -1], atol=0.02)

# %% [markdown]
# Why? The large gradient $C$ enters $v_t$ at once, so the step it causes is cut down to about the rate. By the next step little of it is left: $\beta_2$ keeps {{= 1 / (1 + C**2) :.0%}}. The two small gradients are then divided by their own small
# root, and each moves $x$ by about the rate too. Two steps go up and one goes down. With the usual $\beta_2$, the second moment reaches back some {{= round(1 / (1 - b2)) :, }} steps, so the large gradient still counts when the small ones come, and Adam finds the
# best point. Their theorem goes further: for *any* fixed betas with $\beta_1 \lt \sqrt{\beta_2}$ there is a $C$, and a longer period, for which Adam fails. They let the rate fall like one over the root of the step, and we have left it as it is; the outcome is the same. Our own losses use all samples at every step, so they do not come in turn.
#
# ## The tolerance
#
# Training stops when $\|g\|$ is below {{= tol :.0e }}. This rule can fail in both directions: a run that is right may never meet it, and a run that is wrong may. How often each happens depends on the learning rate. The numbers are from the same record, which also has
# {{= len(record["seeds"]) * len(record["rates"]) :, }} networks at {{= len(record["rates"]) }} rates, and up to {{= int(record["max_steps"]) :, }} steps for each.
#
# A build cannot repeat all of that, but it can repeat the beginning. Here are the first hundred steps of the first problems,
# computed again now and compared with the file. At the largest rates even a hundred steps amplify the last bit of a rounding, which is not the same on every processor, so these rates are left out:

# %% fold="The beginnings, computed again"
STEADY = 0.1
for rate, w_100 in zip(record["rates"], record["w_100"], strict=True):
    if rate > STEADY:
        continue
    again = voronet.study(
        range(len(w_100)),
        optimiser=voronet.Adam(learning_rate=rate),
        max_steps=100,
    )
    np.testing.assert_allclose(again.w, w_100, rtol=1e-12, atol=1e-12)
print(f"up to a rate of {STEADY}, the beginnings agree to 1e-12")

# %% [markdown]
# For every rate, all problems have {{= 50 }} points. A run is *converged* if the norm fell below the tolerance before the last step. *All right* means that every point has its colour. The third column counts those that converged **and** left some point wrong.

# %% fold="The counts of this table"
right = record["accuracy"] == 1
converged = record["converged"]
print(" rate   converged   all right   converged and wrong   median loss")
for k, rate in enumerate(record["rates"]):
    both = (converged[k] & ~right[k]).mean()
    print(
        f"{rate:6.4g}   {converged[k].mean():8.0%}   {right[k].mean():8.0%}"
        f"   {both:16.0%}        {np.median(record['loss'][k]):.1e}"
    )
usual_row = int(np.flatnonzero(record["rates"] == adam.learning_rate)[0])
largest = len(record["rates"]) - 1

# %% [markdown]
# Look at the default rate, {{= adam.learning_rate }}. Within {{= int(record["max_steps"]) :, }} steps {{= converged[usual_row].mean() :.0%}} of the runs meet the tolerance, while {{= right[usual_row].mean() :.0%}} get every point right. So most good runs have not converged. One reason is the sigmoid. It reaches zero and one only in the limit, so no $w$ is best: the loss and its
# gradient go on shrinking, slowly, as the weights grow. And of those that *have* converged, {{= (converged[usual_row] & ~right[usual_row]).sum() / converged[usual_row].sum() :.0%}} have some point wrong. [Where it sticks](failure.py#two-kinds-of-failure) shows what those have in common: saturated outputs at the wrong points. At the largest rate {{= converged[largest].mean() :.0%}} converge, and nearly all of them to an answer that is wrong.
# [The training page](../derive/train.md#a-gradient-of-zero-that-is-no-solution) shows such runs on four points.
#
# ## The learning rate
#
# The same record, drawn: the share of runs in which every point is right, with intervals that would cover the true share nineteen times in twenty.


# %% alt="The share of runs with every point right, against the learning rate on a logarithmic axis, with bars for the intervals. It rises from small rates to a wide level range and falls off steeply towards a rate of one."
def wilson(successes, trials, z=1.96):
    """Return Wilson's interval for a share, as (low, high)."""
    p, n = successes / trials, trials
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return middle - half, middle + half


def sign_test(wins, losses):
    """Return how likely a split is at least as uneven, if both sides are equal."""
    n, few = wins + losses, min(wins, losses)
    return min(1.0, sum(comb(n, k) for k in range(few + 1)) / 2 ** (n - 1))


counts, trials = right.sum(axis=1), right.shape[1]
low, high = wilson(counts, trials)
share = counts / trials
figure, ax = plt.subplots(figsize=(4.6, 3.0), layout="constrained")
bars = [share - low, high - share]
ax.errorbar(record["rates"], share, yerr=bars, fmt="o-", color=LIGHT.blue, lw=1.2, ms=5)
ax.axvline(adam.learning_rate, color=LIGHT.muted, lw=1, ls=":")
ax.text(adam.learning_rate * 0.85, 0.02, "default", ha="right", color=LIGHT.muted)
ax.set(xscale="log", ylim=(0, 1), xlabel="learning rate $\\eta$")
ax.set_title("share of runs with every point right")
plt.show()
# Hold the caption.
top = share > 0.5
level = np.flatnonzero(top)
np.testing.assert_array_equal(np.diff(level), 1)
np.testing.assert_array_less(10, record["rates"][level[-1]] / record["rates"][level[0]])
np.testing.assert_array_less(np.diff(share[level[-1] :]), 0)
np.testing.assert_array_less(0, np.diff(share[: level[0] + 1]))
np.testing.assert_array_less(share[-1], 0.05)

# Compare each rate with the default on the same problems: which of the two succeeds?
usual = right[usual_row]
print("  rate   only this   only default   p")
for rate, row in zip(record["rates"], right, strict=True):
    wins, losses = int((row & ~usual).sum()), int((usual & ~row).sum())
    p = sign_test(wins, losses)
    print(f"{rate:6.4g}   {wins:9}   {losses:12}   {p:.1g}")

# The level range: the rates whose share is at most a tenth below the best.
flat = np.flatnonzero(share > share.max() - 0.1)
highest = record["rates"][flat[-1]]
assert flat[0] == usual_row
for row in right[flat[1:]]:
    wins, losses = int((row & ~usual).sum()), int((usual & ~row).sum())
    assert sign_test(wins, losses) > 0.05

# %% [markdown]
# The share is nearly level over a wide range. From the default up to {{= highest :.2g }}, a range of {{= highest / adam.learning_rate :.0f}} to one, the share of successes lies between {{= share[flat].min() :.0%}} and {{= share[flat].max() :.0%}}, and {{claim no_rate_beats_the_default_clearly: no rate there does clearly better than the default on the same problems}}: if neither were better, a difference at least as large as the observed one would come about in more than one of twenty such comparisons. What the rate changes there is how tight the fits are in the same number of steps: the median loss falls from {{= np.median(record["loss"][usual_row]) :.0e }} to {{= np.median(record["loss"][flat][-1]) :.0e }}.
# Below the default, fewer runs get there within {{= int(record["max_steps"]) :, }} steps. Above that range, fewer get there at all. So no rate removes the failures, and [the next page](failure.py) looks for what does. We keep the default, because it is that of the original script and of Kingma and Ba.
#
# ## What this page does not show
#
# - The record is for one number of points, one size of network and one number of steps. With more steps the small rates may catch up.
# - The example of Reddi and others is not a network. It shows that no proof can promise convergence for these betas, and not that training suffers from it.
# - A rate that changes during the run, which many use, is not tried.
# - Why the gradient jumps in some runs is not explained.
