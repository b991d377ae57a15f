# ---
# title: How do we know?
# chapter: 15
# description: Several ways to the same gradient, most with their computed error, the V-shaped curve of finite differences, and what each would notice if the gradient were wrong.
# ---

# %% [markdown]
# # How do we know?
#
# Everything on this site was written from scratch. That makes it good to learn from, but it does not make it right. This page collects the evidence. It computes the gradient in several ways that share less and less with ours, and
# asks of each way which mistakes it would have noticed.
#
# ## A wrong gradient learns too
#
# Why not simply train, and see whether the loss falls? Because it falls anyway. Train the same network three times from the same start: with our gradient, with one in which all derivatives of the first layer are a tenth too long, and with one that leaves the biases of the second layer alone.

# %% alt="Three curves of the loss over the steps, on a logarithmic axis, from one start. All three fall. The curve of our gradient and that of the longer first layer lie on top of each other, and the one without a bias ends a little above them."
from itertools import pairwise

import autograd
import autograd.numpy as anp
import matplotlib.pyplot as plt
import numpy as np

import voronet
from voronet.show import LIGHT

rng = np.random.default_rng(0)
net, rule = voronet.Network(), voronet.VoronoiRule.random(rng)
x = voronet.sample_points(50, rng)
y = voronet.one_hot(rule.label(x))
w = net.initial_parameters(rng)


def loss_at(w):
    return voronet.mean_squared_error(voronet.forward(net, w, x)[1][-1], y)


def losses_with(spoil, steps=3000, every=10):
    """Train with a gradient that has been multiplied by `spoil`."""
    adam, end = voronet.Adam(1e-2), w
    state, path = adam.start(end), [loss_at(end)]
    for t in range(1, steps + 1):
        g = spoil * voronet.gradient(net, end, x, y)
        end, state = adam.step(end, g, state)
        if t % every == 0:
            path.append(loss_at(end))
    return every * np.arange(len(path)), np.array(path)


right = np.ones(net.size)
longer = net.pack(*net.unpack(right.copy()))
net.unpack(longer)[0][0][:] = 1.1
missing = right.copy()
net.unpack(missing)[1][1][:] = 0
figure, ax = plt.subplots(figsize=(4.6, 3.2), layout="constrained")
ends, drawn = {}, []
for name, spoil, colour, width in (
    ("our gradient", right, LIGHT.grid, 5),
    ("first layer a tenth longer", longer, LIGHT.blue, 1.2),
    ("no bias in layer 2", missing, LIGHT.accent, 1.2),
):
    steps, path = losses_with(spoil)
    ends[name] = path[-1]
    drawn.append(path)
    ax.semilogy(steps, path, color=colour, lw=width, label=name)
ax.set(xlabel="step $t$", ylabel="loss $L$", ylim=(0.01, 1))
ax.minorticks_off()
ax.legend(frameon=False)
plt.show()
# Hold the caption.
ours, tenth, without = drawn
np.testing.assert_allclose(tenth, ours, rtol=0.01)
for path in drawn:
    np.testing.assert_array_less(path[-1], path[0] / 10)
np.testing.assert_array_less([1.1, without[-1] / ours[-1]], [without[-1] / ours[-1], 2])
print(f"at the start                 loss {loss_at(w):.4f}")
for name, loss in ends.items():
    print(f"{name:28} loss {loss:.1e}")

# %% [markdown]
# All three losses fall, and the losses alone do not show which gradient is right. {{claim adam_hides_a_constant_factor: The first mistake is hard to find with Adam, which divides each component by its own size, so that a constant factor makes almost no difference.}} So a test of a gradient has to look at the gradient. Here it is, for a random start and {{= x.shape[1] }} points, with its {{= net.size }} components. Every other way on this page has to arrive at these numbers.

# %% fold="The gradient, and the error of another"
g = voronet.gradient(net, w, x, y)


def error(received, expected=g):
    """Return the greatest relative error of a component."""
    return (np.abs(received - expected) / np.abs(expected)).max()


found = {}

# %% [markdown]
# ## By hand
#
# The smallest case can be done on paper, with fractions. The pages on [backpropagation](../derive/backprop.md#an-example-to-follow-by-hand) and [the gradient](../derive/gradient.md#an-example-to-follow-by-hand) do it, with every number in between, and a test compares each of them. A worked example finds what no automatic way can find: an error in the *question*, such as a half or a mean that is missing
# from the loss and that an automatic way would differentiate without complaint.
#
# ## By loops
#
# Next, transcribe the equations of one sample as they stand, \eqref{eq:delta-output}, \eqref{eq:delta-hidden} and those for a single weight, with plain numbers and loops. No matrix product, no transpose, nothing that could be in the wrong order.


