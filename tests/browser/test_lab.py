"""The laboratory in a real browser: Python trains there as here, and judges an edit."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

import voronet
from tests.agree import agree
from voronet_site.mistakes import IN_PAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
LAB = ROOT / "site" / "lab"
# A file that tests take away, or change.
PYTEST = "pytest-9.2.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def address(serve):
    """Serve the built site, if Python is in it."""
    path = LAB / "runtime.json"
    if not path.is_file() or not json.loads(path.read_text()):
        assert not os.environ.get("CI"), "CI has built the site without the runtime"
        pytest.skip("needs python -m voronet_site.runtime, and then mkdocs build")

    return serve(ROOT) + "site/lab/"


@pytest.fixture(scope="module")
def open_lab(browser, address):
    """Open the page, and keep the addresses that it asks for in `tab.asked`."""
    contexts, wrong = [], []

    def opened(query="", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        tab.asked = []
        context.on("request", lambda request: tab.asked.append(request.url))
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.goto(address + query, wait_until="networkidle")
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert not wrong, wrong


def until(tab, ready, seconds=60):
    """Wait until a function of the page returns something true, and return that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ready():
            return found
        tab.wait_for_timeout(50)
    said = [tab.inner_text(f"#lab-{name}") for name in ("status", "said", "verdict")]
    raise AssertionError(f"never; the page says {said}")


def boot(tab):
    """Start Python by the keyboard, and wait for both workers."""
    tab.focus("#lab-boot")
    tab.keyboard.press("Enter")
    until(tab, lambda: tab.is_enabled("#lab-judge"))
    return tab


@pytest.fixture(scope="module")
def lab(open_lab):
    return boot(open_lab("?n=50&seed=7&widths=2-3-4-2&rate=0.01"))


def frame(tab):
    """Return what is painted."""
    script = (
        "() => { const f = document.getElementById('lab-region').frame;"
        "return f && {...f, w: [...f.w], region: [...f.region]}; }"
    )
    return tab.evaluate(script)


def verdict(tab, function, source=None, mistake=None):
    """Let the tests judge a function; return the verdict and the failures."""
    if tab.input_value("#lab-function") != function:
        tab.select_option("#lab-function", function)
    if mistake:
        tab.get_by_role("button", name=mistake, exact=True).click()
    if source:
        tab.fill("#lab-source", source)
    tab.click("#lab-judge")
    until(tab, lambda: tab.is_enabled("#lab-judge"))
    text = tab.inner_text("#lab-verdict")
    return text, tab.locator("#lab-failures code").all_inner_texts()


def test_nothing_is_loaded_before_the_click(open_lab):
    tab = open_lab()
    tab.mouse.move(5, 5)
    tab.mouse.wheel(0, 900)
    tab.wait_for_timeout(500)
    assert not [url for url in tab.asked if re.search(r"runtime/|worker\.js", url)]
    listed = json.loads((LAB / "runtime.json").read_text())
    size = sum(file["bytes"] for file in listed.values()) / 1e6
    assert tab.inner_text("#lab-boot") == f"Start Python here: {size:.0f} MB"
    sizes = {name: (LAB / "runtime" / name).stat().st_size for name in listed}
    assert sizes == {name: file["bytes"] for name, file in listed.items()}


def test_a_hundred_steps_are_those_of_numpy(lab):
    assert frame(lab)["step"] == 0
    for _ in range(100):
        lab.click("#lab-step")
    until(lab, lambda: frame(lab)["step"] == 100)
    shown = frame(lab)
    # The same problem and the same start here.
    rng = np.random.default_rng(7)
    rule, x = voronet.VoronoiRule.random(rng), voronet.sample_points(50, rng)
    net, y = voronet.Network((2, 3, 4, 2)), voronet.one_hot(rule.label(x))
    adam = voronet.Adam(0.01)
    run = voronet.train(x, y, net=net, optimiser=adam, seed=rng, max_steps=100)
    agree(shown["w"], run.w, rtol=0, atol=1e-12, what="w")
    agree(shown["loss"], run.loss[-1])
    # The picture is that of the decision, row by row from above.
    side = int(len(shown["region"]) ** 0.5)
    at = (np.arange(side) + 0.5) / side
    lattice = np.stack(np.meshgrid(at, at[::-1])).reshape(2, -1)
    region = voronet.decision(net, run.w, lattice)
    agree(shown["region"], region, rtol=0, atol=1e-12, what="region")
    assert lab.inner_text("#lab-numbers").startswith("Step 100, loss ")


def test_it_trains_until_it_is_told_to_pause(lab):
    lab.click("#lab-restart")
    until(lab, lambda: frame(lab)["step"] == 0)
    start = frame(lab)["w"]
    lab.click("#lab-run")
    until(lab, lambda: frame(lab)["step"] > 300)
    lab.click("#lab-run")
    lab.wait_for_timeout(500)
    step = frame(lab)["step"]
    lab.wait_for_timeout(500)
    assert frame(lab)["step"] == step
    lab.click("#lab-restart")
    until(lab, lambda: frame(lab)["step"] == 0)
    assert frame(lab)["w"] == start


