"""The picture that stands for a page where its address is shared: the region that a run ends with."""

import base64
import io
from textwrap import fill

import yaml
from matplotlib.figure import Figure

import voronet
from voronet.show import LIGHT, region, styled
from voronet_site import ROOT
from voronet_site.figures.common import says, trained

# What is asked for where it is shown, in pixels.
WIDTH, HEIGHT, DPI = 1200, 630, 150


@styled
def draw() -> str:
    """Return the picture, a PNG in Base64."""
    run = trained()
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
    side = HEIGHT / WIDTH
    region(run.net, run.w, run.x, run.y, run.rule, ax=figure.add_axes((0, 0, side, 1)))
    text = figure.add_axes((side, 0, 1 - side, 1))
    text.set_axis_off()
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    name, _, about = cited["title"].partition(": ")
    blue = voronet.decision(run.net, run.w, run.x) > 0.5
    right = (blue == (run.y[1] > 0.5)).sum()
    learnt = f"{right} of {blue.size} points right after {run.steps[-1]:,} steps"
    says(text, 0.1, 0.76, name, size=40, ha="left")
    says(text, 0.1, 0.48, fill(about, 22), size=17, ha="left", linespacing=1.35)
    says(text, 0.1, 0.15, learnt, LIGHT.muted, size=11.5, ha="left")
    file = io.BytesIO()
    # The name of the program would change with its version.
    figure.savefig(file, format="png", metadata={"Software": None})
    return base64.b64encode(file.getvalue()).decode()
