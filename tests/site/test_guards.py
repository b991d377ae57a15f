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


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Put a source file beside the pages, and return how to write it."""
    monkeypatch.setattr(guards, "ROOT", tmp_path)
    return (tmp_path / "source.py").write_text


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
def test_an_include_that_would_go_wrong_is_found(source, code, line, says):
    source(code)
    found = list(guards.includes(f"Text.\n\n```python\n{line}\n```\n"))
    assert any(says in problem for problem in found), found
    assert found[0].startswith("line 4:")


def test_an_include_that_is_right_passes(source):
    source(WHOLE)
    assert not list(guards.includes('```python\n--8<-- "source.py:part"\n```'))


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
    assert len(list(guards.leftovers(f"<main>{left}</main>"))) == 1


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
    assert not list(guards.leftovers(f"<main>{shown}</main>"))


def test_an_identifier_that_stands_twice_is_found():
    html = '<p id="a">x</p><svg><g class="c" id="a"/></svg><p id="b">'
    assert list(guards.doubled(html)) == ["the identifier 'a' stands 2 times on the page"]


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_in_order(path: Path):
    text = text_of(path)
    assert [*guards.includes(text), *guards.typed_code(text)] == []


def test_every_public_name_stands_on_the_page_of_the_interface():
    page = (DOCS / "api.md").read_text()
    shown = set(re.findall(r"^::: voronet\.([\w.]+)$", page, re.MULTILINE))
    # The two palettes are described with their class.
    pictures = {f"show.{name}" for name in voronet.show.__all__} - {"show.DARK", "show.LIGHT"}
    assert shown == {*voronet.__all__, *pictures}, shown ^ {*voronet.__all__, *pictures}
