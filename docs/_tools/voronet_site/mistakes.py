"""Mistakes, each a change of a few characters: what the check of the equations must catch.

A mistake in a page is an edit of the LaTeX of one display. A mistake in the package is an edit of
one of its files, in a copy that is imported beside the real one.
"""

import importlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

import voronet
from literate.equations import Record, Samples, verdict
from literate.equations.notation import Notation, read_notation
from literate.equations.pages import Formula
from voronet_site import DOCS, PACKAGE, samples
from voronet_site.checked import report

Displays = Mapping[str, Formula]

# What goes wrong, the label, the LaTeX as it stands, the LaTeX as it should not be.
IN_PAGES = [
    ("sign flipped in the label's distance", "eq:squared-distance", "x_{ji} - ", "x_{ji} + "),
    ("a tie to the wrong colour", "eq:label", r"\le", "<"),
    ("the colours exchanged", "eq:label", r"0 & \text{if }", r"1 & \text{if }"),
    ("the farthest seed", "eq:label", r"\min_r \|x_i - B", r"\max_r \|x_i - B"),
    ("a seed of the other colour", "eq:label", "x_i - G_r", "x_i - B_r"),
    ("root of a minimum dropped", "eq:least-square", r"G_r\|^2", r"G_r\|"),
    ("rows and columns swapped", "eq:squared-distance", "G_{jr}", "G_{rj}"),
    ("one-hot entries swapped", "eq:one-hot", "(1, 0)", "(0, 1)"),
    ("a target in a row", "eq:one-hot", r"(1, 0)^\top", "(1, 0)"),
    ("factor 2 dropped", "eq:bisector", "- 2 G_r", "- G_r"),
    ("sign of the exponent", "eq:sigmoid", "e^{-z}", "e^{z}"),
    ("square dropped", "eq:sigmoid-derivative", "(1 + e^{-z})^2", "(1 + e^{-z})"),
    ("sign of the slope", "eq:sigmoid-derivative", r"(1 - \sigma(z))", r"(1 + \sigma(z))"),
    ("weights transposed", "eq:pre-activation", r"W_k \,", r"W_k^\top \,"),
    ("layer index shifted", "eq:pre-activation", "a^{(k-1)}", "a^{(k)}"),
    ("bias of another layer", "eq:pre-activation", "b_k", "b_{k-1}"),
    ("indices of a weight swapped", "eq:unit", "(W_k)_{jl}", "(W_k)_{lj}"),
    ("a sum's range changed", "eq:unit", "{n_{k-1}}", "{n_k}"),
    ("a bias left out of the count", "eq:parameter-count", r"(n_k \, n_{k-1} + n_k)",
     r"n_k \, n_{k-1} + \sum_{k=2}^{K} n_k"),
    ("widths counted one layer late", "eq:parameter-count", r"n_k \, n_{k-1}", r"n_k \, n_k"),
    ("biases before weights", "eq:parameter-order", r"W_1, \dots, W_K, b_1, \dots, b_K",
     r"b_1, \dots, b_K, W_1, \dots, W_K"),
    ("share of the other colour", "eq:decision", r"\frac{a_2", r"\frac{a_1"),
    ("the half dropped", "eq:sample-loss", r"&= \tfrac{1}{2} \, ", "&= "),
    ("the square dropped", "eq:sample-loss", r"y_i\|^2", r"y_i\|"),
    ("1/n dropped", "eq:loss", r"\frac{1}{n} \sum", r"\sum"),
    ("n counted from another place", "eq:loss", r"\frac{1}{2n}", r"\frac{1}{2K}"),
    ("a sample left out", "eq:loss", r"\frac{1}{2n} \sum_{i=1}", r"\frac{1}{2n} \sum_{i=2}"),
    ("sign of the error", "eq:delta-output", "a^{(K)} - y", "y - a^{(K)}"),
    ("slope dropped", "eq:delta-output", r" \odot \sigma'(z^{(K)})", ""),
    ("slope of an activation", "eq:delta-output", r"\sigma'(z^{(K)})", r"\sigma'(a^{(K)})"),
    ("transpose dropped", "eq:delta-hidden", r"W_{k+1}^\top", "W_{k+1}"),
    ("transpose moved", "eq:delta-hidden", r"W_{k+1}^\top \, \delta^{(k+1)}",
     r"W_{k+1} \, (\delta^{(k+1)})^\top"),
    ("slope at the wrong layer", "eq:delta-hidden", r"\sigma'(z^{(k)})", r"\sigma'(z^{(k+1)})"),
    ("weights of the wrong layer", "eq:delta-hidden", "W_{k+1}", "W_k"),
    ("matrix product for the entrywise one", "eq:delta-hidden", r"\odot", ""),
    ("entrywise product for the matrix one", "eq:delta-hidden", r"\top \, \delta",
     r"\top \odot \delta"),
    ("a recursion that stops early", "eq:delta-hidden", r"\dots, 1", r"\dots, 2"),
    ("a recursion that starts too late", "eq:delta-hidden", "K - 1,", "K,"),
    ("a condition on the layer after", "eq:activation", r"\qquad k =", r"\qquad k + 1 ="),
    ("a condition on another index", "eq:activation", r"\qquad k =", r"\qquad j ="),
    ("a condition turned round", "eq:activation", r"\qquad k =", r"\qquad k \ne"),
    ("sum over the wrong layer", "eq:chain-hidden", "{n_{k+1}}", "{n_k}"),
    ("chain rule through the wrong unit", "eq:next-layer-derivative", "_{rj}", "_{jr}"),
    ("a Jacobian transposed", "eq:jacobian-layer", r"W_{k+1} \operatorname{diag}(\sigma'(z^{(k)}))",
     r"\operatorname{diag}(\sigma'(z^{(k)})) W_{k+1}^\top"),
    ("activation of the wrong layer", "eq:gradient-weights", r"\delta^{(k)} \, (a^{(k-1)})",
     r"\delta^{(k)} \, (a^{(k)})"),
    ("outer product turned round", "eq:gradient-weights", r"\delta_i^{(k)} \, (a_i^{(k-1)})^\top",
     r"a_i^{(k-1)} \, (\delta_i^{(k)})^\top"),
    ("1/n dropped from a gradient", "eq:gradient-biases", r"\frac{1}{n} \sum", r"\sum"),
    ("first rate for the second", "eq:adam-v", r"\beta_2 \,", r"\beta_1 \,"),
    ("moments swapped", "eq:adam-m", r"\, m_{t-1}", r"\, v_{t-1}"),
    ("the gradient not squared", "eq:adam-v", r"g_t \odot g_t", "g_t"),
    ("weights that do not fade", "eq:adam-m-unrolled", r"\beta_1^{t-s}", r"\beta_1^{s}"),
    ("last gradient left out", "eq:adam-m-unrolled", r"\sum_{s=1}^{t}", r"\sum_{s=1}^{t-1}"),
    ("correction without its power", "eq:adam-correction", r"\beta_1^t", r"\beta_1"),
    ("correction multiplied", "eq:adam-correction", r"\frac{v_t}{1 - \beta_2^t}",
     r"v_t \, (1 - \beta_2^t)"),
    ("correction dropped", "eq:adam-update", r"\hat m_t", "m_t"),
    ("root dropped", "eq:adam-update", r"\sqrt{\hat v_t}", r"\hat v_t"),
    ("epsilon moved into the root", "eq:adam-update", r"\sqrt{\hat v_t} + \varepsilon",
     r"\sqrt{\hat v_t + \varepsilon}"),
    ("epsilon added to the parameters", "eq:adam-update",
     r"\frac{\hat m_t}{\sqrt{\hat v_t} + \varepsilon}",
     r"\frac{\hat m_t}{\sqrt{\hat v_t}} + \varepsilon"),
    ("epsilon left unscaled", "eq:adam-rearranged", r"\varepsilon \sqrt{1 - \beta_2^t}",
     r"\varepsilon"),
    ("uphill", "eq:descent", r"- \eta", r"+ \eta"),
    ("gradient of the next step", "eq:step-gradient", "w_{t-1}", "w_t"),
    ("another seed's cell", "eq:cell", "C_r", "C_l"),
    ("the far side of an edge", "eq:cell", r"\|x - G_r\| \le \|x - G_l\|", r"\|x - G_r\| \ge \|x - G_l\|"),
    ("a cell without its edges", "eq:cell", r"\|x - G_r\| \le \|x - B_l\|", r"\|x - G_r\| < \|x - B_l\|"),
    ("a matrix on its side", "eq:shapes", r"n_k \times n_{k-1}", r"n_{k-1} \times n_k"),
    ("a matrix written as a column", "eq:shapes", r"n_k \times n_{k-1}", r"n_k \, n_{k-1}"),
    ("the linear term subtracted", "eq:taylor", r"+ \nabla", r"- \nabla"),
    ("a remainder of higher order than it is", "eq:taylor", r"O(\|u\|^2)", r"O(\|u\|^3)"),
    ("a remainder of lower order than it is", "eq:differences", "O(h^2)", "O(h)"),
    ("a central difference over one step", "eq:differences", "{2h}", "{h}"),
    ("a real step for the imaginary one", "eq:differences", r"\mathrm{i} h", "h"),
    ("the root dropped in the other order", "eq:adam-hat", r"\sqrt{v_t}", "v_t"),
    ("the second moment under a bound of the first", "eq:adam-m-bound", "|m_t|", "|v_t|"),
    ("a bound turned round", "eq:adam-longest", r"\le", r"\ge"),
    ("a bound that is never reached", "eq:adam-longest", r"\frac{1 - \beta_1}{\sqrt{(1", r"\frac{2 - \beta_1}{\sqrt{(1"),
    ("a strict bound that is attained", "eq:entry-norm", r"\le", "<"),
    ("a symbol without a row", "eq:activation", r"\sigma(", r"\phi("),
    ("LaTeX that nobody can read", "eq:activation", "= ", r"\rightsquigarrow{=} "),
]  # fmt: skip