def test_the_address_holds_the_settings(lab, open_lab, address):
    assert lab.input_value("[name=widths]") == "2-3-4-2"
    lab.fill("[name=n]", "20")
    lab.locator("[name=n]").blur()
    lab.select_option("#lab-function", "Adam.step")
    until(lab, lambda: "of 20 points" in lab.inner_text("#lab-numbers"))
    again = open_lab(lab.url.removeprefix(address))
    names = ("n", "seed", "widths", "rate")
    values = [again.input_value(f"[name={name}]") for name in names]
    assert values == ["20", "7", "2-3-4-2", "0.01"]
    assert again.input_value("#lab-function") == "Adam.step"
    # What cannot be is said, and nothing else happens.
    lab.fill("[name=widths]", "2-0-2")
    lab.locator("[name=widths]").blur()
    assert lab.locator("[name=widths]:invalid").count() == 1
    lab.fill("[name=widths]", "2-3-4-2")


def failures_here(folder, file, old, new):
    """Run the tests of a module with a mistake in it, and return those that fail."""
    shutil.copytree(ROOT / "voronet", folder / "voronet")
    shutil.copytree(ROOT / "tests", folder / "tests")
    path = folder / "voronet" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    arguments = ["-q", "-rf", "--no-header", "--hypothesis-profile=mutation"]
    command = [sys.executable, "-m", "pytest", *arguments, f"tests/test_{file}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)


def test_the_tests_judge_as_they_do_here(lab, tmp_path):
    assert verdict(lab, "mean_squared_error")[0] == "All 17 tests pass."
    text, failed = verdict(lab, "mean_squared_error", mistake="the half dropped")
    expected = failures_here(tmp_path, "loss.py", "0.5 * (", "1.0 * (")
    assert "tests/test_loss.py::test_hand" in expected
    assert sorted(failed) == sorted(expected)
    assert text == f"{len(expected)} of 17 tests fail."
    first = lab.locator("#lab-failures pre").first.inner_text()
    assert "0.3125" in first, first
    lab.click("#lab-restore")
    assert verdict(lab, "mean_squared_error")[0] == "All 17 tests pass."


def test_a_syntax_error_is_said(lab):
    text, failed = verdict(lab, "sigmoid", source="def sigmoid(z:\n    return z\n")
    assert "SyntaxError: '(' was never closed" in text
    assert failed == []
    assert verdict(lab, "mean_squared_error")[0] == "All 17 tests pass."


@pytest.mark.parametrize(
    "line",
    ["while True: pass", "import os; os._exit(1)"],
    ids=["an endless loop", "an exit"],
)
def test_what_ends_python_is_survived(lab, line):
    step = frame(lab)["step"]
    source = f"def mean_squared_error(a, y):\n    {line}\n"
    text, _ = verdict(lab, "mean_squared_error", source=source)
    assert text.startswith("No verdict: "), text
    assert text.endswith("Python was ended, and is started anew."), text
    # The run beside it goes on.
    lab.click("#lab-step")
    until(lab, lambda: frame(lab)["step"] == step + 1)
    lab.click("#lab-restore")
    assert verdict(lab, "mean_squared_error")[0] == "All 17 tests pass."


def judge_formula(tab):
    """Let the checker judge the formula as it is edited now."""
    tab.click("#lab-check")
    until(tab, lambda: tab.is_enabled("#lab-check"))
    return tab.inner_text("#lab-held")


def test_the_checker_says_what_the_build_says(lab):
    told = re.findall(r'page\("([^"]+)"\)', (ROOT / "docs" / "wrong.md").read_text())
    assert len(told) > 5
    built = (ROOT / "site" / "wrong" / "index.html").read_text()
    messages = [
        unescape(text) for text in re.findall("<samp>(.*?)</samp>", built, re.DOTALL)
    ]
    lab.select_option("#lab-formula", "eq:loss")
    said = judge_formula(lab)
    assert re.fullmatch(r"Held, on 9 draws, greatest relative error \S+\.", said), said
    seconds = []
    for what in told:
        lab.select_option("#lab-formula", next(m[1] for m in IN_PAGES if m[0] == what))
        group = lab.get_by_role("group", name="Make a mistake in the equation")
        group.get_by_role("button", name=what, exact=True).click()
        began = time.monotonic()
        said = judge_formula(lab)
        seconds.append(time.monotonic() - began)
        assert said in messages, what
        messages.remove(said)
    assert np.median(seconds) < 0.5, seconds


# What is done to a page, and what its check then says.
TAMPERED = {
    "eq:sample-loss": (
        "a => { a.textContent = a.textContent.replace('1}{2}', '1}{3}'); }",
        "docs/derive/loss.md: (3.1) eq:sample-loss: left ",
    ),
    "eq:loss": (
        "a => { a.previousSibling.querySelector('mn').textContent = '4'; }",
        "(3.3) eq:loss: it shows other characters than its LaTeX.",
    ),
    "eq:loss-slope": (
        "a => a.closest('.equation').remove()",
        "eq:loss-slope: it does not stand on the page.",
    ),
}


def test_a_page_is_checked_in_the_browser_and_a_tampered_one_is_caught(open_lab):
    tab = open_lab("../derive/loss/")
    line = tab.locator(".v-check [role=status]")

    def check_page():
        line.evaluate("line => { line.textContent = ''; }")
        tab.click(".v-check button")
        until(tab, lambda: re.search("commit|cannot", line.inner_text()), 120)
        return line.inner_text(), tab.locator(".v-check li").all_inner_texts()

    assert not [url for url in tab.asked if "/lab/" in url]
    said, wrong = check_page()
    pattern = (
        "(.*), on numbers drawn anew with seed (.*), "
        r"in (.*) s, by the package of commit (.*)\."
    )
    told = re.fullmatch(pattern, said)
    assert told[1] == "Held: 8 of 8"
    assert wrong == []
    packed = zipfile.ZipFile(LAB / "runtime" / "checker.zip")
    assert told[4] == packed.read("commit").decode()
    for label, (script, _) in TAMPERED.items():
        tab.locator(f"[id='{label}'] annotation").evaluate(script)
    said, wrong = check_page()
    again = re.fullmatch(pattern, said)
    assert again[1] == "Held: 5 of 8"
    assert again[2] != told[2]
    # Once of two times: the machine may be busy with something else.
    assert min(float(told[3]), float(again[3])) < 3
    for line_said, (_, expected) in zip(wrong, TAMPERED.values(), strict=True):
        assert expected in line_said


def test_nothing_is_asked_of_another_host(lab, address):
    top = address.removesuffix("lab/")
    elsewhere = [url for url in lab.asked if not url.startswith((top, "blob:"))]
    assert elsewhere == []
    assert any("pyodide.asm.wasm" in url for url in lab.asked)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_runs_is_accessible(lab, scheme):
    name = {"light": "default", "dark": "slate"}[scheme]
    # Colours change at once, not slowly.
    lab.add_style_tag(content="* { transition: none !important; }")
    lab.evaluate("s => { document.body.dataset.mdColorScheme = s; }", name)
    found = Axe().run(lab, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    lab.set_viewport_size({"width": 320, "height": 800})
    width = "document.documentElement.scrollWidth"
    until(lab, lambda: lab.evaluate(width) <= 320, 10)
    lab.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize("harm", ["missing", "tampered"])
def test_a_harmed_file_is_named_and_the_page_stays(open_lab, harm):
    tab = open_lab()
    told = {"status": 404} if harm == "missing" else {"body": b"not a wheel"}
    tab.route(f"**/{PYTEST}", lambda route: route.fulfill(**told))
    tab.click("#lab-boot")
    said = {
        "missing": f"{PYTEST} is missing.",
        "tampered": f"{PYTEST} is not the file that this site was built with.",
    }[harm]
    message = f"Python cannot be started: {said}"
    until(tab, lambda: tab.inner_text("#lab-status") == message, 30)
    assert tab.is_visible("#lab-boot")
    assert tab.is_visible("#lab-source")
    if harm == "missing":
        # It can be tried again.
        tab.unroute(f"**/{PYTEST}")
        tab.click("#lab-boot")
        until(tab, lambda: tab.is_enabled("#lab-run"))
        tab.close()


def test_the_keyboard_is_enough(lab):
    lab.click("#lab-restart")
    until(lab, lambda: frame(lab)["step"] == 0)
    lab.focus("[name=rate]")
    lab.keyboard.press("Tab")
    lab.keyboard.press("Tab")
    lab.keyboard.press("Space")
    until(lab, lambda: frame(lab)["step"] == 1)


def test_without_javascript_it_reads(open_lab):
    tab = open_lab(java_script_enabled=False)
    assert tab.get_by_role("heading", name="What runs here").is_visible()
    assert tab.locator("noscript p").is_visible()
    assert not tab.is_visible("#lab-boot")


def test_a_site_without_python_says_how_to_add_it(open_lab):
    context = open_lab().context
    context.route("**/runtime.json", lambda route: route.fulfill(body="{}"))
    tab = context.new_page()
    tab.goto(context.pages[0].url, wait_until="networkidle")
    assert "python -m voronet_site.runtime" in tab.inner_text("#lab-none")
    assert not tab.is_visible("#lab-boot")
    assert tab.is_visible("#lab-source")


def test_a_page_that_was_opened_as_a_file_says_so(open_lab):
    tab = open_lab().context.new_page()
    tab.goto((LAB / "index.html").as_uri(), wait_until="networkidle")
    assert "opened as a file" in tab.inner_text("#lab-status")
    assert not tab.is_visible("#lab-boot")


def test_no_other_page_has_the_script():
    for path in (ROOT / "site").rglob("index.html"):
        assert ("lab.js" in path.read_text()) == (path.parent == LAB), path