# %% fold="The gradient by loops"
def gradient_by_loops(widths, w, x, y):
    """Differentiate with plain numbers, one sample and one unit at a time."""
    W, b, start = [None], [None], 0
    for n_in, n_out in pairwise(widths):
        rows = [start + j * n_in for j in range(n_out)]
        W.append([[w[row + r] for r in range(n_in)] for row in rows])
        start += n_in * n_out
    for n_out in widths[1:]:
        b.append(list(w[start : start + n_out]))
        start += n_out
    n, K, g = len(x[0]), len(widths) - 1, [0.0] * len(w)
    for i in range(n):
        a = [[x[0][i], x[1][i]]]
        for k in range(1, K + 1):
            z = [
                sum(W[k][j][r] * a[k - 1][r] for r in range(widths[k - 1])) + b[k][j]
                for j in range(widths[k])
            ]
            a.append([1 / (1 + np.exp(-z_j)) for z_j in z])
        delta = [
            (a[K][j] - y[j][i]) * a[K][j] * (1 - a[K][j]) for j in range(widths[K])
        ]
        place_W = sum(p * q for p, q in pairwise(widths))
        place_b = len(w)
        for k in range(K, 0, -1):
            place_W -= widths[k] * widths[k - 1]
            place_b -= widths[k]
            for j in range(widths[k]):
                g[place_b + j] += delta[j] / n
                for r in range(widths[k - 1]):
                    at = place_W + j * widths[k - 1] + r
                    g[at] += delta[j] * a[k - 1][r] / n
            delta = [
                sum(W[k][j][r] * delta[j] for j in range(widths[k]))
                * a[k - 1][r]
                * (1 - a[k - 1][r])
                for r in range(widths[k - 1])
            ]
    return np.array(g)


found["scalar loops"] = gradient_by_loops(
    net.widths, w.tolist(), x.tolist(), y.tolist()
)
print(f"scalar loops: error {error(found['scalar loops']):.1e}")

# %% [markdown]
# ## By differences
#
# Loops share the equations with us. If the derivation is wrong, so are they. A difference quotient uses no equation of ours. It moves one parameter by $h$ and computes how the loss changes:
#
# $$
# \begin{aligned}
# \frac{\partial L}{\partial w_r} &= \frac{L(w + h e_r) - L(w)}{h} + O(h), \\
# \frac{\partial L}{\partial w_r} &= \frac{L(w + h e_r) - L(w - h e_r)}{2h} + O(h^2)
# \end{aligned}
# \label{eq:quotients}
# $$
#
# where $e_r$ is one in place $r$ and zero elsewhere. By Taylor's theorem the first, the forward difference, is wrong by a multiple of $h$, and the second, the central difference, by a multiple of $h^2$, because the even terms cancel. So make $h$ small? Each loss is a rounded number, with a relative error of about
# {{= np.finfo(float).eps / 2 :.1e }}, and this error is divided by $h$ too. As $h$ falls, one error falls and the other grows.

# %% fold="Forward and central differences"
steps = 10.0 ** np.arange(-1, -15.5, -0.5)
axes_of_w = np.eye(net.size)


def differences(h, kind):
    """Difference the loss along every axis of w, all at once."""
    ahead = losses(w + h * axes_of_w)
    if kind == "forward":
        return (ahead - loss_at(w)) / h
    return (ahead - losses(w - h * axes_of_w)) / (2 * h)


def losses(w):
    """Return the loss of each of many networks."""
    _, a = voronet.forward(net, w, x)
    return voronet.mean_squared_error(a[-1], np.stack([y] * len(w)))


curves = {
    kind: [error(differences(h, kind)) for h in steps]
    for kind in ("forward", "central")
}
for kind, errors in curves.items():
    best = int(np.argmin(errors))
    found[f"{kind} difference"] = differences(steps[best], kind)
    print(f"{kind}: at best {errors[best]:.1e}, at h = {steps[best]:.0e}")

# %% [markdown]
# ## By a complex step
#
# There is a way around the subtraction that spoils the quotient. The loss is made of sums, products and exponentials, so it can be evaluated at complex numbers. Take a step along the *imaginary* axis. In Taylor's series
# $L(w + \mathrm{i} h e_r) = L(w) + \mathrm{i} h \, \frac{\partial L}{\partial w_r} + O(h^2)$ the derivative is the imaginary part over $h$, wrong by a multiple of $h^2$, and nothing is subtracted ([Squire and Trapp, 1998](../references.md)). So $h$ can be as small as we like.
#
# The functions of the package refuse complex numbers. That is as it should be: the loss that is differentiated here is written once more, without them.


