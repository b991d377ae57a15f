"""Docstrings are left out of displayed code, and nothing else is."""

import ast
import textwrap
from pathlib import Path

import markdown
import pytest

import voronet
from literate.docstrings import without_docstrings

EXTENSIONS = ["literate.docstrings", "pymdownx.superfences"]


def test_the_docstring_goes_and_the_code_stays():
    code = textwrap.dedent(
        '''
        @decorated
        def double(
            x: float = "not a docstring",
        ) -> float:  # noqa: ARG001
            """Double a number.

            Examples
            --------
            """

            # Add it to itself.
            text = """this stays"""
            return x + x


        class Thing:
            """A thing."""

            def part(self):
                "Return a part."
                return "this stays"
        '''
    )
    left = without_docstrings(code)
    assert "Double a number" not in left
    assert "A thing." not in left
    assert "Return a part." not in left
    assert left.count("this stays") == 2
    assert '"not a docstring"' in left
    assert "noqa" not in left
    kept = without_docstrings(code, summaries=True)
    assert '    """Double a number."""\n\n    # Add it' in kept
    assert '    """A thing."""' in kept
    assert '        "Return a part."' in kept
    assert "Examples" not in kept
    assert "-> float:\n    # Add it to itself." in left


@pytest.mark.parametrize(
    "path",
    sorted(Path(voronet.__file__).parent.glob("*.py")),
    ids=lambda path: path.name,
)
def test_every_module_means_the_same_without_its_docstrings(path):
    def bare(code):
        tree = ast.parse(code)
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
                node.body = node.body[1:]
        return ast.dump(tree)

    code = path.read_text()
    left = without_docstrings(code)
    # A body that was a docstring alone is empty now; such code is not displayed.
    try:
        seen = ast.parse(left)
    except SyntaxError:
        pytest.skip("has a body that is nothing but a docstring")
    assert ast.dump(seen) == bare(code)


def test_only_blocks_that_ask_for_it_are_shortened():
    block = '{ .python .fold }\ndef f():\n    """Say so."""\n    return 1\n```\n'
    page = f"Text.\n\n``` {block}\n```{block.replace(' .fold', '')}"
    html = markdown.markdown(page, extensions=EXTENSIONS)
    assert html.count("Say so") == 1
    assert html.count("return") == 2
    indented = textwrap.indent(f"``` {block}", "    ")
    html = markdown.markdown(
        f'??? test "A test"\n\n{indented}', extensions=[*EXTENSIONS, "pymdownx.details"]
    )
    assert "Say so" not in html
    assert "return" in html
