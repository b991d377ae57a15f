"""What backs the claims of the page on the gradient."""

from voronet_site.evidence import a_tenth_longer


def adam_hides_a_constant_factor() -> tuple[bool, str]:
    """Compare what a factor in the gradient does to a run of Adam, and to one of gradient descent."""
    found = a_tenth_longer()
    words = (
        f"In {found.steps} steps the factor moves the end by {found.adam:.0e} of the way from the start "
        f"with Adam, and by {found.descent:.0e} with gradient descent."
    )
    return found.adam < 1e-4 and found.adam < found.descent / 100, words
