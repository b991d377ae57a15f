"""Arrays in an .npz file: all of them, undamaged, and no more than was expected."""

import zipfile
from collections.abc import Collection
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

# The last bytes of a zip file, and where the count of its members stands in them.
END, COUNT = 22, slice(10, 12)


class UnknownArrayError(ValueError):
    """Raised where a file holds an array of a name that is not known."""


def read_arrays(
    file: IO[bytes], known: Collection[str] | None
) -> dict[str, NDArray[Any]]:
    """Read the arrays of a file that `numpy.savez` wrote.

    Raises an error of some kind if the file is damaged, or holds anything else than
    uncompressed arrays of the known names, or of any if none are given. What is read
    is never larger than the file, whatever its headers claim.
    """
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        # Only this count shows that a directory has been cut short.
        file.seek(-END, 2)
        count = int.from_bytes(file.read()[COUNT], "little")
        names = [member.filename.removesuffix(".npy") for member in members]
        if len(set(names)) != count:
            raise ValueError(f"{len(set(names))} arrays found, {count} written")
        if known is not None and (unknown := set(names) - set(known)):
            raise UnknownArrayError(f"unknown array {min(unknown)!r} in the file")
        return {
            name: _read_array(archive, member)
            for name, member in zip(names, members, strict=True)
        }


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """Read one array; nothing is computed or unpickled on the way."""
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{member.filename!r} is compressed")
    with archive.open(member) as stream:
        if npy.read_magic(stream) != (1, 0):
            raise ValueError(f"{member.filename!r} has a header of another kind")
        shape, fortran, dtype = npy.read_array_header_1_0(stream)
        content = stream.read()
    if dtype.hasobject:
        raise ValueError(f"{member.filename!r} holds pickled objects")
    # A shape that is larger than the content raises an error.
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
