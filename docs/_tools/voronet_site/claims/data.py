"""What backs the claims of the page on the data rule."""

from voronet_site.evidence import midpoints, ties_on_a_grid


def midpoints_tie_if_no_other_seed_is_nearer() -> tuple[bool, str]:
    """Count such midpoints among those of random seeds."""
    found = midpoints()
    return (
        0.1 < found.share < 0.9,
        f"{found.share:.0%} of the midpoints of {found.rules:,} random rules tie.",
    )


def points_of_a_grid_tie_where_the_seeds_lie_on_it() -> tuple[bool, str]:
    """Count the ties of a grid on the chessboard and with random seeds."""
    found = ties_on_a_grid()
    words = f"{found.chessboard} of {found.points} on the chessboard, {found.random} with {found.rules} sets of seeds."
    return found.chessboard > 0 == found.random, words
