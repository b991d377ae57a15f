"""Has functions called by workers: the builder's end of `worker`."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

from literate.build_cache import BuildCache, Failure
from literate.environment import clean_environment


class Worker:
    """The builder's end of a worker, which does one job after the other."""

    def __init__(self, door: socket.socket) -> None:
        here, there = socket.socketpair()
        with there:
            socket.send_fds(door, [b"1"], [there.fileno()])
        self.socket, self.file = here, here.makefile("rw", encoding="utf-8")

    def do(self, **job: Any) -> dict[str, Any]:
        """Return the answer to a job."""
        try:
            self.file.write(json.dumps(job) + "\n")
            self.file.flush()
            answer: dict[str, Any] = json.loads(self.file.readline())
        except (OSError, ValueError):
            raise Failure("stopped: the process that computed it is gone") from None
        return answer

    def close(self) -> None:
        """Let the worker go."""
        with suppress(OSError):
            self.file.close()
        self.socket.close()


class Workshop(BuildCache):
    """Calls functions in workers, several at a time."""

    def __init__(
        self, root: Path, folder: Path, modules: Sequence[str] = (), path: Sequence[str] = ()
    ) -> None:
        super().__init__(root, folder / "results")
        self.folder, self.modules = folder, modules
        self.path = [root / part for part in path]
        self.idle: list[Worker] = []
        self.busy: set[Worker] = set()
        self.turns = threading.Semaphore(os.cpu_count() or 1)
        self.process: subprocess.Popen[bytes] | None = None
        self.hiring = threading.Lock()

    def start(self, target: str, *args: Any, processes: bool = False) -> Future[bool]:
        """Have a function called beside others; the future says whether it gave a result, `call` which."""
        future: Future[bool] = Future()

        def compute() -> None:
            answer: dict[str, Any] = {}
            with self.turns, suppress(Failure):
                answer = self.renew(target, args, processes)
            future.set_result("result" in answer)

        if known := self.recall(target, args):
            future.set_result("result" in known)
        else:
            # Daemon threads do not delay the end of a build that is given up.
            threading.Thread(target=compute, daemon=True).start()
        return future

    def compute(self, target: str, args: tuple[Any, ...], processes: bool) -> dict[str, Any]:
        """Have a worker call a function."""
        worker = self.idle.pop() if self.idle else self.hire()
        self.busy.add(worker)
        try:
            answer = worker.do(target=target, args=args, processes=processes)
        except Failure:
            worker.close()
            raise
        finally:
            self.busy.discard(worker)
        self.idle.append(worker)
        return answer

    def hire(self) -> Worker:
        """Get a worker, and start the process that they are forked from with the first."""
        with self.hiring:
            if self.process is None:
                # The path of a socket has to be short, and the builder's own folder may have a long one.
                self.temporary = tempfile.TemporaryDirectory(prefix="literate-", dir="/tmp", ignore_cleanup_errors=True)
                (self.folder / "home").mkdir(parents=True, exist_ok=True)
                self.door, there = socket.socketpair()
                command = [sys.executable, "-I", "-m", "literate.worker", str(there.fileno()), str(self.root)]
                environment = clean_environment(self.folder, self.path) | {"TMPDIR": self.temporary.name}
                with there:
                    self.process = subprocess.Popen(
                        [*command, *self.modules],
                        env=environment,
                        pass_fds=[there.fileno()],
                        stdin=subprocess.DEVNULL,
                        stdout=2,
                        start_new_session=True,
                    )
            return Worker(self.door)

    def stop(self) -> None:
        """Stop all that is being computed: nobody will see it."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        for worker in [*self.busy, *self.idle]:
            worker.close()
        self.busy.clear()
        self.idle.clear()
        self.door.close()
        self.temporary.cleanup()
