"""A bar that tells how far a study has come."""

from collections.abc import Callable

from voronet.show._files import require


def bar(unit: str = "seed") -> Callable[[int, int], None]:
    """Make a progress bar for `voronet.study`.

    Parameters
    ----------
    unit : str
        What is counted.

    Returns
    -------
    callable
        Give it as `progress`. The bar is drawn on the terminal, and nowhere else.

    Raises
    ------
    ImportError
        If tqdm is not installed.

    Examples
    --------
    >>> import voronet
    >>> ended = voronet.study(range(3), n=4, max_steps=1, progress=bar())
    """
    require("tqdm", "voronet.show.bar")
    from tqdm import tqdm  # type: ignore[import-untyped]

    drawn = tqdm(unit=unit, disable=None)

    def progress(done: int, total: int) -> None:
        drawn.total = total
        drawn.update(done - drawn.n)
        if done == total:
            drawn.close()

    return progress
