"""The counts that the page on the fast step shows, against counts by hand."""

import sys

from voronet_site.values import fast as counted


def test_the_plain_calls_are_those_that_a_reader_counts():
    # A layer: W a, + b, and for the sigmoid |z|, its minus, exp, z < 0, a choice, + and /.
    # The deltas: a - y or Wᵀ δ, two for the slope, and ⊙. The derivatives: a product, a sum,
    # and a division of each; w's order.
    assert counted.plain_slope_calls == 3 * (2 + 7) + 3 * (1 + 2 + 1) + 3 * 4 + 1
    # Moments 3 and 4, their corrections 2, the root and ε 2, the update 3.
    assert counted.plain_step_calls == 3 + 4 + 2 + 2 + 3


def test_every_check_of_an_argument_is_counted():
    names = []
    step = counted.one_plain(counted.SAMPLES)
    sys.setprofile(lambda frame, event, _: event == "call" and names.append(frame.f_code.co_name))
    try:
        step()
    finally:
        sys.setprofile(None)
    # The arrays w, x, y of a gradient and w, g of a step: isfinite, abs, ≤, & and all of each.
    assert names.count("check_array") == 3 + 2
    assert counted.checks == 5 * (3 + 2)


def test_all_that_the_plain_functions_call_makes_an_array():
    assert counted.made_plain == counted.plain_calls
    # One of a check's five calls gives a truth value and no array.
    assert counted.made["_check"] == 4 * (3 + 2)
