"""The network equations: sigmoid layers, the one vector w, the forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Annotated, Any

import numpy as np

from voronet._check import (
    MANY,
    Array,
    Inputs,
    Layers,
    Numbers,
    Parameters,
    Pieces,
    Scale,
    Widths,
    check_instance,
    checked,
    describe,
    refuse,
)


@checked
# --8<-- [start:sigmoid]
def sigmoid(z: Numbers) -> Array:
    r"""Evaluate the sigmoid σ at each entry.

    Parameters
    ----------
    z : array_like, any shape
        Pre-activations.

    Returns
    -------
    ndarray, the shape of z
        σ(z), in [0, 1]: far below 0 it rounds to 0, far above to 1.

    Raises
    ------
    ValueError
        If `z` is not real and finite.

    Notes
    -----
    $σ(z) = 1 / (1 + e^{-z})$

    Laws: σ increases, $σ(0) = 1/2$, and $σ(-z) = 1 - σ(z)$.

    Higham & Higham (2019), equation (2.1).

    Examples
    --------
    >>> sigmoid([-1e4, 0.0, 1e4])
    array([0. , 0.5, 1. ])
    """
    # Take the exponential of -|z|, which never overflows.
    e = np.exp(-np.abs(z))
    # Divide 1 by 1 + e, or e by it where z is negative.
    return np.asarray(np.where(z < 0, e, 1.0) / (1.0 + e))


# --8<-- [end:sigmoid]


@checked
# --8<-- [start:sigmoid_derivative]
def sigmoid_derivative(a: Numbers) -> Array:
    r"""Evaluate σ′, the slope of the sigmoid, from the activation.

    Parameters
    ----------
    a : array_like, any shape
        Activations σ(z), not pre-activations z.

    Returns
    -------
    ndarray, the shape of a
        σ′(z), at most ¼.

    Raises
    ------
    ValueError
        If `a` is not real and finite.

    Warnings
    --------
    Other libraries' functions of this name often take z. This one takes a, which the
    forward pass has already computed.

    Notes
    -----
    $σ'(z) = σ(z) (1 - σ(z))$

    Higham & Higham (2019), equation (2.2).

    Examples
    --------
    >>> sigmoid_derivative([0.5, 0.9]).round(12)
    array([0.25, 0.09])
    """
    # Multiply a by one minus a.
    return np.asarray(a * (1.0 - a))


# --8<-- [end:sigmoid_derivative]


@checked
# --8<-- [start:forward]
def forward(
    net: Network,
    w: Parameters,
    x: Inputs,
) -> tuple[Layers, Layers]:
    r"""Run the points through every layer and keep what each one computes.

    Parameters
    ----------
    net : Network
        The widths (n_0, …, n_K).
    w : array_like, shape (p,) or (R, p)
        The parameters.
    x : array_like, shape (n_0, n) or (R, n_0, n)
        The points, a column each.

    Returns
    -------
    z, a : lists of length K + 1
        `z[k]` and `a[k]` are z^(k) and a^(k), of shape (n_k, n), or (R, n_k, n) with
        restarts. `z[0]` is None and `a[0]` is `x`.

    Raises
    ------
    ValueError
        If a shape does not fit the widths, or a number is not finite.

    Notes
    -----
    $a^{(0)} = x$, then $z^{(k)} = W_k a^{(k-1)} + b_k$ and $a^{(k)} = σ(z^{(k)})$.

    Higham & Higham (2019), equation (3.2).

    Examples
    --------
    >>> z, a = forward(Network(), np.zeros(48), [[0.2, 0.7], [0.1, 0.4]])
    >>> a[3]
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    # Show w as the matrices and biases of each layer.
    weights, biases = net.unpack(w)
    # Begin with the points themselves: a^(0) = x.
    z: Layers = [None]
    a: Layers = [x]
    # Apply each layer: z = W a + b, then a = σ(z).
    for weight, bias in zip(weights, biases, strict=True):
        pre = weight @ a[-1] + bias[..., np.newaxis]
        z.append(pre)
        a.append(sigmoid(pre))
    return z, a


# --8<-- [end:forward]


