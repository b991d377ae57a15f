"""The delta recursion: the gradient of the loss, layer by layer, by the chain rule."""

from __future__ import annotations

from voronet._check import (
    Activations,
    Array,
    Inputs,
    Layers,
    Parameters,
    Targets,
    checked,
)
from voronet.network import Network, forward, sigmoid_derivative


@checked
# --8<-- [start:backpropagate]
def backpropagate(
    net: Network,
    w: Parameters,
    a: Activations,
    y: Targets,
) -> Layers:
    r"""Carry the error signals δ^(k) from the last layer back to the first.

    Parameters
    ----------
    net : Network
        The widths (n_0, …, n_K).
    w : array_like, shape (p,) or (R, p)
        The parameters.
    a : list of array_like
        The activations a^(0), …, a^(K) that `forward` returned for `w`.
    y : array_like, shape (n_K, n) or (R, n_K, n)
        The targets.

    Returns
    -------
    list of length K + 1
        `delta[k]` is δ^(k), the shape of `a[k]`; `delta[0]` is None. Column i is
        ∂ℓ_i/∂z_i^(k), the derivative for sample i alone, not yet divided by n.

    Raises
    ------
    ValueError
        If a shape does not fit the widths, or a number is not finite.

    Notes
    -----
    $δ^{(K)} = (a^{(K)} - y) ⊙ σ'(z^{(K)})$

    $δ^{(k)} = (W_{k+1}^\top δ^{(k+1)}) ⊙ σ'(z^{(k)}) \text{ for } k < K$

    Higham & Higham (2019), equations (5.5) and (5.6), for one sample at a time.

    Examples
    --------
    >>> net, w, x = Network((1, 1)), [0.0, 0.0], [[0.3]]
    >>> _, a = forward(net, w, x)
    >>> backpropagate(net, w, a, [[1.0]])[1]  # (0.5 - 1) * 0.25
    array([[-0.125]])
    """
    weights, _ = net.unpack(w)
    # Start at the output: δ = (a - y) ⊙ σ'(z).
    delta = [(a[-1] - y) * sigmoid_derivative(a[-1])]
    # Go back a layer at a time: δ = (Wᵀ δ) ⊙ σ'(z).
    for k in range(net.depth - 1, 0, -1):
        back = weights[k].swapaxes(-1, -2) @ delta[0]
        delta.insert(0, back * sigmoid_derivative(a[k]))
    return [None, *delta]


# --8<-- [end:backpropagate]


@checked
# --8<-- [start:gradient]
def gradient(
    net: Network,
    w: Parameters,
    x: Inputs,
    y: Targets,
) -> Array:
    r"""Differentiate the mean squared error with respect to every parameter.

    Parameters
    ----------
    net : Network
        The widths (n_0, …, n_K).
    w : array_like, shape (p,) or (R, p)
        The parameters.
    x : array_like, shape (n_0, n) or (R, n_0, n)
        The points, a column each.
    y : array_like, shape (n_K, n) or (R, n_K, n)
        The targets, a column each.

    Returns
    -------
    ndarray, the shape of w
        g, ordered as w.

    Raises
    ------
    ValueError
        If a shape does not fit the widths, or a number is not finite.

    Notes
    -----
    $g = ∇L(w)$, whose parts are

    $∂L/∂W_k = (1/n) δ^{(k)} (a^{(k-1)})^\top$

    $∂L/∂b_k = (1/n) \sum_{i=1}^n δ_i^{(k)}$

    Higham & Higham (2019), equations (5.7) and (5.8), averaged over the samples.

    Examples
    --------
    >>> gradient(Network((1, 1)), [0.0, 0.0], [[0.4]], [[1.0]])
    array([-0.05 , -0.125])
    """
    _, a = forward(net, w, x)
    delta = backpropagate(net, w, a, y)
    n = a[0].shape[-1]
    # Average delta aᵀ, and delta, over the samples.
    weights, biases = [], []
    for k in range(1, net.depth + 1):
        incoming = a[k - 1].swapaxes(-1, -2)
        weights.append(delta[k] @ incoming / n)
        biases.append(delta[k].sum(axis=-1) / n)
    # Order the derivatives as w is ordered.
    return net.pack(weights, biases)


# --8<-- [end:gradient]
