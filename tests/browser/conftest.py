"""A real Chromium, for the tests of what a reader's browser shows."""

import functools
import http.server
import os
import shutil
import threading

import pytest

ARGUMENTS = [
    # Chromium's own sandbox does not start for root.
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def launch():
    """Start Debian's Chromium; without one, skip, except in CI."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        assert not os.environ.get("CI"), "CI has no chromium"
        pytest.skip("needs chromium (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        started = []

        def start(*more):
            chromium = playwright.chromium.launch(
                executable_path=path, args=[*ARGUMENTS, *more]
            )
            started.append(chromium)
            return chromium

        yield start
        for chromium in started:
            chromium.close()


@pytest.fixture(scope="session")
def browser(launch):
    """Draw without a graphics card: to imitate one takes longer."""
    return launch("--disable-gpu")


@pytest.fixture(scope="module")
def serve():
    """Serve folders, each on a port of its own, and return their addresses."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    started = []

    def start(folder):
        handler = functools.partial(Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        started.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()
