"""Arrays in an .npz file: all of them, undamaged, and no more than was expected."""

import zipfile
from collections.abc import Callable, Collection
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

# The last bytes of a zip file, and where the count of its members stands in them.
END, COUNT = 22, slice(10, 12)


def read_arrays(
    file: IO[bytes],
    known: Collection[str],
    name_more: Callable[[dict[str, NDArray[Any]]], Collection[str]],
) -> dict[str, NDArray[Any]]:
    """Read the arrays of a file that `numpy.savez` wrote.

    Raises an error of some kind if the file is damaged, or holds anything else than
    uncompressed arrays of the known names, and of those that `name_more` lists when it
    is given these. No other is read, and what is read is never larger than the file,
    whatever its headers claim.
    """
    with zipfile.ZipFile(file) as archive:
        # Only this count shows that a directory has been cut short.
        file.seek(-END, 2)
        count = int.from_bytes(file.read()[COUNT], "little")
        members = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
        if len(members) != count:
            raise ValueError(f"{len(members)} arrays found, {count} written")
        first = {name: members.pop(name) for name in known if name in members}
        arrays = {name: _read_array(archive, first[name]) for name in first}
        if unknown := members.keys() - set(name_more(arrays)):
            raise ValueError(f"unknown array {min(unknown)!r} in the file")
        more = {name: _read_array(archive, members[name]) for name in members}
        return arrays | more


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
