"""Files that appear whole or not at all."""

import errno
import os
import stat
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Write a file beside `path`, and put it in its place once it is complete.

    Whatever ends the writing early, a full disk or Ctrl-C, leaves the old file as it
    was and no fragment of the new one. A link stays a link, and a file that is
    replaced passes its permissions on.
    """
    # Write where a link points to.
    place = Path(os.path.realpath(path))
    try:
        old = _mode(place)
        if old is not None and not stat.S_ISREG(old):
            # A device or a pipe cannot be replaced: write to it directly.
            with open(place, "wb") as file:
                yield file
            return
        part = _part(place)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            # For a new file the system applies the user's mask to the permissions.
            new = os.open(part, flags, 0o666 if old is None else 0o600)
            with os.fdopen(new, "wb") as file:
                if old is not None:
                    os.chmod(part, stat.S_IMODE(old))
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, place)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        # Name the file that was asked for, not the one beside it.
        reason = error.strerror or str(error)
        raise OSError(error.errno, reason, os.fspath(path)) from error


def _mode(path: Path) -> int | None:
    """Return the kind and permissions of a file, or None where there is none."""
    with suppress(FileNotFoundError):
        return path.stat().st_mode
    return None


def _part(path: Path) -> Path:
    """Name the file to write first, and remove what killed processes left of it."""
    # Name it by a checksum: with anything added, a long name may be too long.
    start = f".voronet-{zlib.crc32(os.fsencode(path.name)):08x}"
    part = path.with_name(f"{start}-{os.getpid()}-{threading.get_ident()}")
    for left in path.parent.glob(f"{start}-*-*"):
        if left == part or not _running(int(left.name.split("-")[2])):
            left.unlink(missing_ok=True)
    return part


def _running(process: int) -> bool:
    """Tell whether a process exists, or may exist."""
    try:
        # Signal 0 does nothing, except on Windows, where it would be Ctrl-C.
        os.kill(process, 0) if os.name == "posix" else None
    except OSError as error:
        return error.errno != errno.ESRCH
    return True
