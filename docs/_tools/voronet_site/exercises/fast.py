"""Exercises of the chapter on the fast step."""

import numpy as np

from voronet import Network, gradient, sigmoid


# --8<-- [start:overwrite_sigmoid]
# --8<-- [start:overwrite_sigmoid-stub]
def overwrite_sigmoid(z):
    """Put the sigmoid of each entry of z in its place, and return z.

    Make no new array, and overflow at no z.
    """
    # --8<-- [end:overwrite_sigmoid-stub]
    # Take the tangent of half of z.
    np.multiply(z, 0.5, out=z)
    np.tanh(z, out=z)
    # Move it and scale it.
    np.add(z, 1, out=z)
    return np.multiply(z, 0.5, out=z)


# --8<-- [end:overwrite_sigmoid]
# --8<-- [start:check_overwrite_sigmoid]
def check_overwrite_sigmoid(answer):
    """Tell whether an array is overwritten by its sigmoid."""
    import tracemalloc

    logarithms = np.log([1 / 9, 1 / 3, 1, 3, 9])
    z = logarithms.copy()
    found = answer(z)
    assert found is not None, "nothing is returned yet"
    assert found is z, "what is returned is not z itself"
    tangent = np.allclose(z, np.tanh(logarithms))
    assert not tangent, "this is the tangent"
    right = np.allclose(z, [1 / 10, 1 / 4, 1 / 2, 3 / 4, 9 / 10])
    assert right, "the values are not those of the sigmoid"

    # Far from zero nothing may overflow.
    with np.errstate(over="raise"):
        try:
            answer(np.array([-1000.0, 1000.0]))
        except FloatingPointError:
            raise AssertionError("it overflows far from zero") from None
    # A second array of a million numbers would take eight million bytes.
    z = np.zeros(1_000_000)
    tracemalloc.start()
    answer(z)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000, "a new array is made on the way"


# --8<-- [end:check_overwrite_sigmoid]
# --8<-- [start:gradient_in_blocks]
# --8<-- [start:gradient_in_blocks-stub]
def gradient_in_blocks(net, w, x, y, size):
    """Return the gradient of all samples, computed block by block.

    A block has `size` samples, the last one perhaps fewer.
    """
    # --8<-- [end:gradient_in_blocks-stub]
    n, g = x.shape[1], np.zeros(net.size)
    for first in range(0, n, size):
        # Take the mean gradient of a block.
        block = slice(first, min(first + size, n))
        mean = gradient(net, w, x[:, block], y[:, block])
        # Let each sample count as much as any other.
        g += (block.stop - block.start) / n * mean
    return g


# --8<-- [end:gradient_in_blocks]
# --8<-- [start:check_gradient_in_blocks]
def check_gradient_in_blocks(answer):
    """Tell whether blocks add up to the gradient of all samples."""
    import tracemalloc

    net, rng = Network((2, 3, 2)), np.random.default_rng(0)
    w = rng.normal(size=net.size)
    x, y = rng.random((2, 2, 12))
    whole = gradient(net, w, x, y)
    found = answer(net, w, x, y, 4)
    assert found is not None, "nothing is returned yet"

    # Three blocks of four, without a rest.
    assert not np.allclose(found, 3 * whole), "the means of the blocks are summed"
    assert np.allclose(found, whole), "this is not the gradient"
    # Two blocks of five and one of two; then one block for all.
    found = answer(net, w, x, y, 5)
    long = gradient(net, w, x[:, :10], y[:, :10])
    dropped = np.allclose(found, long) or np.allclose(found, long * 10 / 12)
    assert not dropped, "the samples of the short block are left out"
    assert np.allclose(found, whole), "the short block counts too much"
    found = answer(net, w, x, y, 50)
    assert np.allclose(found, whole), "one large block goes wrong"
    # The working arrays are those of a block.
    x, y = rng.random((2, 2, 100_000))
    tracemalloc.start()
    answer(net, w, x, y, 100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000, "memory for all samples is taken at once"


# --8<-- [end:check_gradient_in_blocks]


def _overwrite_by_exponential(z):
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1
    return np.divide(1, z, out=z)


def _overwrite_with_copy(z):
    z[...] = sigmoid(z)
    return z


def _overwrite_tangent(z):
    return np.tanh(z, out=z)


def _overwrite_half(z):
    np.tanh(z, out=z)
    z += 1
    z *= 0.5
    return z


def _add_blocks(weigh, keep=lambda n, size: n):
    """Make a sum over blocks with weights of its own."""

    def answer(net, w, x, y, size):
        g, n = np.zeros(net.size), x.shape[1]
        for first in range(0, keep(n, size), size):
            block = slice(first, min(first + size, n))
            mean = gradient(net, w, x[:, block], y[:, block])
            g += weigh(block.stop - block.start, size, n) * mean
        return g

    return answer


def _blocks_with_full_last(net, w, x, y, size):
    n = x.shape[1]
    g = np.zeros(net.size)
    for first in range(0, n - size + 1, size):
        g += size / n * gradient(net, w, x[:, first : first + size], y[:, first : first + size])
    rest = n % size
    return (
        g + rest / n * gradient(net, w, x[:, n - rest :], y[:, n - rest :])
        if n > size and rest
        else g
    )


WRONG = {
    overwrite_sigmoid: {
        "what is returned is not z itself": sigmoid,
        "this is the tangent": _overwrite_tangent,
        "the values are not those of the sigmoid": _overwrite_half,
        "it overflows far from zero": _overwrite_by_exponential,
        "a new array is made on the way": _overwrite_with_copy,
    },
    gradient_in_blocks: {
        "the means of the blocks are summed": _add_blocks(lambda k, size, n: 1),
        "this is not the gradient": _add_blocks(lambda k, size, n: 1 / n),
        "the samples of the short block are left out": _add_blocks(
            lambda k, size, n: k / n, lambda n, size: n - n % size
        ),
        "the short block counts too much": _add_blocks(lambda k, size, n: 1 / -(-n // size)),
        "one large block goes wrong": _blocks_with_full_last,
        "memory for all samples is taken at once": lambda net, w, x, y, size: gradient(
            net, w, x, y
        ),
    },
}
