"""Values of the page on the check of the equations: one equation, followed all the way."""

import re
from html import escape

import numpy as np

from literate.equations.check import ORDERS, Statement, assign_indices
from literate.equations.evaluate import STEP, TOLERANCE, Env, relative_error
from literate.equations.pages import WORDS
from literate.equations.parse import Node, Sym, cut_clauses
from voronet_site import mistakes, samples
from voronet_site.checked import report

found = report()
held, exempt = found.held, found.exempt
displays, table = mistakes.read_site(), mistakes.notation()
draws = mistakes.draw_samples().draws
widths = ", ".join(str(choice) for choice in samples.WIDTHS)
sample_counts = ", ".join(map(str, samples.SAMPLES[:-1])) + f" and {samples.SAMPLES[-1]}"
in_pages, in_package = len(mistakes.IN_PAGES), len(mistakes.IN_PACKAGE)
tolerance, step = TOLERANCE, STEP
orders = {6: "six"}[ORDERS]
words = " or ".join(f"*{word}*" for word in WORDS)


def shown(text: str) -> str:
    """Show a text as it is."""
    return f"<pre><code>{escape(text)}</code></pre>"


def written(sym: Sym) -> str:
    """Write a symbol in a line, its indices as trees."""
    subs = ", ".join(branch(sub)[0].strip() for sub in sym.subs)
    layer = branch(sym.layer)[0].strip() if sym.layer else ""
    return sym.base + (f", index {subs}" if subs else "") + (f", layer {layer}" if layer else "")


def branch(node: Node, depth: int = 0) -> list[str]:
    """Write a node and all below it, a line each; indices in one line."""
    indent = "    " * depth
    if isinstance(node, Sym):
        return [indent + written(node)]
    if node.kind in ("add", "subtract"):
        sign = " + " if node.kind == "add" else " - "
        return [indent + sign.join(branch(child)[0].strip() for child in node.children())]
    if node.kind == "number":
        return [f"{indent}{node.args[0]:g}"]
    below = [line for child in node.children() for line in branch(child, depth + 1)]
    return [indent + node.kind, *below]


# The equation that the page follows, in every form that it takes.
display = displays["eq:delta-hidden"]
latex = shown(re.sub(r"\n\\label.*", "", display.tex))
plain = shown("\n".join(cut_clauses(display.tex)))
notation = table.on(display.page)
statement = Statement.read(display, notation)
(equation,) = statement.equations
tree = shown("\n".join(line for side in equation.sides for line in branch(side)))
problem = draws[1]
first = next(assign_indices(equation, statement.conditions, Env(notation, problem)))
left, right = (first.value(side) for side in equation.sides)
with np.printoptions(precision=6, suppress=True):
    sides = shown(f"left\n{left}\n\nright\n{right}")
shape = np.shape(left)
off = relative_error(left, right)
apart = f"differ by {off:.0e}" if off else "agree to the last bit"
layer = first.names["k"]
line = mistakes.page_mistake("eq:delta-hidden", r"\sigma'(z^{(k)})", "a^{(k)}")
failed = f'<pre class="mistake"><code><samp>{escape(str(line))}</samp></code></pre>'
