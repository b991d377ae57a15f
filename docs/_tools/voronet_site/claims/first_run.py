"""What backs the claims of the page on a first run, from the same run."""

from voronet_site.evidence import first_run


def the_norm_follows_the_loss() -> tuple[bool, str]:
    """Correlate the logarithms of the loss and of the norm over the recorded steps."""
    found = first_run()
    words = f"Over the recorded steps their logarithms have a correlation of {found.together:.2f}."
    return found.together > 0.9, words


def the_line_bends_while_the_loss_first_drops() -> tuple[bool, str]:
    """Count how much of the square a straight line colours as the network does."""
    found = first_run()
    words = (
        f"Up to step {found.before:,}, with a loss above 0.2, some straight line agrees with the network on "
        f"{found.straight:.1%} of the square or more; at step {found.after:,}, below 0.1, and at the end "
        f"no straight line agrees on more than {found.bent:.0%}."
    )
    return found.straight > 0.99 and found.bent < 0.85, words
