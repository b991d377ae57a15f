"""Which files a run can be saved as, and what each of them needs."""

import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from errno import EISDIR
from importlib.util import find_spec
from pathlib import Path

from voronet._check import check_instance, refuse
from voronet.run import Run, check_path

# Called as progress(done, total) for each picture of a film.
Progress = Callable[[int, int], object]

# Each suffix with what it is and the libraries that write it.
FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    ".html": ("a self-contained replay", ("matplotlib", "PIL")),
    ".gif": ("the animation", ("matplotlib", "PIL")),
    ".webp": ("the animation", ("matplotlib", "PIL")),
    ".mp4": ("the animation", ("matplotlib", "av")),
    ".png": ("the last frame", ("matplotlib", "PIL")),
    ".npz": ("the run itself", ()),
}


def save(
    run: Run, path: str | os.PathLike[str], progress: Progress | None = None
) -> None:
    """Save a run as what the end of the name says.

    Parameters
    ----------
    run : Run
        One network from two inputs to two outputs; any run for .npz.
    path : str or path
        Ends in .html (replay), .gif, .webp, .mp4 (animation), .png (last frame) or
        .npz (the run itself). The file is written whole or not at all.
    progress : callable, optional
        Called as progress(done, total) for each picture of an animation.

    Raises
    ------
    ValueError
        If the name ends in anything else, or there is no such picture of the run.
    ImportError
        If a library that writes such a file is not installed.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, voronet
    >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=10)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(run, folder + "/run.npz")
    ...     (voronet.load(folder + "/run.npz").w == run.w).all()
    np.True_
    """
    check_instance("run", run, Run)
    suffix = known_suffix(path)
    if suffix == ".npz":
        run.save(path)
    elif suffix == ".html":
        run.replay().save(path)
    else:
        needed(suffix)
        from voronet.show._film import film

        film(run).save(path, progress)


def check_drawable(run: Run) -> None:
    """Refuse a run of which there is no picture in the plane."""
    check_instance("run", run, Run)
    ends = (run.net.widths[0], run.net.widths[-1])
    if run.snapshots.ndim != 2 or ends != (2, 2):
        allowed = "a run of one network, from two inputs to two outputs"
        refuse("run", repr(run), allowed)


def known_suffix(path: str | os.PathLike[str], known: Iterable[str] = FILES) -> str:
    """Return the end of a name, in small letters, if it is a known one."""
    suffix = check_path(path).suffix.lower()
    if suffix not in known:
        allowed = f"a name that ends in {', '.join(known)}"
        refuse("path", repr(os.fspath(path)), allowed)
    return suffix


def needed(suffix: str) -> None:
    """Raise an ImportError if a library that writes such files is not installed."""
    for library in FILES[suffix][1]:
        require(library, f"a {suffix} file")


def require(library: str, purpose: str) -> None:
    """Raise an ImportError that names the command which installs a library."""
    if find_spec(library) is None:
        raise ImportError(
            f'{purpose} needs {library}: run pip install -e ".[show]" in the folder '
            "of voronet's source",
            name=library,
        )


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise an OSError if no file of this name can be written."""
    place = Path(os.path.realpath(path))
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(place.stat().st_mode):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    # Try it: permissions alone do not tell for every user and every file system.
    with tempfile.TemporaryFile(dir=place.parent):
        pass
