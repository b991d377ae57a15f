"""Write fractions, vectors and matrices of fractions as TeX."""

from fractions import Fraction


def fraction(value):
    """Write a number that is a fraction up to rounding as TeX."""
    part = Fraction(float(value)).limit_denominator(10_000)
    assert abs(part - float(value)) < 1e-12, f"{value} is no small fraction"
    sign, top, bottom = "-" if part < 0 else "", abs(part.numerator), part.denominator
    return f"{sign}{top}" if bottom == 1 else f"{sign}\\tfrac{{{top}}}{{{bottom}}}"


def column(values):
    """Write a column of fractions as TeX, lying down."""
    return "(" + ", ".join(fraction(value) for value in values) + r")^\top"


def rows(matrix):
    """Write a matrix of fractions as TeX."""
    lines = " \\\\ ".join(" & ".join(fraction(v) for v in row) for row in matrix)
    return f"\\begin{{pmatrix}} {lines} \\end{{pmatrix}}"
