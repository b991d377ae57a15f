"""The comparison that the tests rely on must itself be able to fail."""

import numpy as np
import pytest

from tests.agree import agree, same_bits


@pytest.mark.parametrize(
    ("received", "expected", "message"),
    [
        ([1.0, 2.0], [1.0, 2.1], r"g\[1\]: .*2\.0.* received, .*2\.1.* expected"),
        ([1.0], [1.0 + 1e-11], r"g\[0\]: .*\(1 of 1 entries"),
        ([[0.0, 1.0]], [[0.0, np.nan]], r"g\[0, 1\]: "),
        ([np.nan, 5.0], [0.0, 0.0], r"g\[0\]: .*nan.* received"),
        ([np.inf], [1.0], r"g\[0\]: .*inf.* received"),
        (1.0, 1.1, r"g: .* received"),
        ([1.0], 1.0, r"g: shape \(1,\) received, \(\) expected"),
        ([1.0, 1.0], [[1.0], [1.0]], "g: shape"),
        ([0.0], [1e-300], r"g\[0\]: "),
    ],
)
def test_agree_fails_and_says_where(received, expected, message):
    with pytest.raises(AssertionError, match=message):
        agree(received, expected, what="g")


def test_agree_accepts_what_is_within_its_tolerance():
    agree([1.0, -3.0], [1.0 + 5e-13, -3.0])
    agree([0.0], [1e-15], atol=1e-15)
    agree([], [])


@pytest.mark.parametrize(
    ("received", "expected", "message"),
    [
        ([1.0], [np.nextafter(1.0, 2)], "received"),
        ([0.0], [-0.0], "signs of zeros"),
        ([1], [1.0], "dtype"),
        ([1.0], [[1.0]], "shape"),
    ],
)
def test_same_bits_sees_the_last_one(received, expected, message):
    with pytest.raises(AssertionError, match=message):
        same_bits(received, expected)
