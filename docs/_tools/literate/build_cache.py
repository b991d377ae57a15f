"""What a build takes over from an earlier one: each result with all that it was made from.

A result is kept under the function that gave it, its arguments, the machinery and the versions of what is
installed; it is taken over while everything that the function read stands as it stood. An entry
that is not whole, or cannot be read, is no entry.
"""

import hashlib
import json
import logging
import os
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from literate.recording import DEPENDS, look_at
from literate.worker import call

log = logging.getLogger("mkdocs.plugins.literate")


class Store:
    """Keeps entries as files of JSON, each behind a digest of its own text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: set[str] = set()

    def get(self, key: str) -> dict[str, Any] | None:
        """Return an entry, or None."""
        self.used.add(key)
        try:
            digest, _, text = (self.folder / key).read_text(encoding="utf-8").partition("\n")
        except (OSError, ValueError):
            return None
        if digest != hashlib.sha256(text.encode()).hexdigest():
            return None
        entry: dict[str, Any] = json.loads(text)
        return entry

    def put(self, key: str, entry: Mapping[str, Any]) -> None:
        """Write an entry whole, or not at all: a build goes on without it."""
        text = json.dumps(entry)
        written = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8") as file:
                written = Path(file.name)
                file.write(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
            written.replace(self.folder / key)
        except OSError as error:
            log.info("A result is not kept: %s", error)
            if written:
                with suppress(OSError):
                    written.unlink()

    def drop_unused(self) -> None:
        """Delete what no page has asked for since the store was opened."""
        for path in self.folder.glob("*"):
            if path.name not in self.used:
                with suppress(OSError):
                    path.unlink()


class BuildCache:
    """Finds again what a function gave, while all that it read stands as it stood."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.store = Store(folder)
        # A file is looked at once a build.
        self.look = cache(lambda name: look_at(os.path.join(root, name)))

    def key(self, target: str, args: tuple[Any, ...]) -> str:
        """Name a call."""
        return hashlib.sha256(json.dumps([target, args, installed()]).encode()).hexdigest()[:32]

    def recall(self, target: str, args: tuple[Any, ...]) -> dict[str, Any] | None:
        """Return the entry of a call, if everything stands as it stood."""
        entry = self.store.get(self.key(target, args))
        return entry if entry and self.is_current(entry) else None

    def is_current(self, entry: Mapping[str, Any]) -> bool:
        """Tell whether everything that was read stands as it stood."""
        return all(self.look(name) == seen for name, seen in entry["files"].items())


@cache
def installed() -> str:
    """Return a digest of the versions of Python and all that is installed, and of this machinery."""
    names = sorted(os.listdir(sysconfig.get_path("purelib")))
    here = Path(__file__).parent
    code = [look_at(str(path)) for path in sorted(here.rglob("*")) if path.suffix in (".py", ".lark", ".j2")]
    versions = [sys.version, *(name for name in names if name.endswith("-info"))]
    return hashlib.sha256("\n".join(versions + code).encode()).hexdigest()


def cached(target: str, *args: Any) -> Any:
    """Return what a call gave earlier in this build, or else call; for what other values are made of."""
    folder = os.environ.get("LITERATE_CACHE")
    entry = BuildCache(Path.cwd(), Path(folder, "results")).recall(target, args) if folder else None
    if entry is None:
        return call(target, *args)
    sys.audit(DEPENDS, entry["files"])
    return entry["result"]
