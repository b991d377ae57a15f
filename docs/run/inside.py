# ---
# title: Inside a failed network
# chapter: 14
# description: Single networks that fail, the worst of a thousand first. What the two layers do to the plane, what failing starts have in common, and how it comes about during training.
# ---

# %% [markdown]
# # Inside a failed network
#
# [Where it sticks](failure.py) counts how often training fails, and shows why it does not go on. That does not explain how a network got there. This page opens single networks: the worst of a thousand, then failing and successful starts on the same problems, then some networks while they train.
#
# ## The worst of a thousand
#
# The networks are those of the [recorded run](failure.py#a-thousand-problems) of that page. A *success* ends with every training point on the right side, a *failure* does not. Here is the end of the failure with the greatest loss. Its whole path is in the record.

# %% alt="The decision region of the worst run at its last step. Rings mark the points on the wrong side: all are green, and all lie near the left side. The shading is strong nearly everywhere, so the outputs are close to zero or one even there."
from math import comb

import matplotlib.pyplot as plt
import numpy as np

import voronet
from voronet.show import LIGHT, curves, frame

with np.load("recorded/failure.npz") as file:
    record = {name: file[name] for name in file.files}
worst = voronet.load("recorded/failure-worst.npz")
assert worst.loss[-1] == record["loss"].max()
frame(worst)
plt.show()
# Hold the caption.
blue = worst.y[1] == 1
ringed = (voronet.decision(worst.net, worst.w, worst.x) > 0.5) != blue
assert not blue[ringed].any()
np.testing.assert_array_less(worst.x[0, ringed], 0.25)
square = voronet.sample_points(1_000, np.random.default_rng(0))
strength = np.abs(voronet.decision(worst.net, worst.w, square) - 0.5)
np.testing.assert_array_less(0.45, np.quantile(strength, 0.05))
sure = np.abs(voronet.forward(worst.net, worst.w, worst.x)[1][-1] - 0.5)
np.testing.assert_array_less(0.49, sure[:, ringed])

# %% [markdown]
# The loss is {{= worst.loss[-1] :.3f }}, with {{= ringed.sum() }} of {{= len(blue) }} points wrong. {{claim the_worst_network_is_saturated: The network is sure of its answers, the wrong ones too: it is *saturated*.}}
#
# ## What the first layer does to the plane
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
# Here is the same network in this square.

# %% alt="The same network seen from the first layer. The unit square of its two activations, with the training points at their images, the square lattice of the plane bent into curves and crowded along the sides, and the straight lines of the eight second-layer units, which lie close together."
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
image = first_layer(worst.x)
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
# Each line meets the lower and the left side of the square.
met = -b2 / W2.T
assert met.min() > 0 and met.max() < 1
np.testing.assert_array_less(np.ptp(met, axis=1), 0.1)

# %% [markdown]
# The thin grey lines are a square lattice in the plane of the points. The dark ones are the lines of the second layer. {{claim the_eight_lines_nearly_coincide: All eight cross the square, and they lie almost on top of one another:}} *all units draw nearly the same line.* {{claim one_line_decides: On one side of it the network says green and on the other blue.}} {{claim the_wrong_points_share_a_corner: The wrong points lie in the corner where the lattice is crowded, among blue ones that are right.}} A second line would have to part them.
#
# Is that what failures have in common?
#
# ## What failing starts have in common
#
# Problems differ, so a fair comparison sets failing starts beside successful starts *on the same problem*. The record has {{= record["starts_wrong"].shape[1] }} starts on each of {{= record["starts_wrong"].shape[0] }} problems. Take those problems on which some starts succeeded and some failed, and look at two properties of the network at the end.
#
# - A *common line*: more than ninety-nine hundredths of the variance of the second layer's activations over the points lie in a single direction, so that the eight units say almost the same thing.
# - A *squeezed plane*: the condition number of $W_1$ is above five. The condition number is the factor by which a matrix stretches one direction more than another; a large one means that the plane is pressed into a strip.
#
# On how many problems is a property more frequent among the failures, and on how many less? If it had nothing to do with failure, both would be equally likely, and the *sign test* says how likely a split at least as uneven would then be.


