"""The process that computes what pages show: isolated, in a clean environment, each job in a fork of its own.

    python -I -m literate.worker DOOR FOLDER MODULE...

imports modules of installed libraries, and forks a worker for each socket that it is sent. A worker reads one
job a line and answers it in a line. A job names a function, as `module:function`, and its arguments. It
imports the project anew, so an edit is always seen, and its answer says what it has read.
"""

import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from literate import Problem, call
from literate.build_cache import BuildCache, Failure
from literate.environment import extend_path
from literate.equations.parse import read_grammar
from literate.recording import REFUSED, Recorder


class Forks(BuildCache):
    """Calls functions in forks; one may ask for what another gives, as `cached` does."""

    def compute(self, target: str, args: tuple[Any, ...], processes: bool) -> dict[str, Any]:
        """Call a function in a fork that ends with it, or with the builder."""
        asking, replying = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            ask, reply = os.fdopen(asking[1], "w"), os.fdopen(replying[0])
            recorder = Recorder(str(self.root), os.environ["LITERATE_CACHE"], set() if processes else REFUSED)
            recorder.ask = lambda job: write_line(ask, job) or json.loads(reply.readline())
            write_line(ask, answer(target, args, recorder.start()))
            os._exit(0)
        os.close(asking[1])
        os.close(replying[0])
        with os.fdopen(asking[0]) as asked, os.fdopen(replying[1], "w") as reply:
            found = self.attend(child, asked, reply)
        os.waitpid(child, 0)
        return found

    def attend(self, child: int, asked: IO[str], reply: IO[str]) -> dict[str, Any]:
        """Give a fork what it asks for, until it answers."""
        while True:
            # The builder sends nothing before the answer: anything that arrives now means that it has ended.
            if select.select([asked, 0], [], [])[0] == [0]:
                os.kill(child, signal.SIGKILL)
            line = asked.readline()
            if not line:
                return {"failure": "the process that computed it died", "files": {}}
            said: dict[str, Any] = json.loads(line)
            if "files" in said:
                return said
            try:
                write_line(reply, {"result": self.call(said["target"], *said["args"])})
            except Failure as failure:
                write_line(reply, {"failure": str(failure)})


def answer(target: str, args: tuple[Any, ...], recorder: Recorder) -> dict[str, Any]:
    """Call a function, and say what it gave, or why not, and what it has read."""
    try:
        found = {"result": call(target, *args)}
        json.dumps(found)
    except Problem as problem:
        found = {"failure": str(problem)}
    except Exception as error:
        found = {"failure": f"{type(error).__name__}: {error}"}
    return found | {"files": recorder.files}


def write_line(file: IO[str], value: Any) -> None:
    """Write a line of JSON at once."""
    print(json.dumps(value), file=file, flush=True)


def serve(builder: int, root: str) -> None:
    """Do one job after the other, until there are no more."""
    os.dup2(builder, 0)
    forks = Forks(Path(root), Path(os.environ["LITERATE_CACHE"], "results"))
    with os.fdopen(0, "rb", 0) as jobs, os.fdopen(builder, "w") as answers:
        for line in iter(jobs.readline, b""):
            forks.begin()
            job = json.loads(line)
            write_line(answers, forks.compute(job["target"], job["args"], job["processes"]))


def main(door: str, root: str, *modules: str) -> None:
    """Fork a worker for each socket that comes through the door."""
    if not __debug__:
        sys.exit("asserts are off, and pages rest on them: start Python without -O")
    os.chdir(root)
    extend_path()
    # The machinery is known by its digest, so that forks need not read it again.
    for name in (*modules, "literate.equations.jobs", "literate.claims", "literate.figures"):
        import_module(name)
    read_grammar()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(door)) as builder:
        while sockets := socket.recv_fds(builder, 1, 1)[1]:
            if os.fork() == 0:
                builder.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                # A builder that has ended needs no answer.
                with suppress(BrokenPipeError):
                    serve(sockets[0], root)
                os._exit(0)
            os.close(sockets[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
