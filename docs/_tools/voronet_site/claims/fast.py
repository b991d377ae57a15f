"""What backs the claims of the page on the fast step."""

from voronet_site.evidence import fast_and_plain


def the_numbers_agree_in_absolute_terms() -> tuple[bool, str]:
    """Compare the norms of the two gradients, for small and for large weights."""
    found = fast_and_plain()
    apart = max(found.apart)
    return (
        apart < 1e-14,
        f"{found.networks} networks at {len(found.scales)} scales: at most {apart:.0e} apart.",
    )


def saturated_units_lose_relative_accuracy() -> tuple[bool, str]:
    """Compare the relative differences at the usual start and at a large one."""
    found = fast_and_plain()
    holds = found.relative[0] < 1e-14 and found.relative[-1] > 1e-3
    return holds, "Relative differences, by the scale of the start: " + ", ".join(
        f"{scale:g}: {apart:.0e}" for scale, apart in zip(found.scales, found.relative, strict=True)
    )
