"""Makes a built page quick to load and safe to host.

Pictures, films, scripts and long data that a page carries in its attributes become files, which a browser loads when it
needs them and keeps for the next page. A content security policy names the scripts that may run: the
files of the site, and each one that stands on the page.
"""

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote_to_bytes

SUFFIXES = {"text/javascript": "js", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4"}
CARRIED = re.compile(rf' (src|href|poster)="data:({"|".join(SUFFIXES)})(;base64)?,([^"]*)"')
# How a browser shall load the file: a picture when it comes near the window, a script when the page is read, after its fonts.
LATE = ' defer fetchpriority="low"'
LOADED = {"image": ' loading="lazy" decoding="async"', "text": LATE}
DATA = re.compile(r"(<[a-z-]+) (data-[a-z-]+)='([^']{4000,})'([^>]*>)")
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
POLICY = (
    "default-src 'self'; script-src 'self' {}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; object-src 'none'; base-uri 'none'"
)


def publish(html: str, top: str, folder: Path, policy: bool = True) -> str:
    """Return the page as it is published; `top` is the way from it to the files in `folder`."""

    def write_file(content: bytes, suffix: str) -> str:
        """Write a file that is named by its content, and return its address."""
        name = f"assets/carried/{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return top + name

    def write_carried(found: re.Match[str]) -> str:
        """Ask for a file that holds what a `data:` address carries."""
        name, kind, coded, data = found.groups()
        content = base64.b64decode(data) if coded else unquote_to_bytes(data)
        loaded = LOADED.get(kind.split("/")[0], "") if name == "src" else ""
        return f' {name}="{write_file(content, SUFFIXES[kind])}"{loaded}'

    def write_data(found: re.Match[str]) -> str:
        """Move long data into a script that gives it back to its tag."""
        before, name, value, after = found.groups()
        code = f'document.querySelector("[{name}=late]").setAttribute("{name}", {json.dumps(unescape(value))})'
        return f'{before} {name}=late{after}<script src="{write_file(code.encode(), "js")}"{LATE}></script>'

    html = DATA.sub(write_data, CARRIED.sub(write_carried, html))
    return state_policy(html) if policy else html


def state_policy(html: str) -> str:
    """Add the content security policy, with the digest of each script that stands on the page."""
    digests = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in INLINE.findall(html)]
    policy = POLICY.format(" ".join(f"'sha256-{digest}'" for digest in dict.fromkeys(digests)))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return re.sub(r"<meta charset=[^>]*>", lambda found: found[0] + meta, html, count=1)
