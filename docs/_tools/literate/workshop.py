"""Has functions called by workers: the builder's end of `worker`."""

import json
import os
import signal
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
    """A process that does one job after the other."""

    def __init__(self, root: Path, environment: dict[str, str], modules: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-m", "literate.worker", str(root), *modules],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            encoding="utf-8",
        )

    def do(self, **job: Any) -> dict[str, Any]:
        """Return the answer to a job."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
            answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            raise Failure("stopped: the process that computed it is gone") from None
        return answer

    def stop(self) -> None:
        """End the process, and what it is doing."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


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
        self.temporary: tempfile.TemporaryDirectory[str] | None = None

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
            # Nobody waits for these threads when the build is given up.
            threading.Thread(target=compute, daemon=True).start()
        return future

    def compute(self, target: str, args: tuple[Any, ...], processes: bool) -> dict[str, Any]:
        """Have a worker call a function."""
        worker = self.idle.pop() if self.idle else self.hire()
        self.busy.add(worker)
        try:
            answer = worker.do(target=target, args=args, processes=processes)
        finally:
            self.busy.discard(worker)
        self.idle.append(worker)
        return answer

    def hire(self) -> Worker:
        """Start a worker."""
        if self.temporary is None:
            # Sockets want a short path, and a builder's own folder may have a long one.
            self.temporary = tempfile.TemporaryDirectory(prefix="literate-", dir="/tmp", ignore_cleanup_errors=True)
        environment = clean_environment(self.folder, self.path) | {"TMPDIR": self.temporary.name}
        return Worker(self.root, environment, self.modules)

    def stop(self) -> None:
        """Stop all that is being computed: nobody will see it."""
        for worker in [*self.busy, *self.idle]:
            worker.stop()
        self.busy.clear()
        self.idle.clear()
        if self.temporary:
            self.temporary.cleanup()
            self.temporary = None
