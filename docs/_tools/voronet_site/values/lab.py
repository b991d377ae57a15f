"""The values of the laboratory: what Python in the browser, and its editor, are made of."""

from html import escape

import numpy as np

import voronet
from voronet.show import replay as made
from voronet_site.in_browser import STEPS
from voronet_site.runtime import EDITOR, NAMED

HEAD = ("what", "out of the package", "licence")
carrier = f"<code>{escape(NAMED['carrier'])}</code>"

# What is shown until Python is ready: the run that the settings of the page make.
rng = np.random.default_rng(0)
rule, x = voronet.VoronoiRule.random(rng), voronet.sample_points(50, rng)
run = voronet.train(x, voronet.one_hot(rule.label(x)), seed=rng, rule=rule, max_steps=10_000)
replay, steps = made(run), f"{run.steps[-1]:,}"
# How long an edit is tried.
brief = STEPS


def table() -> str:
    """Write where each file comes from, and its licence, as an HTML table; on a phone its cells stack."""
    rows = []
    for file in NAMED["file"]:
        own = file["name"].endswith("none-any.whl")
        source = f"<code>{'=='.join(file['name'].split('-')[:2])}</code>" if own else carrier
        rows.append((escape(file["what"]), source, escape(file["licence"])))
    packages = ", ".join(f"<code>{escape(package)}</code>" for package in EDITOR["packages"])
    rows.append((escape(EDITOR["what"]), packages, escape(EDITOR["licence"])))
    body = "".join(f"<tr>{''.join(map(write_cell, HEAD, row))}</tr>" for row in dict.fromkeys(rows))
    head = "".join(f"<th>{name}</th>" for name in HEAD)
    return f"<table data-stacks><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def write_cell(heading: str, text: str) -> str:
    """Write a cell, with its heading for narrow screens."""
    return f'<td><span class="cell-heading" aria-hidden="true">{heading}</span><span>{text}</span></td>'
