"""The published versions in a real browser: each is listed, and leads to the others."""

import json
import os
import runpy
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
VERSIONS = ["v1.10", "v1.2", "main"]
publish = runpy.run_path(str(ROOT / ".ci" / "publish.py"))["publish"]


@pytest.fixture(scope="module")
def versions(serve, tmp_path_factory):
    """Publish the built site under three versions, below a path, as a host does."""
    if not (ROOT / "site" / "index.html").exists():
        assert not os.environ.get("CI"), "CI has not built the site"
        pytest.skip("needs the built site (mkdocs build)")
    top = tmp_path_factory.mktemp("host")
    folder = top / "voronet"
    folder.mkdir()
    address = f"{serve(top)}voronet/"
    for version in ("v1.10", "main", "v1.2"):
        publish(version, ROOT / "site", folder)
        pages = (f"{address}{version}/{page}" for page in ("", "derive/adam/"))
        locations = "".join(f"<url><loc>{page}</loc></url>" for page in pages)
        (folder / version / "sitemap.xml").write_text(f"<urlset>{locations}</urlset>")
    assert [
        entry["version"] for entry in json.loads((folder / "versions.json").read_text())
    ] == VERSIONS
    return address


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_reader_changes_to_another_version_of_the_page(
    browser, versions, width, scheme
):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    tab, wrong = context.new_page(), []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on(
        "console",
        lambda m: m.type == "error" and wrong.append(f"{m.text} {m.location}"),
    )
    tab.on("request", lambda r: r.url.startswith(versions) or wrong.append(r.url))
    tab.goto(versions)
    tab.wait_for_url(f"{versions}latest/")
    tab.goto(f"{versions}latest/derive/adam/")
    tab.keyboard.press("Tab")
    current = tab.locator(".md-version__current")
    current.wait_for()
    assert current.inner_text() == "v1.10", "latest is not the newest version"
    assert tab.locator(".md-version__link").all_inner_texts() == VERSIONS
    wide = tab.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    current.focus()
    tab.locator(".md-version__link", has_text="v1.2").wait_for(state="visible")
    # The rest of the page is held with the site.
    assert not Axe().run(tab, context=".md-header").response["violations"]
    if folder := os.environ.get("SCREENSHOTS"):
        tab.wait_for_timeout(500)
        tab.screenshot(path=f"{folder}/version-{width}-{scheme}.png")
    tab.locator(".md-version__link", has_text="v1.2").click()
    tab.wait_for_url(f"{versions}v1.2/derive/adam/")
    tab.keyboard.press("Tab")
    current.wait_for()
    assert current.inner_text() == "v1.2"
    context.close()
    assert not wrong
