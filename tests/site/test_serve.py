"""The second site under `mkdocs serve`: what a reader gets while its author edits."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.slow


class Server:
    """A running `mkdocs serve`, and its answers."""

    def __init__(self, root):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = root / "log"
        command = [sys.executable, "-m", "mkdocs", "serve", "-a", self.address]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=root, stdout=log, stderr=log)

    def said(self):
        """Return the log without its notes of requests."""
        lines = self.log.read_text().splitlines()
        return "\n".join(line for line in lines if '"GET /' not in line)

    def get(self, page):
        """Return the status and the text of a page; a request must not hang."""
        try:
            with urllib.request.urlopen(f"http://{self.address}/{page}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except urllib.error.URLError as error:
            if isinstance(error.reason, ConnectionRefusedError):
                return 0, "not yet served"
            raise

    def wait(self, page, status, text):
        """Ask for a page until it has a status and a text."""
        end = time.monotonic() + 90
        while (answer := self.get(page))[0] != status or text not in answer[1]:
            assert self.process.poll() is None, self.said()
            late = f"/{page}: expected {status} with {text!r}, got {answer}\n{self.said()}"
            assert time.monotonic() < end, late
            time.sleep(0.2)


@pytest.fixture
def server(site):
    """Serve the second site."""
    server = Server(site.root)
    yield server
    server.process.terminate()
    server.process.wait(30)


def test_an_author_edits_breaks_mends_and_deletes_pages(site, server):
    server.wait("energy/", 200, "Damping takes")
    # An edit is seen.
    site.edit("docs/energy.md", "Damping takes", "Slowly damping takes")
    server.wait("energy/", 200, "Slowly damping takes")
    # A build that fails answers each request, and says where.
    site.edit("docs/energy.md", "= -2", "= 2")
    server.wait("energy/", 404, "docs/energy.md:18:24: (2.2) eq:loss: left -")
    # A page that fails to execute does so, too.
    site.edit("docs/energy.md", "= 2", "= -2")
    server.wait("energy/", 200, "Slowly damping takes")
    site.edit("docs/run/release.py", "0, 3, 4", "0, 3, four")
    server.wait("run/release/", 404, "name &#x27;four&#x27; is not defined")
    site.edit("docs/run/release.py", "0, 3, four", "0, 3, 4")
    server.wait("run/release/", 200, "A spring is released")
    # A page that is deleted is gone, as soon as nothing leads to it.
    page = site.root / "docs" / "more.md"
    page.write_text("# More\n", encoding="utf-8")
    site.edit("mkdocs.yml", "  - run/release.py\n\n", "  - run/release.py\n  - more.md\n\n")
    server.wait("more/", 200, '<h1 id="more">More</h1>')
    page.unlink()
    server.wait("more/", 404, "The terminal says where")
    assert "'more.md' is included in the 'nav'" in server.said()
    site.edit("mkdocs.yml", "  - more.md\n", "")
    server.wait("energy/", 200, "Slowly damping takes")
    assert server.get("more/")[0] == 404
