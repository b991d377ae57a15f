"""Build the site with what may follow MkDocs and Material, and count how much is there of what MkDocs builds.

python3 .ci/successors.py             # what CI runs each week: the table in CONTRIBUTING.md must say what is counted
python3 .ci/successors.py SITE OTHER  # count only: how much of the built SITE is in OTHER
"""

import re
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from html import unescape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = "<title>"
# What is compared, each as the parts of a page that match.
KINDS = {
    "equations, typeset and checked": r'class="equation" id="([^"]+)".*?</math>',
    "formulas": r"(<math.*?</math>)",
    "code": r"<pre[ >].*?<code>(.*?)</code>",
    "sentences with numbers": r"<p>((?:(?!</p>).)*\d(?:(?!</p>).)*)</p>",
    "figures": r'(<figure|class="figure)',
    "evidence for claims": r'class="claim-evidence[^>]*>(.*?)</',
    "outputs of executed pages": r'class="(output|html-output)',
    "content security policy": r"Content-Security-Policy",
}


def count(site: Path, pattern: str) -> Counter[tuple[str, str]]:
    """Count the parts of all pages: each by its page and its words."""
    found: Counter[tuple[str, str]] = Counter()
    for path in site.rglob("*.html"):
        for part in re.finditer(pattern, path.read_text(encoding="utf-8"), re.DOTALL):
            words = unescape(re.sub(r"<[^>]*>|\s", "", part[part.re.groups]))
            found[path.relative_to(site).as_posix(), words] += 1
    return found


def compare(site: Path, other: Path) -> dict[str, tuple[int, int]]:
    """Return of each kind how many parts of a site are in the other, and how many there are on the pages that both have."""
    names = {folder: {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} for folder in (site, other)}
    files = {name for name in names[site] if not name.endswith(".html") and not name.startswith("assets/")}
    numbers = {"pages": count_shared(count(site, PAGE), count(other, PAGE))}
    for kind, pattern in KINDS.items():
        wanted = Counter({part: number for part, number in count(site, pattern).items() if part[0] in names[other]})
        numbers[kind] = count_shared(wanted, count(other, pattern))
    return numbers | {"files besides the theme's": (len(files & names[other]), len(files))}


def count_shared(wanted: Counter[tuple[str, str]], there: Counter[tuple[str, str]]) -> tuple[int, int]:
    """Return how many are there, and how many were wanted."""
    return (wanted & there).total(), wanted.total()


def say(there: int, wanted: int) -> str:
    """Say a number so that it need not change with each page that is added."""
    return "none" if there == 0 else "all" if there == wanted else "most" if 2 * there > wanted else "some"


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command, and stop where it fails."""
    print("$", *command, flush=True)
    subprocess.run(command, cwd=cwd, check=True)


def build(tree: Path, tool: str, *options: str, site: Path) -> None:
    """Build a clean copy of the tree in an environment of its own, first with the tool alone."""
    name = tool.partition("==")[0]
    venv.create(tree / ".venv", with_pip=True)
    binaries = tree / ".venv" / "bin"
    pip = [binaries / "pip", "install", "--quiet"]
    run(*pip, "-r", "docs/requirements.txt", cwd=tree)
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ".", "-e", "docs/_tools", cwd=tree)
    run(*pip, tool, cwd=tree)
    run(binaries / name, "build", "--strict", *options, cwd=tree)
    (tree / "site").rename(site)


def main(room: Path) -> str:
    """Build with each tool and with MkDocs, and return the table."""
    tools = (ROOT / ".ci/successors.txt").read_text(encoding="utf-8").split()
    for tool in tools:
        tree = room / tool
        run("git", "clone", "--quiet", ROOT, tree, cwd=ROOT)
        build(tree, tool, "--config-file", "mkdocs.yml", site=room / f"{tool}.site")
    run(room / tools[0] / ".venv/bin/mkdocs", "build", "--strict", "--site-dir", room / "site", cwd=room / tools[0])
    found = [compare(room / "site", room / f"{tool}.site") for tool in tools]
    rows = [["", *(tool.replace("==", " ") for tool in tools)], ["---"] * (len(tools) + 1)]
    for kind in found[0]:
        print(kind, *(f"{there} of {wanted}" for there, wanted in (numbers[kind] for numbers in found)), sep=", ")
        rows.append([kind, *(say(*numbers[kind]) for numbers in found)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        for kind, (there, wanted) in compare(Path(sys.argv[1]), Path(sys.argv[2])).items():
            print(f"{kind}: {there} of {wanted}, {say(there, wanted)}")
    else:
        with tempfile.TemporaryDirectory() as folder:
            table = main(Path(folder))
        if table not in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"):
            sys.exit(f"CONTRIBUTING.md does not say what was counted:\n{table}")
