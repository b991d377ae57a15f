"""What a build takes over from an earlier one: each result with all that it was made from.

A result is kept under the function that gave it, its arguments, the machinery and the versions of what is
installed; it is reused while everything that the function read is unchanged. A damaged entry counts as
missing.
"""

import hashlib
import json
import logging
import os
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from literate import Problem, call
from literate.recording import CALL, CALLED, look_at

CODE = (".py", ".lark", ".j2", ".json")
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


class Failure(Problem):
    """A computation failed: its message is for the author of the page."""


class BuildCache:
    """Calls functions, and takes over what one gave while all that it read stands as it stood.

    What a function read is a path, or another call and what that gave. `compute` does the calling.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.store = Store(folder)
        # What is known in this process: also what failed, and what a full disk could not take.
        self.answers: dict[str, dict[str, Any]] = {}
        self.begin()

    def begin(self) -> None:
        """Look at the sources anew."""
        self.seen: dict[str, str] = {}
        self.store.used.clear()

    def compute(self, target: str, args: tuple[Any, ...], processes: bool) -> dict[str, Any]:
        """Call a function, and return its `result` or `failure` with the `files` that it read."""
        raise NotImplementedError

    def call(self, target: str, *args: Any, processes: bool = False) -> Any:
        """Return what a function gives, computed or recalled."""
        answer = self.recall(target, args) or self.renew(target, args, processes)
        if "failure" in answer:
            raise Failure(answer["failure"])
        return answer["result"]

    def recall(self, target: str, args: tuple[Any, ...]) -> dict[str, Any] | None:
        """Return what is known of a call, if everything stands as it stood."""
        key = find_key(target, args)
        for answer in (self.answers.get(key), self.store.get(key)):
            if answer and self.is_current(answer):
                return answer
        return None

    def renew(self, target: str, args: tuple[Any, ...], processes: bool) -> dict[str, Any]:
        """Compute a call, and keep what it gave."""
        key = find_key(target, args)
        answer = self.answers[key] = self.compute(target, args, processes)
        if "result" in answer:
            self.store.put(key, {"call": [target, *args], **answer})
        # The calls behind this one are in use, too.
        self.is_current(answer)
        return answer

    def is_current(self, answer: Mapping[str, Any]) -> bool:
        """Tell whether everything that was read stands as it stood."""
        return all(self.look(name) == seen for name, seen in answer["files"].items())

    def look(self, name: str) -> str:
        """Return a digest of what a path holds, or a call gives, once a build."""
        if name not in self.seen:
            if name.startswith(CALL):
                target, *args = json.loads(name.removeprefix(CALL))
                try:
                    self.seen[name] = find_digest(self.call(target, *args))
                except Failure:
                    self.seen[name] = "it failed"
            else:
                self.seen[name] = look_at(os.path.join(self.root, name))
        return self.seen[name]


def find_key(target: str, args: Sequence[Any]) -> str:
    """Return the name of the entry of a call."""
    return find_digest([target, args, find_versions()])[:32]


def find_digest(value: Any) -> str:
    """Return a digest of what JSON can say."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


@cache
def find_versions() -> str:
    """Return a digest of the versions of Python and all that is installed, and of this machinery."""
    names = sorted(os.listdir(sysconfig.get_path("purelib")))
    here = Path(__file__).parent
    code = [look_at(str(path)) for path in sorted(here.rglob("*")) if path.suffix in CODE]
    return find_digest([sys.version, [name for name in names if name.endswith("-info")], code])


def cached(target: str, *args: Any) -> Any:
    """Return what a function gives; in a worker, from the cache, if its sources stand as they stood.

    For what many computations share, and for what is slower than what its result changes.
    """
    request: list[Any] = [target, args]
    sys.audit(CALLED, request)
    answer = request[2:] or [{"result": call(target, *args)}]
    if "failure" in answer[0]:
        raise Failure(answer[0]["failure"])
    return answer[0]["result"]
