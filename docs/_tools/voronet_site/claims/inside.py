"""What backs the claims of the page on single failures, from the recorded run of the page on failures."""

import numpy as np

from voronet_site.evidence import recorded, sign_test, worst_failure

Verdict = tuple[bool, str]


def the_worst_network_is_saturated() -> Verdict:
    """Look at the outputs of the worst network, and at their slopes where it is wrong."""
    found = worst_failure()
    words = (
        f"At all {found.points} points each output is within {found.least_sure:.0e} of zero or one; "
        f"at the {found.wrong} wrong ones no slope exceeds {found.steepest:.0e}."
    )
    return found.least_sure < 0.01 and found.steepest < 0.01, words


def the_eight_lines_nearly_coincide() -> Verdict:
    """Compare where the lines of the second layer meet two sides of the square, and what the units say."""
    found = worst_failure()
    apart = max(ends.max() - ends.min() for ends in found.meets)
    inside = all(0 < end < 1 for ends in found.meets for end in ends)
    words = (
        f"All {len(found.meets[0])} lines meet the lower and the left side of the square, within {apart:.3f} of one "
        f"another; the correlation of two units over the points is at least {found.alike:.3f} in size."
    )
    return inside and apart < 0.1 and found.alike > 0.99, words


def one_line_decides() -> Verdict:
    """Count the points that get the answer of the side on which they lie, for each unit's line."""
    found = worst_failure()
    few = min(found.decides)
    words = f"By the line of each unit, {few} of {found.points} points or more get the answer of their side."
    return few == found.points, words


def the_wrong_points_share_a_corner() -> Verdict:
    """Count the points close to one corner of the first layer's square."""
    found = worst_failure()
    green, blue = found.corner
    words = (
        f"Within a fiftieth of the corner lie {green} green points, which are the {found.wrong} wrong ones, "
        f"and {blue} blue points, which are right."
    )
    return found.wrong_in_corner == found.wrong == green and blue > 0, words


def both_properties_go_with_failure_within_problems() -> Verdict:
    """Compare failing with successful starts on each problem, and test the signs."""
    record = recorded("failure")
    fits = record["starts_wrong"] == 0
    mixed = np.flatnonzero(fits.any(axis=1) & ~fits.all(axis=1))
    holds, words = True, []
    for name, found in (
        ("common line", record["starts_alike"] > 0.99),
        ("squeezed plane", record["starts_condition"] > 5),
    ):
        more = [found[i, ~fits[i]].mean() - found[i, fits[i]].mean() for i in mixed]
        up, down = int(np.sum(np.array(more) > 0)), int(np.sum(np.array(more) < 0))
        holds = holds and up > down and sign_test(up, down) < 0.05
        words.append(f"{name}: {up} to {down}, p = {sign_test(up, down):.2g}")
    return holds, f"{len(mixed)} problems. " + "; ".join(words) + "."


def units_of_failures_still_work() -> Verdict:
    """Compare how many units of the second layer still tell points apart, by how the run ended."""
    record = recorded("failure")
    failed = record["accuracy"] < 1
    bad, good = (float(record["alive"][these].mean()) for these in (failed, ~failed))
    words = (
        f"Of eight units {bad:.2f} work in the mean failure, and {good:.2f} in the mean success."
    )
    return bad > 7.5 and abs(good - bad) < 0.2, words