# What goes wrong, the file, the code as it stands, as it should not be, a label that tells.
IN_PACKAGE = [
    ("a tie to blue", "data.py", "blue < green", "blue <= green", "eq:label"),
    ("rows of the targets swapped", "data.py", "[label == 0, label == 1]",
     "[label == 1, label == 0]", "eq:one-hot"),
    ("sign of the exponent", "network.py", "z < 0, e", "z > 0, e", "eq:sigmoid"),
    ("slope of a post-activation mask", "network.py", "a * (1.0 - a)", "(a > 0) * 1.0",
     "eq:sigmoid-derivative"),
    ("bias subtracted", "network.py", "a[-1] + bias", "a[-1] - bias", "eq:pre-activation"),
    ("matrices read column by column", "network.py", "reshape(*lead, *shape)",
     'reshape(*lead, *shape, order="F")', "eq:parameter-order"),
    ("biases not counted", "network.py", "sum(prod(shape) for shape in self.shapes)",
     "sum(prod(shape) for shape in self.shapes[: self.depth + 1])", "eq:parameter-count"),
    ("share of green", "network.py", "np.divide(blue", "np.divide(green",
     "eq:decision"),
    ("the half dropped", "loss.py", "0.5 * (", "1.0 * (", "eq:sample-loss"),
    ("1/n dropped", "loss.py", "/ losses.shape[-1]", "/ 1", "eq:loss"),
    ("sign of the error", "backprop.py", "(a[-1] - y)", "(y - a[-1])", "eq:delta-output"),
    ("the transpose is missing", "backprop.py", "weights[k].swapaxes(-1, -2) @", "weights[k] @",
     "eq:delta-hidden"),
    ("slope dropped", "backprop.py", "back * sigmoid_derivative(a[k])", "back",
     "eq:delta-hidden"),
    ("slope at the wrong layer", "backprop.py", "sigmoid_derivative(a[k])",
     "sigmoid_derivative(a[k + 1])", "eq:delta-hidden"),
    ("1/n dropped from the biases", "backprop.py", ".sum(axis=-1) / n)",
     ".sum(axis=-1))", "eq:gradient-biases"),
    ("1/n dropped from the weights", "backprop.py", "@ incoming / n", "@ incoming",
     "eq:gradient-weights"),
    ("rates swapped", "adam.py", "beta1 * state.m", "beta2 * state.m", "eq:adam-m"),
    ("the gradient not squared", "adam.py", "(1 - beta2) * g**2", "(1 - beta2) * g",
     "eq:adam-v"),
    ("root dropped", "adam.py", "np.sqrt(v_hat)", "v_hat", "eq:adam-correction"),
    ("epsilon moved into the root", "adam.py", "np.sqrt(v_hat) + self.epsilon",
     "np.sqrt(v_hat + self.epsilon)", "eq:adam-update"),
    ("epsilon added to the parameters", "adam.py", "m_hat / scale",
     "m_hat / np.sqrt(v_hat) + self.epsilon", "eq:adam-update"),
    ("correction dropped", "adam.py", "v_hat = v / (1 - beta2**t)", "v_hat = v",
     "eq:adam-correction"),
    ("correction without its power", "adam.py", "m / (1 - beta1**t)", "m / (1 - beta1)",
     "eq:adam-correction"),
    ("a step counter that never grows", "adam.py", "return w, AdamState(t, m, v)",
     "return w, AdamState(0, m, v)", "eq:adam-correction"),
    ("uphill", "descent.py", "w - self.learning_rate * g", "w + self.learning_rate * g",
     "eq:descent"),
]  # fmt: skip


