"""What backs the claims of the pages on Adam, the derivation and the run."""

import numpy as np

from voronet_site.evidence import early_gradients, exchanged_betas, gradient_lengths, recorded


def gradients_change_little_in_ten_steps() -> tuple[bool, str]:
    """Compare the gradients at both ends of the steps that the first moment covers."""
    found = early_gradients()
    words = f"Median change in {found.steps} steps of {found.runs} runs: {found.change:.1%} of the first length."
    return found.steps == 10 and found.change < 0.15, words


def gradients_change_much_in_a_thousand_steps() -> tuple[bool, str]:
    """Read the length of the gradient within the steps that the second moment covers."""
    found = gradient_lengths()
    left = dict(zip(found.steps, found.left, strict=True))
    shares = ", ".join(f"{left[t]:.0%} after {t}" for t in (100, 200, 500))
    return max(
        left[t] for t in (200, 500, 1000)
    ) < 0.5, f"Median of {found.runs} runs: {shares} steps."


def exchanged_betas_train_less_well() -> tuple[bool, str]:
    """Compare the losses with the usual betas and with exchanged ones."""
    found = exchanged_betas()
    holds = found.usual * 1.2 < found.loss < 0.25 and found.longest > 1000
    return holds, (
        f"After {found.steps:,} steps the median loss of {found.runs} runs is {found.loss:.3f} and not "
        f"{found.usual:.3f}; the longest step is {found.longest:.0e} times the rate."
    )


def long_steps_are_ordinary() -> tuple[bool, str]:
    """Read the longest step of any parameter, over the rate, in each watched run."""
    longest = recorded("adam")["longest"]
    low, middle, high = np.quantile(longest, [0, 0.5, 1])
    words = f"Longest step over the rate in {len(longest)} runs: {low:.2f} to {high:.2f}, median {middle:.2f}."
    return bool(low > 2 and high < 7.271), words


def gradients_grow_slowly_early_in_a_run() -> tuple[bool, str]:
    """Read by how much the norm of the gradient grew in one of the first steps, at most."""
    growth = recorded("adam")["growth_early"].max() - 1
    return bool(growth < 0.01), f"At most {growth:.2%} in one of the first 6,000 steps of 32 runs."


def no_rate_beats_the_default_clearly() -> tuple[bool, str]:
    """Compare each of the level rates with the default, on the same problems."""
    record = recorded("adam")
    right = record["accuracy"] == 1
    usual = right[np.flatnonzero(record["rates"] == 1e-3)[0]]
    level = (record["rates"] > 1e-3) & (record["rates"] <= 0.1)
    splits = [((row & ~usual).sum(), (usual & ~row).sum()) for row in right[level]]
    # One in twenty, by the normal approximation of the sign test with its correction.
    unusual = [(abs(won - lost) - 1) / np.sqrt(won + lost) > 1.96 for won, lost in splits]
    words = ", ".join(f"{won} to {lost}" for won, lost in splits)
    return not any(
        unusual
    ), f"Problems that only the other rate solves, to those that only the default does: {words}."