# %%
def complex_loss(w):
    """Evaluate the loss at complex parameters, one network in each row."""
    a, start, end = x, 0, sum(p * q for p, q in pairwise(net.widths))
    for n_in, n_out in pairwise(net.widths):
        W = w[:, start : start + n_in * n_out].reshape(-1, n_out, n_in)
        b = w[:, end : end + n_out, np.newaxis]
        a = 1 / (1 + np.exp(-(W @ a + b)))
        start, end = start + n_in * n_out, end + n_out
    return ((a - y) ** 2).sum(axis=(1, 2)) / (2 * x.shape[1])


def complex_step(h):
    return complex_loss(w + 1j * h * axes_of_w).imag / h


found["complex step"] = complex_step(1e-20)
curves["complex step"] = [error(complex_step(h)) for h in steps]
print(f"complex step: error {error(found['complex step']):.1e}")

# %% alt="The greatest relative error against the step h, both on logarithmic axes, with h falling to the right. The forward difference makes a V. The central difference makes a deeper V, with its tip farther left, at a longer step. The complex step falls along a straight line to the level of rounding, and stays there."
figure, ax = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
for kind, colour, at in (
    ("forward", LIGHT.accent, (3e-4, 3e-1)),
    ("central", LIGHT.blue, (4e-6, 6e-10)),
    ("complex step", LIGHT.green, (1e-8, 4e-14)),
):
    ax.loglog(steps, curves[kind], "o-", color=colour, ms=3, lw=1.2)
    ax.text(*at, kind, color=colour, size=10)
ax.invert_xaxis()
ax.set(xlabel="step $h$", ylabel="greatest relative error")
plt.show()
# Hold the caption.
tip = {kind: int(np.argmin(errors)) for kind, errors in curves.items()}
lowest = {kind: min(errors) for kind, errors in curves.items()}
np.testing.assert_array_less([0, tip["central"]], [tip["central"], tip["forward"]])
np.testing.assert_array_less(lowest["central"], lowest["forward"])
for kind in ("forward", "central"):
    np.testing.assert_array_less(100 * lowest[kind], [curves[kind][k] for k in (0, -1)])
fall = np.array(curves["complex step"])
line = fall > 1e-13
np.testing.assert_allclose(np.diff(np.log10(fall[line])), -1, atol=0.05)
np.testing.assert_array_less(fall[line.sum() + 1 :], 1e-14)

# %% [markdown]
# Each difference makes a V. On its left side $h$ is too long and the error is that of Taylor's theorem. On its right side the error is that of rounding, until the quotient has no correct digit left. Even at its best, the central difference leaves an error of
# {{= min(curves["central"]) :.0e }}, some {{= min(curves["central"]) / error(found["complex step"]) :.0e }} times that of the complex step. The error is the greatest of all components, and the smallest components are the hardest for a quotient, since the rounding of the loss does not get smaller with them.
#
# ## By other people's programs
#
# A library for automatic differentiation applies the chain rule to a program, operation by operation. Many people have used it on many programs. We give it the forward pass and the loss, and nothing of our backward pass.


# %%
def autograd_loss(w):
    a, start, end = x, 0, sum(p * q for p, q in pairwise(net.widths))
    for n_in, n_out in pairwise(net.widths):
        W = w[start : start + n_in * n_out].reshape(n_out, n_in)
        b = w[end : end + n_out]
        a = 1 / (1 + anp.exp(-(anp.dot(W, a) + anp.expand_dims(b, 1))))
        start, end = start + n_in * n_out, end + n_out
    return anp.sum((a - y) ** 2) / (2 * x.shape[1])


found["autograd"] = autograd.grad(autograd_loss)(w)
print(f"autograd: error {error(found['autograd']):.1e}")

# %% [markdown]
# The tests do the same with PyTorch and with JAX, where they are installed. For Adam there is a file of what `torch.optim.Adam` did with given gradients: ordinary, tiny, alternating, growing, mostly zero, and zero. It was made by a script that stands beside the test. Here it is compared again:

# %% fold="Adam beside PyTorch's"
with np.load("../../tests/oracles/adam_torch.npz") as file:
    recorded = {name: file[name] for name in file.files}
