"""What backs the claims of the page on the training loop."""

from voronet_site.evidence import long_and_short_steps


def the_runs_converge_and_learn_nothing() -> tuple[bool, str]:
    """Look at how the runs with the long steps end."""
    found = long_and_short_steps()
    reasons, right = found.stopped[0], found.right[0]
    words = f"{reasons.count('converged')} of {len(reasons)} converge, with {min(right)} to {max(right)} of 4 points right."
    return set(reasons) == {"converged"} and set(right) == {2}, words


def long_steps_saturate_the_units() -> tuple[bool, str]:
    """Count the runs in which a whole layer is saturated, with long and with shorter steps."""
    found = long_and_short_steps()
    fast, slow = found.flat
    runs = len(found.right[0])
    words = (
        f"From the same {runs} starts a whole layer is saturated in {fast} runs at the large rate, "
        f"and in {slow} at the one above."
    )
    return fast == runs and slow == 0, words