@checked
# --8<-- [start:Network]
@dataclass(frozen=True)
class Network:
    r"""Hold the widths of a network: shapes only, no parameters.

    Parameters
    ----------
    widths : sequence or array of int
        (n_0, n_1, …, n_K): the number of inputs, then of units in each layer.

    Raises
    ------
    ValueError
        If there are fewer than two widths, or one is not a positive integer.

    Notes
    -----
    The parameters live in one vector $w = (W_1, …, W_K, b_1, …, b_K)$, each matrix
    row by row, of length $p = \sum_{k=1}^K (n_k n_{k-1} + n_k)$.

    Higham & Higham (2019), section 2, count their weights and biases the same way,
    for widths 2, 2, 3, 2.

    Examples
    --------
    >>> Network().size
    48
    >>> Network(widths=(2, 2, 3, 2)).size
    23
    """

    widths: Widths = (2, 2, 8, 2)

    @property
    def depth(self) -> int:
        """K, the number of layers that have weights."""
        return len(self.widths) - 1

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of W_1, …, W_K, b_1, …, b_K, in the order of w."""
        matrices: list[tuple[int, ...]] = [(m, k) for k, m in pairwise(self.widths)]
        return matrices + [(m,) for m in self.widths[1:]]

    # --8<-- [end:Network]

    def __post_init__(self) -> None:
        if self.size > MANY:
            many = f", which make {self.size} parameters"
            refuse("widths", describe(self.widths), f"at most {MANY}", many)

    # --8<-- [start:size]
    @property
    def size(self) -> int:
        """p, the number of weights and biases."""
        # Add up the entries of every W_k and every b_k.
        return sum(prod(shape) for shape in self.shapes)

    # --8<-- [end:size]

    @checked
    # --8<-- [start:initial_parameters]
    def initial_parameters(
        self,
        rng: np.random.Generator,
        scale: Scale = 0.5,
    ) -> Array:
        """Draw every weight and bias from scale · N(0, 1).

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of the normal numbers.
        scale : float
            Standard deviation, at least 0. Higham & Higham (2019), section 6, start
            from 0.5.

        Returns
        -------
        ndarray, shape (p,)
            w.

        Raises
        ------
        ValueError
            If `rng` is not a generator or `scale` is negative or not finite.

        Examples
        --------
        >>> Network().initial_parameters(np.random.default_rng(0)).shape
        (48,)
        """
        # Scale p standard normal numbers.
        return scale * rng.standard_normal(self.size)

    # --8<-- [end:initial_parameters]

    @checked
    # --8<-- [start:unpack]
    def unpack(self, w: Parameters) -> tuple[Layers, Layers]:
        """Show w as the matrices W_k and the biases b_k: views of a float64 array.

        Parameters
        ----------
        w : array_like, shape (p,) or (R, p)
            All weights, then all biases.

        Returns
        -------
        weights, biases : lists of ndarray
            `weights[k-1]` is W_k, of shape (n_k, n_{k-1}); `biases[k-1]` is b_k, of
            shape (n_k,); both with a leading R if `w` has one. Where `w` is a float64
            array, changing them changes `w`.

        Raises
        ------
        ValueError
            If `w` is not (p,) or (R, p), or not finite.

        Examples
        --------
        >>> weights, biases = Network().unpack(np.arange(48.0))
        >>> weights[0]
        array([[0., 1.],
               [2., 3.]])
        """
        # Cut w into pieces, and give each its shape.
        pieces, start = [], 0
        for shape in self.shapes:
            stop = start + prod(shape)
            piece = w[..., start:stop]
            lead = w.shape[:-1]
            pieces.append(piece.reshape(*lead, *shape))
            start = stop
        return pieces[: self.depth], pieces[self.depth :]

    # --8<-- [end:unpack]

    @checked
    # --8<-- [start:pack]
    def pack(
        self,
        weights: Pieces,
        biases: Pieces,
    ) -> Array:
        """Join matrices and biases into one vector w, the inverse of `unpack`.

        Parameters
        ----------
        weights, biases : sequences of array_like
            W_1, …, W_K and b_1, …, b_K, all with the same leading R or none.

        Returns
        -------
        ndarray, shape (p,) or (R, p)
            w, all weights, then all biases, each matrix row by row.

        Raises
        ------
        ValueError
            If there are not K of each, or a shape does not fit the widths.

        Examples
        --------
        >>> net = Network()
        >>> w = np.arange(48.0)
        >>> np.array_equal(net.pack(*net.unpack(w)), w)
        True
        """
        pieces = [*weights, *biases]
        # Lay each piece out row by row, then put them end to end.
        flat = [
            piece.reshape(*piece.shape[: piece.ndim - len(shape)], -1)
            for piece, shape in zip(pieces, self.shapes, strict=True)
        ]
        return np.concatenate(flat, axis=-1)

    # --8<-- [end:pack]


def _check_two_outputs(name: str, value: Any, given: dict[str, Any]) -> Network:  # noqa: ARG001
    net: Network = check_instance(name, value, Network)
    if net.widths[-1] != 2:
        refuse(name, f"widths {net.widths}", "a last width of 2, one for a colour")
    return net


TwoOutputs = Annotated[Any, _check_two_outputs]


@checked
# --8<-- [start:decision]
def decision(
    net: TwoOutputs,
    w: Parameters,
    x: Inputs,
) -> Array:
    r"""Weigh blue against green: the share of the second output.

    Parameters
    ----------
    net : Network
        A network with two outputs.
    w : array_like, shape (p,) or (R, p)
        The parameters.
    x : array_like, shape (n_0, n) or (R, n_0, n)
        The points, a column each.

    Returns
    -------
    ndarray, shape (n,) or (R, n)
        p_blue, in [0, 1], or ½ where both outputs round to 0; a point is called blue
        above ½.

    Raises
    ------
    ValueError
        If the network does not have two outputs, a shape does not fit, or a number
        is not finite.

    Warnings
    --------
    The two outputs are separate sigmoids trained by a mean squared error: this share
    is a convenient score, not a calibrated probability. Higham & Higham (2019),
    section 6, compare the two outputs instead, which gives the same boundary.

    Notes
    -----
    $p_{\mathrm{blue}} = a_2^{(K)} / (a_1^{(K)} + a_2^{(K)})$

    Examples
    --------
    >>> decision(Network(), np.zeros(48), [[0.2], [0.1]])
    array([0.5])
    """
    _, a = forward(net, w, x)
    green, blue = a[-1][..., 0, :], a[-1][..., 1, :]
    # Divide the blue output by the sum of both, unless that is 0.
    total = green + blue
    half = np.full_like(total, 0.5)
    share: Array = np.divide(blue, total, out=half, where=total > 0)
    return share


# --8<-- [end:decision]
