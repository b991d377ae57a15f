"""What backs the claims of the page on failures, all from its recorded run."""

import numpy as np

from voronet_site.evidence import recorded, sign_test

Verdict = tuple[bool, str]


def _paired(these: np.ndarray, those: np.ndarray) -> tuple[int, int, float]:
    """Count where only the first succeeds and where only the second does, and test the split."""
    wins, losses = int((these & ~those).sum()), int((those & ~these).sum())
    return wins, losses, sign_test(wins, losses)


def _kinds() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Return the record with its failures' rows alone, and which are saturated or balanced."""
    record = recorded("failure")
    failed = record["accuracy"] < 1
    rows = {name: values[failed] for name, values in record.items() if values.shape == failed.shape}
    saturated = rows["slope"] < 0.01
    return rows, saturated, ~saturated


def saturated_failures_are_the_towers() -> Verdict:
    """Count how many of each kind end close to a whole number of wrong points."""
    rows, saturated, balanced = _kinds()
    near = np.abs(rows["loss"] * 50 - rows["wrong"]) < 0.05 * rows["wrong"]
    in_towers, beside = float(near[saturated].mean()), float(near[balanced].mean())
    words = f"Within 5 % of a whole number: {in_towers:.0%} of the saturated, {beside:.0%} of the balanced."
    return in_towers > 0.9 and beside < 0.2, words


def balanced_pulls_cancel() -> Verdict:
    """Compare the parts of the gradient in the balanced failures."""
    rows, _, balanced = _kinds()
    cosine = float(np.median(rows["cosine"][balanced]))
    uneven = float(np.median(np.abs(rows["pull_wrong"] / rows["pull_right"] - 1)[balanced]))
    pull = float(np.median(rows["pull_wrong"][balanced]))
    norm = float(np.median(rows["norm"][balanced]))
    words = (
        f"Medians of {balanced.sum()} failures: cosine {cosine:.5f}, lengths apart by {uneven:.2%}; "
        f"a pull is {pull:.0e} long and the whole gradient {norm:.0e}."
    )
    return cosine < -0.999 and uneven < 0.01 and norm < pull / 30, words


def few_failures_lie_between_the_kinds() -> Verdict:
    """Count the failures whose steepest slope is neither tiny nor ordinary."""
    rows, _, _ = _kinds()
    slope = rows["slope"]
    between = int(((slope > 1e-3) & (slope < 0.05)).sum())
    return between < 0.05 * len(slope), f"{between} of {len(slope)} lie between 0.001 and 0.05."


def right_points_outweigh_saturated_ones() -> Verdict:
    """Compare the pulls in the saturated failures."""
    rows, saturated, _ = _kinds()
    share = float((rows["pull_wrong"] < rows["pull_right"] / 10)[saturated].mean())
    return share > 0.8, f"Less than a tenth in {share:.0%} of {saturated.sum()} saturated failures."


def saturated_points_can_be_moved_alone() -> Verdict:
    """Read what became of saturated failures, trained on with and without the right points."""
    record = recorded("failure")
    share = {
        name: float((record[name] == 0).mean())
        for name in ("all_1e-08", "all_1e-30", "alone_1e-08", "alone_1e-30")
    }
    holds = max(share["all_1e-08"], share["all_1e-30"]) < 0.1 < 0.3 < share["alone_1e-08"]
    holds = holds and share["alone_1e-08"] < share["alone_1e-30"]
    return holds, ", ".join(
        f"{name.replace('_', ', ε ')}: {part:.0%}" for name, part in share.items()
    )


def cross_entropy_succeeds_more_often() -> Verdict:
    """Compare the two losses on the same problems and starts."""
    record = recorded("failure")
    entropy = record["entropy_wrong"] == 0
    wins, losses, p = _paired(entropy, record["accuracy"][: len(entropy)] == 1)
    words = f"Cross-entropy alone {wins}, squared error alone {losses}: p = {p:.0e}."
    return wins > losses and p < 1e-3, words


def cross_entropy_has_few_saturated_failures() -> Verdict:
    """Count the saturated failures of both losses on the same problems."""
    record = recorded("failure")
    bad = record["entropy_wrong"] > 0
    usual = record["accuracy"][: len(bad)] < 1
    flat = int((record["entropy_slope"][bad] < 0.01).sum())
    before = int((record["slope"][: len(bad)][usual] < 0.01).sum())
    cosine = float(np.median(record["entropy_cosine"][bad]))
    words = (
        f"{flat} of {bad.sum()} failures are saturated, and {before} of {usual.sum()} with the squared error; "
        f"the median cosine between the pulls is {cosine:.4f}."
    )
    return flat < before / 3 and cosine < -0.99, words


def _against_the_default(name: str, default: np.ndarray) -> tuple[int, int, float]:
    """Compare a level of a sweep with the default, on the same seeds."""
    return _paired(recorded("failure")[name][1] == 1, default)


def larger_starts_help() -> Verdict:
    """Compare the scales of the start on the same seeds."""
    usual = recorded("failure")["accuracy"][:200] == 1
    found = {
        scale: _against_the_default(f"scale_{scale}", usual) for scale in ("0.25", "1.0", "2.0")
    }
    wins, losses, p = found["2.0"]
    holds = wins > losses and p < 0.01 and min(found["0.25"][2], found["1.0"][2]) > 0.5
    return holds, ", ".join(
        f"{scale}: {won} to {lost}, p = {p:.2g}" for scale, (won, lost, p) in found.items()
    )


def more_units_in_the_first_layer_help() -> Verdict:
    """Compare the widths on the same seeds, and what they gain with what a scale does."""
    usual = recorded("failure")["accuracy"][:200] == 1
    found = {units: _against_the_default(f"width_{units}", usual) for units in (3, 4, 8)}
    scales = [_against_the_default(f"scale_{scale}", usual) for scale in ("0.25", "1.0", "2.0")]
    gained = max(won - lost for won, lost, _ in scales)
    holds = all(p < 1e-6 and won - lost > gained for won, lost, p in found.values())
    return holds, ", ".join(
        f"{units} units: {won} to {lost}" for units, (won, lost, _) in found.items()
    )


def balanced_failures_still_move() -> Verdict:
    """Read how far the loss falls in three times as many further steps."""
    record = recorded("failure")
    loss, accuracy = record["patience"]
    few = slice(len(loss))
    stayed = (record["accuracy"][few] < 1) & (accuracy < 1)
    saturated = record["slope"][few] < 0.01
    fell = (record["loss"][few] - loss) * 50 > 0.05
    still, moving = int((fell & stayed & saturated).sum()), int((fell & stayed & ~saturated).sum())
    slow = int((stayed & ~saturated).sum())
    words = f"{moving} of {slow} balanced and {still} of {(stayed & saturated).sum()} saturated lowered n L by 0.05."
    return still == 0 and moving > slow / 2, words
