r"""The LaTeX on the page is the thing that is checked.

Every display between two lines of `$$`, and every formula in a sentence that compares two things, is
read by a grammar, evaluated on random values, and both sides of each relation are compared. What
cannot be read fails. Another site needs lark and NumPy, a notation table, and a module whose `draws()` give the symbols their numbers (see `evaluate.Draw`).

What an author writes
---------------------
- One `\label{eq:name}` in each display, `chapter: 4` in the page's front matter.
- Chains, `a = b = c`, on one line or in `aligned`: every link is held. `\le`, `<`, `\ge`, `>` are held too.
  A row with a left side of its own is a new statement; so is what follows `\quad`, and `, &` in `aligned`.
- Conditions come last, after `\quad`, in a row of their own, or in a comment: `k = 1, \dots, K`, `k = 2, 1`,
  `j \in \{1, \dots, n_k\}`, `t \ge 2`, `k < K`; `K = 3` keeps the networks of three layers; `% where: K = 3`
  says it without showing it. A free index without condition takes all its values, and one that
  leads out of range is an error.
- `% where: q = \beta_1^2 / \beta_2` says what a symbol means that the table lacks.
- `% sharp` on an inequality: some draw attains it. `% one sample`: see below.
- `% exempt: illustration, reason` (or supposed) on a formula that states no identity.
- A formula in a sentence, a table or a docstring is held if it compares two things. Such a comment stands after it:
  `$g_{t+1} = \nabla L(w_t)$<!-- where: t < T -->`, several with `;` between. `<!-- let -->` says that the formula
  gives its left side a name, for the rest of the page. `k = 1` and `C = 3` choose a number and are left alone.
- A formula in the docstring of a function or class speaks of what it gives: a row of the table names it in "given by".
- `<!-- example: name, sample 2 -->` after a formula, or in a line of its own for all that follow up to the next
  heading: the symbols stand for the numbers of that example of the samples. Numbers with a point are rounded.

The LaTeX that is read
----------------------
- `+`, `-`, parentheses and brackets; `a b` and `a \cdot b` (matrix product, or a multiple), `\odot`
  (entry by entry, equal shapes), `^\top`, powers `^2`, `^{t-s}`, `^{\odot 2}`, `\frac`, `\tfrac`, `\sqrt`, `\|a\|` (of a
  matrix: Frobenius), `|a|`, `e^{-z}`, `\exp`, `\log`, `\operatorname{diag}(a)`; a
  number is added to every entry; `a b / c`, last in a term, is a fraction, and `∂A/∂B` a derivative. Fractions, roots and powers of vectors go entry by entry.
- `\sum_{i=1}^{n}`, `\prod`, `\min_r`, `\max_{r \in \{1, 2\}}`, `\arg\min_r`: with limits, over a set, or over the whole
  range of the index. They act on the product that follows, up to the next `+` or `-`.
- `\begin{cases} a & \text{if } b \le c \\ d & \text{otherwise} \end{cases}`; `(1, 0)^\top` is a column,
  `(W_1, \dots, W_K, b_1)` is one column of all their entries, row by row.
- `\frac{\partial A}{\partial B}`, `\frac{\mathrm d}{\mathrm d z} (…)`, `\nabla L`, `\nabla_w L`, `\nabla L(w_t)`: by complex step in the
  model. A number by a table has the table's shape; a column by a column is a Jacobian, a row for each output.
- `L(w + u) = … + O(\|u\|^2)`: the arbitrary symbols in `O` are halved, and the rest has to shrink as it says.
- `C_r = \{ x : \|x - G_r\| \le \|x - G_l\| \text{ and } … \text{ for every } l \}`: a set, by its members;
  `W_k \in \mathbb{R}^{n_k \times n_{k-1}}`: a shape; `\begin{pmatrix} … \end{pmatrix}`: a matrix of numbers.
- `\leftarrow` to a symbol that the table ties to its next value; `:=` is `=`.
- In a docstring, signs stand for LaTeX: `σ β δ η ε ℓ ∂ ∇ ⊙ ≤ ‖ …`, and `a \text{ if } b ≤ c, d \text{ otherwise}` for cases.
- Without meaning: spacing, comments, `&`, sizes (`\left`, `\bigl`), `\mathbf`, `\boldsymbol`, `\mathcal`.

Indices
-------
A superscript in parentheses is a layer. A subscript on a quantity with a column for each sample is a sample
(`x_i`: a column), a unit (`z_j^{(k)}`, `a_1^{(K)}`: a row), or both, the unit first (`x_{ji}`). What an index
counts is told by its letter, for a bound index by its limits. A display that leaves the sample out
(`z_j^{(k)}`, `\ell`, the Jacobian of a column) speaks of one sample and is held for each in turn; `% one sample` says so
where it cannot be seen.
"""

from .check import Record, Samples, verdict
from .report import Report, Site, check_only, check_site

__all__ = ["Record", "Report", "Samples", "Site", "check_only", "check_site", "verdict"]
