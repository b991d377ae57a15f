# ---
# title: The paper's example
# chapter: 11
# description: The ten points of Higham and Higham, their network of four layers and their stochastic gradient, for sixty-four starts at once, with the factor of twenty between two costs and the eleventh point.
# ---

# %% [markdown]
# # The paper's example
#
# Our example grew out of one in [Higham and Higham (2019)](../references.md). Theirs is smaller: ten points placed by hand, a network with three units in its second layer, and one random sample at each step in place of all of them.
# Can our functions reproduce it? They were not written for it, so this is a test of them.
#
# ## Ten points
#
# The points are in the listing of their section 6. The first five belong to the first class, which is green in our colours.

# %%
import matplotlib.pyplot as plt
import numpy as np

import voronet
from voronet.show import LIGHT, region

x = np.array(
    [
        [0.1, 0.3, 0.1, 0.6, 0.4, 0.6, 0.5, 0.9, 0.4, 0.7],
        [0.1, 0.4, 0.5, 0.9, 0.2, 0.3, 0.6, 0.2, 0.4, 0.6],
    ]
)
label = np.array([0] * 5 + [1] * 5)
y = voronet.one_hot(label)
net = voronet.Network(widths=(2, 2, 3, 2))
print(f"{net.size} parameters")

# %% [markdown]
# The paper counts its layers from the input, so what is $W_2$ there is $W_1$ here. Its {{= net.size }} weights and biases start as one half times a normal number, as ours do.
#
# ## One sample at a time
#
# The method is \eqref{eq:descent}, with the gradient of one sample drawn at random in place of the mean over all. [The page on gradient descent](../derive/descent.md#all-samples-one-or-some) says why this is right on average, and what it costs. The rate is the paper's.

# %%
descent = voronet.GradientDescent(learning_rate=0.05)


def recorded_cost(w, x=x, y=y):
    """Sum the squares as the paper's listing does."""
    _, a = voronet.forward(net, w, x)
    return ((y - a[-1]) ** 2).sum(axis=(-2, -1))


rng = np.random.default_rng(0)
w = net.initial_parameters(rng)
state = descent.start(w)
for t in range(5001):
    if t % 1000 == 0:
        print(f"step {t:5,}   recorded cost {recorded_cost(w):.3f}")
    g = voronet.stochastic_gradient(net, w, x, y, rng)
    w, state = descent.step(w, g, state)

# %% [markdown]
# Not much happens in so few steps. The paper takes a million.
#
# ## The factor of twenty
#
# What is this cost? The listing has a function that it calls `cost`. It adds up $\|y_i - a_i^{(K)}\|^2$ over all samples and records the sum. The cost of the paper's text, its equation (3.3), has the factor one half, and divides by the number of points. That is our loss $L$. By \eqref{eq:loss-recorded} the recorded number is
# $2 n L$, and with ten points the factor is

# %%
_, a = voronet.forward(net, w, x)
loss = voronet.mean_squared_error(a[-1], y)
print(f"recorded cost {recorded_cost(w):.6f}")
print(f"loss L        {loss:.6f}")
print(f"their ratio   {recorded_cost(w) / loss:.6f}")

# %% [markdown]
# So a curve drawn from the listing lies {{= recorded_cost(w) / loss :.0f }} times higher than one of the cost that the text defines. The paper says so: the caption of its figure calls the vertical axis a scaled value of the cost function. Only the factor is not printed there, and a reader who wants to compare
# numbers needs it. The *gradient* of the listing is that of $\ell_i$, with the half.
#
# ## A million steps, many times
#
# The paper trains its network in two ways. For the two figures of its section 2 it minimises the cost with `lsqnonlin`, a solver for nonlinear least squares from MATLAB's Optimization Toolbox; the authors' program for this is `nlsrun.m`. For the figures of its section 6 it uses the stochastic gradient of the listing, `netbp.m`.
# What follows repeats the second. The paper shows one start. How do others end? A million steps take minutes, so the following is a *recorded run*. It was made by the two lines in the loop above, for all starts at once on the leading axis of the arrays. Each start has a generator of its own, for its first parameters and then for its samples.

# %% fold="The record, read"
with np.load("recorded/paper.npz") as file:
    record = {name: file[name] for name in file.files}
print("command", record["command"])
print("made on", record["date"], "with NumPy", record["numpy"])
print("in", record["seconds"], "seconds, with", record["peak_megabytes"], "MB")
print("seeds  ", record["seeds"].min(), "to", record["seeds"].max())

# %% [markdown]
# Its beginning can be made again. Here are the first hundred steps of all starts, now, and compared with the file:

# %% fold="The beginnings, computed again"
rngs = [np.random.default_rng(seed) for seed in record["seeds"]]
w = np.stack([net.initial_parameters(rng) for rng in rngs])
state = descent.start(w)
for _ in range(100):
    g = voronet.stochastic_gradient(net, w, x, y, rngs)
    w, state = descent.step(w, g, state)
np.testing.assert_allclose(w, record["w_100_10"], rtol=1e-12, atol=1e-12)
print("the beginnings agree to 1e-12")

