"""The mean squared error between outputs and one-hot targets."""

from __future__ import annotations

from voronet._check import Array, Outputs, Targets, checked


@checked
# --8<-- [start:mean_squared_error]
def mean_squared_error(
    a: Outputs,
    y: Targets,
) -> Array:
    r"""Average the halved squared distances between outputs and targets.

    Parameters
    ----------
    a : array_like, shape (n_K, n) or (R, n_K, n)
        The outputs a^(K), a column for each sample.
    y : array_like, shape (n_K, n), or the shape of a
        The targets.

    Returns
    -------
    float64 scalar, or ndarray of shape (R,)
        L, one for each restart.

    Raises
    ------
    ValueError
        If the shapes do not fit, there is no sample, or a number is not finite.

    Warnings
    --------
    Authors differ by constant factors. Higham & Higham (2019), equation (3.3), use
    this one: ½ and 1/n. The listing in their section 6 records Σ‖y − a‖², with
    neither; many libraries divide by n and by the number of outputs, without ½.

    Notes
    -----
    $L = (1/n) \sum_{i=1}^n ℓ_i$ with $ℓ_i = (1/2) ‖a_i^{(K)} - y_i‖^2$.

    Examples
    --------
    >>> float(mean_squared_error([[1.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 1.0]]))
    0.5
    """
    # Halve each squared distance from output to target.
    losses = 0.5 * ((a - y) ** 2).sum(axis=-2)
    # Average over the samples.
    mean: Array = losses.sum(axis=-1) / losses.shape[-1]
    return mean


# --8<-- [end:mean_squared_error]
