"""What backs the claims of the page on many runs, for its runs on fifty points."""

from voronet_site.evidence import fifty_points


def most_failures_shown_miss_a_whole_cell() -> tuple[bool, str]:
    """Count the failures shown in which all training points of some cell are wrong."""
    found = fifty_points()
    cells, shown = sum(found.missing), len(found.missing)
    words = f"In {cells} of {shown} failures shown every training point of some cell is wrong."
    return shown / 2 < cells < shown, words


def most_circles_and_few_crosses_still_fall() -> tuple[bool, str]:
    """Count the losses that fell by a hundredth in the last thousand steps."""
    found = fifty_points()
    (circles, right), (crosses, wrong) = found.circles, found.crosses
    words = (
        f"In the last 1,000 steps the loss of {circles} of {right} circles and of {crosses} of {wrong} crosses "
        "fell by more than one hundredth of itself."
    )
    return circles > right / 2 and 0 < crosses < wrong / 4, words