# %% alt="The recorded cost on a logarithmic axis against the number of steps, up to a million, one thin line for each start and a thick one for the median start. Most lie level for a while, then fall steeply at different times and go on falling slowly. A few stay high."
steps, cost = record["steps"], record["cost_10"]
figure, ax = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
ax.semilogy(steps, cost, color=LIGHT.muted, lw=0.5, alpha=0.6)
ax.semilogy(steps, cost[:, record["median_10"]], color=LIGHT.blue)
ax.set(xlabel="step", xlim=(0, steps[-1]), ylim=(1e-4, 20))
ax.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
ax.set_xticks([0, 500_000, 1_000_000])
ax.set_title("recorded cost, twenty times the loss")
plt.show()
# Hold the caption.
high = (cost[-1] > 1).sum()
np.testing.assert_array_less([0, high], [high, cost.shape[1] / 10])
np.testing.assert_array_less(4, cost[steps == 10_000])
fallen = steps[(cost < 1).argmax(axis=0)][cost[-1] < 1]
np.testing.assert_array_less(2 * np.quantile(fallen, 0.1), np.quantile(fallen, 0.9))
half, end = cost[[len(steps) // 2, -1]]
np.testing.assert_array_less(np.median(half / end), 5)
np.testing.assert_array_less(1.5, np.median(half / end))

# %% [markdown]
# The vertical axis is that of the paper's own plot, the recorded cost on a logarithmic scale. Its one curve has the shape of ours: level at first, then a steep fall and a slow decline. It is not one of ours, since its random numbers come from another program.
#
# ## The spread over the starts

# %% fold="The counts of this table"
shown = (0, 100_000, 1_000_000)
print("   step      best    median     worst")
for t in shown:
    row = cost[steps == t][0]
    best, median, worst = np.quantile(row, [0, 0.5, 1])
    print(f"{t:9,}  {best:.1e}   {median:.1e}   {worst:.1e}")


def wrong(w, x, label):
    """Count, for each network, the points that get the wrong colour."""
    _, a = voronet.forward(net, w, x)
    blue = a[-1][:, 1] > a[-1][:, 0]
    return (blue != (label == 1)).sum(axis=-1)


missed = wrong(record["w_10"], x, label)
point = "({:.1f}, {:.1f})".format(*record["x"][:, -1])
middle = {t: np.median(cost[steps == t][0]) for t in shown}

# %% [markdown]
# The median falls from {{= middle[0] :.2f }} to {{= middle[100_000] :.3f }} after a hundred thousand steps, and to {{= middle[1_000_000] :.1e }} after a million. At the end {{= (missed == 0).sum() }} of the {{= len(missed) }} networks have all ten points right. The worst ends at {{= cost[-1].max() :.2f }}, with {{= missed[cost[-1].argmax()] }}
# of the points wrong. {{claim nearly_every_start_succeeds_on_ten_points: So on the paper's example nearly every start succeeds in the end.}} On ours many do not, as [Where it sticks](failure.py) shows.
#
# The median start, and the worst:

# %% alt="Two decision regions with the ten points. On the left the median start: a curved line separates the five green points from the five blue ones. On the right the worst start: the line leaves a point on the wrong side, marked with a ring."
def median_and_worst(n):
    """Show where two of the starts end, for n points."""
    x, y = record["x"][:, :n], record["y"][:, :n]
    last = record[f"cost_{n}"][-1]
    rows = {"median": record[f"median_{n}"], "worst": last.argmax()}
    _, axes = plt.subplots(
        1, 2, figsize=(4.6, 2.6), layout="constrained"
    )
    for ax, (name, row) in zip(axes, rows.items(), strict=True):
        region(net, record[f"w_{n}"][row], x, y, ax=ax)
        ax.set_title(f"{name}: {last[row]:.1e}")
    plt.show()
    # Hold the caption.
    rings = wrong(record[f"w_{n}"], x, y.argmax(axis=0))
    np.testing.assert_array_less([rings[rows["median"]], 0], [1, rings[rows["worst"]]])


median_and_worst(10)

# %% [markdown]
# ## The eleventh point
#
# In section 2 the paper adds one more point of the second class and fits again with `lsqnonlin`, to show how the region changes. The coordinates are not in the text. We take those of published programs that draw the same figure, {{= point }}, and train with the stochastic gradient, from the same seeds. So the numbers
# below are about this method, and say nothing against the fit in the paper.

# %% alt="Two decision regions with eleven points. The new blue point lies on the left, close to the straight line between two green points, and the line of the network bends around it at the median start. At the worst start some points are left on the wrong side."
label11 = record["y"].argmax(axis=0)
missed11 = wrong(record["w_11"], record["x"], label11)
median_and_worst(11)
# Hold the caption: interpolate between the third point and the fourth, both green.
between = np.interp(record["x"][0, -1], *x[:, 2:4])
np.testing.assert_allclose(between, record["x"][1, -1], atol=0.05)

# %% [markdown]
# With ten points, {{= (missed == 0).sum() }} of {{= len(missed) }} starts end with all of them right. {{claim fewer_starts_succeed_on_eleven_points: With eleven it is {{= (missed11 == 0).sum() }} of {{= len(missed11) }}.}} The new point lies between two points of the other class, so the boundary has to bend once more.
#
# ## What this page does not show
#
# - **The paper's own curve.** Its random numbers are those of another program, so only the shape and the sizes can be compared.
# - **The fits of the paper's section 2.** A solver for least squares is another method, and we have not run it.
# - **That the stochastic gradient is better or worse.** With ten points it saves nothing. It is shown here because the paper uses it.
# - **The end on your machine.** A million steps amplify the last bit of a rounding, so another processor may swap one start for another. The beginnings agree everywhere, and a test says so.
