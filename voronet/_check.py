"""Checks of arguments: what is wrong, what was given, what is allowed.

Every public function hands its arguments to one of these before it computes, so
that a wrong shape ends in an error that names the argument and never in a silent
broadcast.
"""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# Larger numbers are refused where products of several are taken: they overflow.
HUGE = 1e50
# Larger counts are refused: of samples or parameters, and of steps.
MANY = 10**9
AGES = 10**15


def real_array(name: str, value: ArrayLike, most: float = HUGE) -> Array:
    """Return `value` as finite float64, or raise a ValueError that names it."""
    try:
        given = np.asarray(value)
    # What NumPy raises depends on how the value fails to be an array.
    except Exception as error:
        raise ValueError(
            f"{name}: {type(value).__name__} given ({error}); "
            "allowed: a rectangular array of real numbers"
        ) from None
    if given.dtype.kind not in "fiu":
        raise ValueError(
            f"{name}: dtype {given.dtype} given; allowed: real numbers (float64)"
        )
    with np.errstate(over="ignore"):
        array = np.asarray(given, dtype=np.float64)
    allowed = np.isfinite(array) & (np.abs(array) <= most)
    if not allowed.all():
        where = tuple(int(i) for i in np.argwhere(~allowed)[0])
        raise ValueError(
            f"{name}: {array[where]} given at index {where}; allowed: finite numbers"
            + (f", at most {most:g} in size" if most < np.inf else "")
        )
    return array


def shaped(
    name: str,
    value: ArrayLike,
    ok: Callable[[Any], bool],
    want: str,
    most: float = HUGE,
) -> Array:
    """Return `value` as a finite array whose shape satisfies `ok`."""
    array = real_array(name, value, most)
    if not ok(array.shape):
        raise ValueError(f"{name}: shape {array.shape} given; allowed: {want}")
    return array


def columns(name: str, value: ArrayLike, rows: int) -> Array:
    """Return `value` as (rows, n) or (R, rows, n) with at least one column."""
    return shaped(
        name,
        value,
        lambda s: len(s) in (2, 3) and s[-2] == rows and min(s) > 0,
        f"({rows}, n) or (R, {rows}, n) with n >= 1: a column for each sample",
    )


def vectors(name: str, value: ArrayLike, most: float = HUGE) -> Array:
    """Return `value` as (p,) or (R, p), not empty."""
    return shaped(
        name,
        value,
        lambda s: len(s) in (1, 2) and min(s) > 0,
        "(p,) or (R, p): a row for each restart",
        most,
    )


def pair(w: ArrayLike, g: ArrayLike) -> tuple[Array, Array]:
    """Return parameters and their gradient as arrays of one shape."""
    w, g = vectors("w", w), vectors("g", g)
    same_shape("g", g, w)
    return w, g


def same_shape(name: str, array: Array, w: Array) -> None:
    """Refuse `array` unless it has the shape of w."""
    if array.shape != w.shape:
        raise ValueError(
            f"{name}: shape {array.shape} given with w of shape {w.shape}; "
            "allowed: the same shape"
        )


def number(name: str, value: object, ok: Callable[[float], bool], want: str) -> float:
    """Return `value` as a float that satisfies `ok`."""
    try:
        real = float(value) if isinstance(value, Real) else np.nan
    # A long int does not fit a float.
    except OverflowError:
        real = np.inf
    if isinstance(value, bool) or not abs(real) <= HUGE or not ok(real):
        limit = f", at most {HUGE:g} in size" if abs(real) > HUGE else ""
        raise ValueError(f"{name}: {shown(value)} given; allowed: {want}{limit}")
    return real


def integer(name: str, value: object, least: int, most: int = AGES) -> int:
    """Return `value` as an int from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(
            f"{name}: {shown(value)} given; allowed: an integer >= {least}"
        )
    if not least <= int(value) <= most:
        limit = f", at most {most}" if int(value) > most else ""
        raise ValueError(
            f"{name}: {shown(value)} given; allowed: an integer >= {least}{limit}"
        )
    return int(value)


def instance(name: str, value: object, *kinds: type) -> None:
    """Refuse `value` unless it is of one of the classes."""
    if not isinstance(value, kinds):
        raise ValueError(
            f"{name}: {shown(value)} given; allowed: "
            + " or ".join(f"{kind.__module__}.{kind.__name__}" for kind in kinds)
        )


def shown(value: object) -> str:
    """Write `value` out for a message."""
    try:
        text = repr(value)
    # An int of thousands of digits has no repr.
    except ValueError:
        text = f"{type(value).__name__} of very many digits"
    return shortened(text)


def shortened(text: str) -> str:
    """Put `text` on one line, with dots in place of the middle if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:120]} … {line[-40:]}"


def generator(name: str, value: object) -> np.random.Generator:
    """Return `value` if it is a NumPy random generator."""
    if not isinstance(value, np.random.Generator):
        raise ValueError(
            f"{name}: {shown(value)} given; allowed: a numpy.random.Generator, "
            "such as numpy.random.default_rng(0)"
        )
    return value