# %% fold="The comparison within problems, and across them"
def sign_test(wins, losses):
    """Return how likely a split is at least as uneven, if both sides are equal."""
    n, few = wins + losses, min(wins, losses)
    return min(1.0, sum(comb(n, k) for k in range(few + 1)) / 2 ** (n - 1))


success, fits = record["accuracy"] == 1, record["starts_wrong"] == 0
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
working = [record["alive"][kind].mean() for kind in (~success, success)]

# %% [markdown]
# {{claim both_properties_go_with_failure_within_problems: Within a problem both go with failure.}} The common line is more frequent among the failures in {{= within["common line"][0] }} of the {{= mixed.sum() }} problems and less frequent in {{= within["common line"][1] }}; in the others it is equally frequent. For the squeezed plane it is {{= within["squeezed plane"][0] }} against {{= within["squeezed plane"][1] }}.
#
# Across all problems the first difference nearly disappears: {{= across["common line"][2] :.0%}} of the failures and {{= across["common line"][3] :.0%}} of the successes. Some problems *can* be solved with one line in the square, and their successes have a common line too. A comparison across problems mixes the two.
#
# This is an association at the end of the runs. It does not prove that the common line causes the failure; both may follow from something earlier. {{claim units_of_failures_still_work: One other explanation is ruled out: the units do not stop working. In the failures {{= working[0] :.1f }} of eight second-layer units, on average, still differ by more than a tenth between some two points, and in the successes {{= working[1] :.1f }}.}}
#
# ## Watch it happen
#
# When do the units come to agree? Train the first problems of the thousand once more, now, and follow the share of the variance in one direction along the way:

# %% alt="The share of variance in one direction over the steps, one line for each network. It is high at the start already and rises to nearly one within the first few thousand steps. Then most lines of the successes come down, and many of the failures stay at the top."
WATCHED, N, STEPS = 32, 50, 25_000
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
answers = voronet.decision(net, run.w, x) > 0.5
ends_right = (answers == (y[:, 1] == 1)).all(axis=-1)
turn = path.min(axis=1).argmax()
assert half[1] > 0.6 > half[3]

figure, ax = plt.subplots(figsize=(4.6, 3.2), layout="constrained")
ax.plot(run.steps, path[:, ends_right], color=LIGHT.green, lw=0.9)
ax.plot(run.steps, path[:, ~ends_right], "--", color=LIGHT.accent, lw=0.9)
ax.set(xlabel="step $t$", xlim=(0, STEPS), ylim=(0.4, 1.01))
ax.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
ax.set_title("variance in one direction; failures are dashed")
plt.show()
# Hold the caption.
np.testing.assert_array_less([0.9, 0.95], [np.median(path[0]), path[turn].min()])
assert run.steps[turn] < 5_000
down, up = (path[-1, ends_right] < 0.95).mean(), (path[-1, ~ends_right] > 0.95).mean()
np.testing.assert_array_less([0.5, 0.4], [down, up])

# %% [markdown]
# Random units agree to a great extent before the first step: the median share is {{= np.median(path[0]) :.0%}} there. Training makes them agree more. At step {{= run.steps[turn] :, }} the share is at least {{= path[turn].min() :.0%}} in every one of these runs. Most outputs are undecided a little earlier: {{= half[1] :.0%}} of them are within a tenth of one half at step {{= run.steps[1] :, }}, and {{= half[3] :.0%}} at step {{= run.steps[3] :, }}. From
# there the runs differ. In the successes the median of the share comes down to {{= np.median(path[-1, ends_right]) :.0%}}, as units leave the common line. In the failures it ends at {{= np.median(path[-1, ~ends_right]) :.0%}}.
#
# ## How the worst run went
#
# Here is how the worst network of all came to its end.

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
# - **Why a run turns into a failure at the step where it does.** It shows that units agree, and when. It does not show what decides whether they part again.
# - **That a common line is the cause.** No network was kept from it to see whether it then succeeds.
# - **How other failures look.** One network is shown in full, the one with the greatest loss, and it is a saturated one. [Where it sticks](failure.py#two-kinds-of-failure) counts both kinds.
