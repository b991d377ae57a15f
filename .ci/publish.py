"""Put a built site beside the versions that are published already: python3 .ci/publish.py VERSION SITE FOLDER.

Each tag vX.Y keeps a folder of its own, `latest` is a copy of the newest of them, and `main` is the branch.
"""

import json
import re
import shutil
import sys
from pathlib import Path

# What the theme reads on each page: with a provider it asks for ../versions.json, which no other copy of the site has.
UNVERSIONED, VERSIONED = '"version": null', '"version": {"provider": "mike"}'


def publish(version: str, site: Path, folder: Path) -> None:
    """Add the version, or put it in the place of what it was."""
    if not re.fullmatch(r"main|v\d+(\.\d+)*", version):
        sys.exit(f"VERSION is {version!r}; allowed: main, or a tag such as v1.2")
    listed = folder / "versions.json"
    known = json.loads(listed.read_text()) if listed.exists() else []
    names = sorted({version, *(entry["version"] for entry in known)}, key=age, reverse=True)
    copy(site, folder / version)
    if version == names[0] != "main":
        copy(site, folder / "latest")
    aliases = {names[0]: ["latest"]} if names[0] != "main" else {}
    entries = [{"version": name, "title": name, "aliases": aliases.get(name, [])} for name in names]
    listed.write_text(json.dumps(entries, indent=2) + "\n")
    first = "latest" if aliases else "main"
    (folder / "index.html").write_text(
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>voronet</title>'
        f'<link rel="icon" href="{first}/favicon.svg"><link rel="canonical" href="{first}/">'
        f'<meta http-equiv="refresh" content="0; url={first}/"><a href="{first}/">voronet</a>\n'
    )
    # A host shows the one at the top; the addresses in it are whole.
    shutil.copy(folder / first / "404.html", folder)


def age(version: str) -> list[int]:
    """Return what sorts versions by their numbers, and main before them all."""
    return [int(number) for number in re.findall(r"\d+", version)]


def copy(site: Path, place: Path) -> None:
    """Copy a site, and let its pages offer the other versions."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(site, place)
    for page in place.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if UNVERSIONED not in text:
            sys.exit(f"{page}:1: no {UNVERSIONED} for the theme")
        page.write_text(text.replace(UNVERSIONED, VERSIONED), encoding="utf-8")


if __name__ == "__main__":
    publish(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
