"""Records what a computation reads, so that its result is kept for as long as that stays the same.

An audit hook sees each file that Python opens and each folder that it lists; what is asked about a file
without opening it is seen by standing in for `os.stat` and its like. What cannot be seen (other processes,
the network) is refused. Files that a library in C opens by itself are not seen.
"""

import hashlib
import json
import os
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Python and its libraries are identified by their versions; files of the system are not noted.
INSTALLED = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
SYSTEM = ("/bin/", "/dev/", "/etc/", "/lib/", "/lib64/", "/proc/", "/sbin/", "/sys/", "/usr/")
REFUSED = {
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system",
    "pty.spawn", "socket.connect", "sqlite3.connect", "subprocess.Popen",
}  # fmt: skip
LISTED = {"os.listdir", "os.scandir"}
# A computation hands on what another one has read: sys.audit(DEPENDS, files); and asks for what another one
# gives: sys.audit(CALLED, [target, args]), to which the answer is appended. It is noted as CALL and these in JSON.
DEPENDS, CALLED, CALL = "literate.depends", "literate.called", "call "


def look_at(path: str) -> str:
    """Return what stands at a path: a digest of a file, or of the names in `folder/`."""
    try:
        if path.endswith("/"):
            names = sorted(name for name in os.listdir(path) if name[0] != "." and name != "__pycache__")
            content = "\n".join(names).encode()
        elif os.path.isdir(path):
            return "a folder"
        else:
            content = Path(path).read_bytes()
    except OSError as error:
        return type(error).__name__
    return hashlib.sha256(content).hexdigest()[:32]


class Recorder:
    """Notes what this process reads from now on, each path with what stood there at the time."""

    def __init__(self, root: str, cache: str, refused: set[str] = REFUSED) -> None:
        self.files: dict[str, str] = {}
        self.root = os.path.join(root, "")
        self.known = tuple(os.path.join(path, "") for path in (cache, *INSTALLED))
        self.system = (os.path.join(tempfile.gettempdir(), ""), *SYSTEM)
        self.refused = refused
        self.looking = threading.local()
        self.ask: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def start(self) -> "Recorder":
        """Begin to listen; Python cannot remove an audit hook."""
        # A clock that jumps makes compiled files look up to date: compile what is imported from here on.
        sys.dont_write_bytecode, sys.pycache_prefix = True, os.path.join(tempfile.gettempdir(), "none")
        for name in ("stat", "lstat", "access"):
            setattr(os, name, self.noting(getattr(os, name)))
        sys.addaudithook(self.hear)
        return self

    def noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Note the path that a function of `os` asks about."""

        def noted(path: Any, *args: Any, **options: Any) -> Any:
            self.note(path)
            return function(path, *args, **options)

        return noted

    def hear(self, event: str, details: tuple[Any, ...]) -> None:
        """Note or refuse what is about to happen."""
        if event == "open":
            path, mode, flags = details
            self.note(path, writes=set(mode or "") & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR))
        elif event in LISTED:
            self.note("." if details[0] is None else details[0], "/")
        elif event == DEPENDS:
            self.files |= details[0]
        elif event == CALLED and self.ask:
            target, args = details[0]
            found = self.ask({"target": target, "args": args})
            details[0].append(found)
            seen = hashlib.sha256(json.dumps(found["result"]).encode()).hexdigest() if "result" in found else "it failed"
            self.files[CALL + json.dumps([target, *args])] = seen
        elif event in self.refused and not getattr(self.looking, "now", False):
            raise PermissionError(f"{event}{details[:2]}: what other processes read is not seen; compute it here")

    def note(self, path: Any, end: str = "", writes: Any = False) -> None:
        """Note a path, unless it belongs to what is known without."""
        if isinstance(path, int) or getattr(self.looking, "now", False):
            return
        path = os.path.abspath(os.fsdecode(path))
        folder = os.path.join(path, "")
        elsewhere = folder.startswith(self.system) and not folder.startswith(self.root)
        if elsewhere or folder.startswith(self.known) or self.root.startswith(folder):
            return
        if writes:
            raise PermissionError(f"{path}: a page writes to its temporary folder only")
        name = path.removeprefix(self.root) + end
        if name not in self.files:
            self.looking.now = True
            try:
                self.files[name] = look_at(path + end)
            finally:
                self.looking.now = False
