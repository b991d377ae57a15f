"""The process that computes what pages show: isolated, in a clean environment, each job in a fork of its own.

    python -I -m literate.worker FOLDER MODULE...

imports modules of installed libraries, then reads one job a line and answers it in a line. A job
names a function, as `module:function`, and its arguments. It imports the project anew, so an edit is
always seen, and its answer says what it has read.
"""

import json
import os
import select
import signal
import sys
from functools import reduce
from importlib import import_module
from typing import Any, Protocol

from literate.recording import REFUSED, Recorder


class Caller(Protocol):
    """Calls a function by name, here, in a worker, or not at all if its result is known."""

    def __call__(self, target: str, *args: Any) -> Any:
        """Return what the function gives."""


def call(target: str, *args: Any) -> Any:
    """Call a function named `module:function`."""
    module, _, name = target.partition(":")
    return reduce(getattr, name.split("."), import_module(module))(*args)


def answer(job: dict[str, Any], root: str) -> dict[str, Any]:
    """Do a job, and say what it gave, or why not, and what it has read."""
    refused = set() if job["processes"] else REFUSED
    recorder = Recorder(root, os.environ["LITERATE_CACHE"], refused).start()
    try:
        found = {"result": call(job["target"], *job["args"])}
    except Exception as error:
        # What a page is refused says where it is; anything else says what it is.
        name = type(error).__name__
        said = str(error) if type(error).__module__.startswith("literate") else f"{name}: {error}"
        found = {"failure": said}
    return found | {"files": recorder.files}


def do_in_fork(line: str, root: str) -> str:
    """Return the answer of a fork that ends with its job, or with the builder."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            json.dump(answer(json.loads(line), root), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        # The builder says nothing until it is answered: what comes now is its end.
        if select.select([pipe, 0], [], [])[0] == [0]:
            os.kill(child, signal.SIGKILL)
        said = pipe.read()
    os.waitpid(child, 0)
    return said or json.dumps({"failure": "the process that computed it died", "files": {}})


def main(root: str, *modules: str) -> None:
    """Answer jobs until there are no more."""
    if not __debug__:
        sys.exit("asserts are off, and pages rest on them: start Python without -O")
    # What is printed while a job is done is no answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.chdir(root)
    for name in modules:
        import_module(name)
    for line in iter(sys.stdin.buffer.raw.readline, b""):
        print(do_in_fork(line.decode(), root), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