made = str(recorded.pop("made")).split(", python")[0]
settings = {
    "default": voronet.Adam(),
    "short": voronet.Adam(1e-2, 0.5, 0.9),
    "long": voronet.Adam(0.5, 0.99, 0.9999),
    "large-epsilon": voronet.Adam(1e-2, epsilon=0.1),
}
kept = np.r_[1:21, 40:501:20]
print("recorded with", made)
for setting, adam in settings.items():
    worst = 0.0
    for name, expected in recorded.items():
        problem, kind = name.split("/")
        if kind != setting:
            continue
        end, path = np.zeros(3), []
        state = adam.start(end)
        for gradient in recorded[f"{problem}/g"]:
            end, state = adam.step(end, gradient, state)
            path.append(end)
        apart = np.abs(np.array(path)[kept - 1] - expected)
        worst = max(worst, apart.max() / adam.learning_rate)
    print(f"{setting:14} farthest apart, in rates: {worst:.0e}")

# %% [markdown]
# ## By laws
#
# Some things must hold whatever the numbers are. The order of the samples means nothing, nor does the order of the units in a hidden layer. Exchange the colours, and the outputs change places. Give every sample twice, and the mean is the same. Each law is a test that needs no second program.

# %% fold="Four laws"
order = rng.permutation(x.shape[1])
shuffled = voronet.gradient(net, w, x[:, order], y[:, order])

units = rng.permutation(8)


def renumbered(w):
    """Number the units of the second layer anew."""
    (W1, W2, W3), (b1, b2, b3) = net.unpack(w)
    return net.pack([W1, W2[units], W3[:, units]], [b1, b2[units], b3])


def swapped(w):
    """Exchange the two outputs."""
    (W1, W2, W3), (b1, b2, b3) = net.unpack(w)
    return net.pack([W1, W2, W3[::-1]], [b1, b2, b3[::-1]])


twice = voronet.gradient(net, w, np.tile(x, 2), np.tile(y, 2))
laws = {
    "samples in another order": error(shuffled),
    "hidden units in another order": error(
        voronet.gradient(net, renumbered(w), x, y), renumbered(g)
    ),
    "colours exchanged": error(
        voronet.gradient(net, swapped(w), x, y[::-1]), swapped(g)
    ),
    "every sample twice": error(twice),
}
for law, apart in laws.items():
    print(f"{law:30} error {apart:.1e}")

# %% [markdown]
# ## What would each have noticed?
#
# A second source of the right answer, an *oracle*, is worth nothing if it accepts everything. So make one component wrong by one part in a thousand, and ask each way whether it notices, that is, whether the error becomes clearly greater than it is without the mistake. Do this for every component in turn, and count.


# %% fold="Every component, made wrong in turn"
def notices(oracle):
    """Count the components of which a thousandth too much is seen."""
    honest = error(g, oracle)
    count = 0
    for j in range(net.size):
        spoilt = g.copy()
        spoilt[j] *= 1 + 1e-3
        count += error(spoilt, oracle) > 2 * honest + 1e-15
    return count, honest


print("                     error   mistakes noticed")
seen = {}
for name, oracle in found.items():
    seen[name], honest = notices(oracle)
    print(f"{name:18} {honest:.1e}   {seen[name]:2} of {net.size}")

# %% [markdown]
# How wide may a tolerance be? `torch.autograd.gradcheck` passes a component if it differs by no more than one thousandth of its size plus one hundred-thousandth, unless told otherwise. Give this comparison an exact oracle, and spoil one component at a time by a fraction of its size. How many of the mistakes does it notice?

# %%
ATOL, RTOL = 1e-5, 1e-3
noticed = {}
print("wrong by    noticed")
for mistake in (0.002, 0.005, 0.02, 0.1):
    spoilt = [g * (1 + mistake * axis) for axis in axes_of_w]
    close = [np.allclose(one, g, rtol=RTOL, atol=ATOL) for one in spoilt]
    noticed[mistake] = net.size - sum(close)
    print(f"{mistake:8.1%}   {noticed[mistake]:2} of {net.size}")
smallest = np.abs(g).min()

# %% [markdown]
# A component that is wrong by {{= 0.002 :.1%}} is noticed in {{= noticed[0.002] }} cases of {{= net.size }}, and one that is wrong by {{= 0.02 :.0%}} in {{= noticed[0.02] }}. The oracle is exact, but the tolerance is wide for the small components, of which the smallest here is {{= smallest :.0e }}. Our tests compare with the complex step to {{= 1e-12 :.0e }}.
#
# ## What none of this shows
#
# - **That the question is right.** All ways differentiate the same loss. That it is the loss of the page is shown by hand, and by [the check of the equations](../equations.md).
# - **That it is right for every input.** Each way was asked at a few random places, and the tests ask at some hundred more. A mistake that shows only at special places, such as a tie or an overflow, needs tests of its own, and has them.
# - **That training succeeds.** A right gradient can lead to a bad place. [Where it sticks](failure.py) shows many.
