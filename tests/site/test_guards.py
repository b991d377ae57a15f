"""The guards find what they are there to find, and nothing on the pages as they are."""

import re
from pathlib import Path

import pytest

import voronet
import voronet.show
from literate import guards
from literate.equations.pages import text_of
from voronet_site import DOCS

PAGES = [
    pytest.param(path, id=str(path.relative_to(DOCS)))
    for path in sorted([*DOCS.rglob("*.md"), *(DOCS / "run").glob("*.py")])
    if path.relative_to(DOCS).parts[0] != "_tools"
]


WHOLE = "# --8<-- [start:part]\nx = 1\n# --8<-- [end:part]\n"


@pytest.mark.parametrize(
    ("code", "line", "says"),
    [
        (
            WHOLE.replace("[end:part]", ""),
            '--8<-- "source.py:part"',
            "end:part] 0 times",
        ),
        (WHOLE.replace("[start:part]", ""), '--8<-- "source.py:part"', "start:part] 0"),
        (WHOLE + WHOLE, '--8<-- "source.py:part"', "2 times"),
        (WHOLE, '--8<-- "source.py:part2"', "start:part2] 0 times"),
        (WHOLE, '--8<-- "missing.py:part"', "no file missing.py"),
        (WHOLE, '--8<-- "source.py"', "names no section"),
        (WHOLE, '--8<-- "source.py:1:2"', "lines by number rot"),
        (WHOLE, '--8<-- "source.py:1"', "lines by number rot"),
        (WHOLE, '--8< "source.py:part"', "is no include"),
        (WHOLE, "--8<-- source.py:part", "is no include"),
        (WHOLE, '-8<-- "source.py:part"', "is no include"),
        (WHOLE, '--8<-- "source.py:part', "is no include"),
    ],
)
def test_an_include_that_would_go_wrong_is_found(tmp_path, code, line, says):
    (tmp_path / "source.py").write_text(code)
    found = list(guards.includes(f"Text.\n\n```python\n{line}\n```\n", tmp_path))
    assert any(says in problem for _, _, problem in found), found
    assert found[0][:2] == (4, 1)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('--8<-- "source.py:prt"', "did you mean part?"),
        ('--8<-- "sorce.py:part"', "did you mean source.py?"),
    ],
)
def test_a_mistyped_include_is_told_what_is_near(tmp_path, line, says):
    (tmp_path / "source.py").write_text(WHOLE)
    (_, _, problem), *_ = guards.includes(line, tmp_path)
    assert says in problem


def test_an_include_that_is_right_passes(tmp_path):
    (tmp_path / "source.py").write_text(WHOLE)
    assert not list(guards.includes('```python\n--8<-- "source.py:part"\n```', tmp_path))


@pytest.mark.parametrize(
    "block",
    [
        "```python\nx = 1\n```",
        "``` python\nx = 1\n```",
        "```py\nx = 1\n```",
        "``` { .python }\nx = 1\n```",
        "``` { .python .fold }\nx = 1\n```",
        '```python\n--8<-- "a.py:b"\nx = 1\n```',
        '??? test "A"\n\n    ```python\n    x = 1\n    ```',
        "````python\nx = 1\n````",
        "```python\n```",
    ],
)
def test_python_typed_on_a_page_is_found(block):
    found = list(guards.typed_code(f"Text.\n\n{block}\n"))
    assert len(found) == 1, found


@pytest.mark.parametrize(
    "block",
    [
        '```python\n--8<-- "a.py:b"\n```',
        '??? test "A"\n\n    ``` { .python .fold }\n    --8<-- "a.py:b"\n    ```',
        "``` { .python .not-ours }\nx = 1\n```",
        "```sh\npip install\n```",
        "```\nplain\n```",
    ],
)
def test_other_code_passes(block):
    assert not list(guards.typed_code(f"Text.\n\n{block}\n"))