@cache
def read_site() -> Displays:
    """Return the displays of the site.

    They come from the report, which stays the same when an author edits the prose: a page that shows
    messages names a file, but no line, and need not be made again.
    """
    return {
        found.label: Formula(found.label, found.number, found.page, found.tex, f"docs/{found.page}")
        for found in report().records
    }


@cache
def notation() -> Notation:
    """Return the notation table of the site."""
    return read_notation(DOCS / "notation.md")


@cache
def draw_samples() -> Samples:
    """Draw the problems on which the equations are held."""
    return Samples.make(samples)


def edited(text: str, old: str, new: str) -> str:
    """Make one change; what it changes must be there."""
    if old not in text:
        raise ValueError(f"{old!r} does not stand there any more")
    return text.replace(old, new, 1)


def page_mistake(label: str, old: str, new: str, displays: Displays | None = None) -> Record | str:
    """Return what the check says about a page with a mistake in one of its displays."""
    display = (displays or read_site())[label]
    changed = replace(display, tex=edited(display.tex, old, new))
    return verdict(changed, notation(), draw_samples())


def package_mistake(
    file: str, old: str, new: str, label: str, displays: Displays | None = None
) -> Record | str:
    """Return what the check says about an equation when the package has a mistake."""
    display = (displays or read_site())[label]
    with broken_package(file, old, new) as package:
        return verdict(display, notation(), Samples.make(samples, package))


@contextmanager
def broken_package(file: str, old: str, new: str) -> Iterator[ModuleType]:
    """Import a copy of the package with a mistake in it, and put the real one back."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(PACKAGE, Path(folder) / "voronet")) / file
        copy.write_text(edited(copy.read_text(encoding="utf-8"), old, new), encoding="utf-8")
        real = {name: sys.modules.pop(name) for name in loaded()}
        sys.path.insert(0, folder)
        try:
            yield importlib.import_module(voronet.__name__)
        finally:
            sys.path.remove(folder)
            for name in loaded():
                del sys.modules[name]
            sys.modules |= real
            importlib.invalidate_caches()


def loaded() -> list[str]:
    """Return the modules of the package that are imported now."""
    return [name for name in sys.modules if name.split(".")[0] == voronet.__name__]