@pytest.mark.parametrize(
    "left",
    ["<p>--8&lt;-- a</p>", "<p>{{= n }}</p>", "<p>$$ x $$</p>", r"<p>\eqref{eq:a}</p>",
     r"<p>\label{eq:a}</p>", '<p>![x](figure:a.b)</p>'],
)  # fmt: skip
def test_a_leftover_in_the_built_page_is_found(left):
    assert len(guards.examine_built(f"<main>{left}</main>")) == 1


@pytest.mark.parametrize(
    "shown",
    [
        "<pre><code>$$ {{= n }} --8<-- \\label</code></pre>",
        "<code>{{= n }}</code>",
        '<annotation encoding="application/x-tex">\\label{a} $$</annotation>',
        '<a href="figure:x" title="$$">x</a>',
        "<script>'$$'</script>",
    ],
)
def test_markup_that_is_shown_on_purpose_passes(shown):
    assert not guards.examine_built(f"<main>{shown}</main>")


def test_an_identifier_that_stands_twice_is_found():
    html = '<p id="a">x</p><svg><g class="c" id="a"/></svg><p id="b">'
    assert guards.examine_built(html) == [("a", "the identifier 'a' stands 2 times on the page")]


def test_a_picture_without_a_description_is_found():
    assert guards.examine_built('<img src="a.png"><img src="b.png" alt="">') == [
        ("a.png", "the picture 'a.png' needs a description in words")
    ]


def examine(path: Path, text: str) -> list[tuple[int, int, str]]:
    """Return what the guards of a page's source find."""
    found = [*guards.includes(text, DOCS.parent), *guards.typed_code(text)]
    # The references list volumes, pages and years; the interface is written from docstrings.
    numbered = path.stem in ("references", "api")
    return found if numbered else [*found, *guards.typed_numbers(text)]


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_in_order(path: Path):
    assert examine(path, text_of(path)) == []


PLANTED = {
    "an include without its section": '--8<-- "voronet/loss.py"',
    "an include of a missing file": '--8<-- "voronet/missing.py:loss"',
    "a mistyped include": '--8< "voronet/loss.py:loss"',
    "typed code": "```python\nx = 1\n```",
    "a typed number": "It took 37 steps.",
    "a typed number in a formula": "Here $n = 37$.",
}


@pytest.mark.parametrize("what", PLANTED)
@pytest.mark.parametrize("path", PAGES)
def test_a_violation_is_found_in_the_middle_and_at_the_end_of_every_page(path, what):
    text = text_of(path)
    gaps = [gap for gap in range(len(text)) if is_between_paragraphs(text, gap)]
    for gap in (gaps[len(gaps) // 2], len(text)):
        planted = f"{text[:gap]}\n\n{PLANTED[what]}\n{text[gap:]}"
        line = planted.count("\n", 0, gap) + 3
        lines = {line for line, _, _ in examine(path, planted)}
        if "number" in what and path.stem in ("references", "api"):
            continue
        assert lines == {line}, f"{what} in line {line} of {path.name}: found in {lines}"


def is_between_paragraphs(text: str, gap: int) -> bool:
    """Tell whether the text can be cut here without cutting through code, a display or a list."""
    before, after = text[:gap], text[gap:]
    return (
        after.startswith("\n\n")
        and bool(re.match(r"\n\n+[A-Z#]", after))
        and bool(re.search(r"\n\n[A-Z#][^\n]*(\n\S[^\n]*)*$", before))
        and before.count("```") % 2 == 0
        and len(re.findall(r"^\s*\$\$$", before, re.MULTILINE)) % 2 == 0
    )


def test_every_public_name_stands_on_the_page_of_the_interface():
    page = (DOCS / "api.md").read_text()
    shown = set(re.findall(r"^::: voronet\.([\w.]+)$", page, re.MULTILINE))
    pictures = {f"show.{name}" for name in voronet.show.__all__}
    assert shown == {*voronet.__all__, *pictures}, shown ^ {*voronet.__all__, *pictures}
