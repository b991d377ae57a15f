r"""From LaTeX to tokens: what has no meaning goes, and every argument gets its braces.

Dropped are spacing (`\,` `\;` `\!`), comments, labels, sizes (`\left`, `\bigl`), alignment
(`&`, `\begin{aligned}`) and fonts (`\mathbf`, `\boldsymbol`, `\mathrm`, `\mathcal`). A display is cut into
clauses at `\quad`, at `\text{for}`, and at each row that has a relation but does not begin with it.
"""

import re

from lark import Token

from docs._literate.equations.syntax import Unreadable

RAW = re.compile(
    r"""(?P<skip>\s+|%[^\n]*|\\[,;:!>\ ]|~|\\label\{[^}]*\}
        |\\(?:displaystyle|textstyle|limits|nonumber)(?![a-zA-Z])
        |\\(?:begin|end)\{(?:aligned|gathered|split)\})
    |(?P<open>\\(?:left|[bB]igg?l)(?![a-zA-Z]))
    |(?P<close>\\(?:right|[bB]igg?r)(?![a-zA-Z]))
    |(?P<size>\\[bB]igg?m?(?![a-zA-Z]))
    |(?P<words>\\text(?:rm)?\{[^}]*\})
    |(?P<environment>\\(?:begin|end)\{[a-z]+\*?\})
    |(?P<row>\\\\(?:\[[^\]]*\])?)
    |(?P<command>\\(?:[a-zA-Z]+|[{}|]))
    |(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<letter>[a-zA-Z])
    |(?P<mark>:=|[-+{}()\[\],.;_^'&|=<>])""",
    re.VERBOSE,
)

TYPES = {
    "+": "_PLUS", "-": "_MINUS", "(": "_OPEN", "[": "_OPEN", ")": "_CLOSE", "]": "_CLOSE",
    "{": "LBRACE", "}": "RBRACE", ",": "_COMMA", "_": "_SUB", "^": "_SUP", "&": "_AMP",
    ".": "END", ";": "END", r"\quad": "SEP", r"\qquad": "SEP",
    r"\odot": "_ODOT", r"\cdot": "_CDOT", r"\times": "_CDOT", r"\top": "_TOP",
    r"\frac": "_FRAC", r"\tfrac": "_FRAC", r"\dfrac": "_FRAC", r"\sqrt": "_SQRT",
    r"\partial": "_D", r"\nabla": "_NABLA", r"\{": "_SET_OPEN", r"\}": "_SET_CLOSE",
    r"\dots": "DOTS", r"\ldots": "DOTS", r"\cdots": "DOTS",
    r"\lVert": "_NORM_OPEN", r"\rVert": "_NORM_CLOSE",
    r"\lvert": "_ABS_OPEN", r"\rvert": "_ABS_CLOSE",
    r"\sum": "BIG", r"\prod": "BIG", r"\min": "BIG", r"\max": "BIG", r"\arg": "BIG",
    r"\exp": "FUNCTION", r"\log": "FUNCTION", r"\ln": "FUNCTION", r"\diag": "FUNCTION",
}  # fmt: skip
RELATIONS = {
    "=": "=", ":=": "=", r"\coloneqq": "=", r"\leftarrow": r"\leftarrow", "<": "<", ">": ">",
    r"\le": "<=", r"\leq": "<=", r"\ge": ">=", r"\geq": ">=", r"\ne": "!=", r"\neq": "!=",
    r"\in": "in",
}  # fmt: skip
FONTS = {
    r"\mathbf", r"\boldsymbol", r"\bm", r"\mathrm", r"\mathit", r"\mathcal", r"\mathsf",
    r"\operatorname",
}  # fmt: skip
ACCENTS = {r"\hat", r"\bar", r"\tilde"}
BARS = {"|": "_ABS", r"\|": "_NORM", r"\Vert": "_NORM", r"\vert": "_ABS"}
ENVIRONMENTS = {"cases": "_CASES", "pmatrix": "_MATRIX", "bmatrix": "_MATRIX"}
WORDS = {
    "if": None, "when": None, "otherwise": "_OTHERWISE", "for": "SEP", "for all": "SEP",
    "for every": "SEP", "with": "SEP", "and": "SEP", "where": "SEP",
}  # fmt: skip
# After one of these a bar closes; after anything else it opens.
ENDS = {"NAME", "NUMBER", "ONES", "RBRACE", "_CLOSE", "_NORM_CLOSE", "_ABS_CLOSE", "_CASES_CLOSE"}


def clauses(tex: str) -> list[list[Token]]:
    """Cut a display into its clauses: equations, and the conditions that follow them."""
    found: list[list[Token]] = [[]]
    rows: list[list[Token]] = [[]]
    depth = 0
    for token in Scanner(tex).tokens():
        depth += token.type.endswith(("CASES_OPEN", "MATRIX_OPEN"))
        depth -= token.type.endswith(("CASES_CLOSE", "MATRIX_CLOSE"))
        if depth == 0 and token.type == "_ROW":
            rows.append([])
        elif depth == 0 and token.type == "_AMP":
            # A comma before an alignment mark ends a statement; the mark itself means nothing.
            if rows[-1] and rows[-1][-1].type == "_COMMA":
                rows[-1].append(make("SEP", "&", token.start_pos or 0))
        else:
            if token.type in ("_ROW", "_AMP", "_CASES_CLOSE"):
                rows[-1] = trimmed(rows[-1])
            rows[-1].append(token)
    for row in rows:
        # A row goes on with the last one unless it has a relation after its first mark.
        pieces: list[list[Token]] = [[]]
        for token in row:
            if token.type != "SEP":
                pieces[-1].append(token)
            elif pieces[-1]:
                pieces.append([])
        starts = [t.type == "RELATION" for t in pieces[0]]
        if not any(starts[1:]) or starts[0]:
            found[-1] += pieces.pop(0)
        found += pieces
    return [clause for clause in map(trimmed, found) if clause]


def trimmed(clause: list[Token]) -> list[Token]:
    """Drop the punctuation that ends a clause."""
    while clause and clause[-1].type in ("END", "_COMMA"):
        clause = clause[:-1]
    return clause


class Scanner:
    """Walks the raw marks of a display and makes the tokens of the grammar."""

    def __init__(self, tex: str) -> None:
        self.raw: list[Token] = []
        self.out: list[Token] = []
        self.bars: list[str] = []
        at = 0
        while at < len(tex):
            match = RAW.match(tex, at)
            if not match:
                raise Unreadable(f"cannot read {tex[at : at + 12]!r}", at)
            if match.lastgroup != "skip":
                self.raw.append(make(str(match.lastgroup), match.group(), at))
            at = match.end()
        self.end = at

    def tokens(self) -> list[Token]:
        """Return the tokens of the whole display."""
        while self.raw:
            self.take()
        return self.out

    def put(self, kind: str, text: str, at: int) -> None:
        """Add one token."""
        self.out.append(make(kind, text, at))

    def take(self) -> None:
        """Turn the next mark, with its arguments, into tokens."""
        mark = self.raw.pop(0)
        kind, text, at = mark.type, str(mark), mark.start_pos or 0
        if kind in ("open", "close", "size"):
            if self.raw and self.raw[0] in BARS and kind != "size":
                self.bar(str(self.raw.pop(0)), at, closes=kind == "close")
        elif text in BARS:
            same = bool(self.bars) and self.bars[-1] == BARS[text]
            self.bar(text, at, closes=same and self.out[-1].type in ENDS)
        elif kind == "words":
            self.words(text[text.index("{") + 1 : -1].strip(), at)
        elif kind == "environment":
            self.environment(text, at)
        elif text in FONTS:
            self.font(text, at)
        elif text in ACCENTS:
            self.accent(text, at)
        elif text in ("'", r"\prime"):
            self.prime(at)
        elif text in RELATIONS:
            self.put("RELATION", text, at)
        elif kind == "row":
            self.put("_ROW", text, at)
        elif kind == "number":
            self.put("NUMBER", text, at)
        elif text in TYPES:
            self.command(TYPES[text], text, at)
        elif kind in ("letter", "command"):
            self.put("NAME", text, at)
        else:
            raise Unreadable(f"cannot read {text!r}", at)

    def command(self, kind: str, text: str, at: int) -> None:
        """Add a token with the arguments that belong to it."""
        if text == r"\arg" and self.raw:
            text += str(self.raw.pop(0)).lstrip("\\")
        if kind == "_FRAC":
            over, under = self.argument(at), self.argument(at)
            # The d of a derivative may be written \mathrm d or plain: \frac{d}{dz}.
            if over[1] == under[1] == "d" and len(under) > 3:
                over[1], under[1] = make("_D", "d", at), make("_D", "d", at)
            self.out += [make(kind, text, at), *over, *under]
        elif kind in ("_SUB", "_SQRT"):
            self.out += [make(kind, text, at), *self.argument(at)]
        elif kind == "_SUP":
            self.superscript(text, at)
        else:
            self.put(kind, text, at)

    def superscript(self, text: str, at: int) -> None:
        """Tell apart a prime, a layer such as (k), a layer with a transpose, and a power."""
        brace, *inner, end = self.argument(at)
        if inner and inner[0] == r"\prime":
            self.prime(at)
            return
        top = [inner.pop()] if len(inner) > 1 and inner[-1].type == "_TOP" else []
        if inner and inner[0].type == "_OPEN" and inner[-1].type == "_CLOSE":
            self.out += [make("_LAYER", text, at), brace, *inner[1:-1], end]
            inner = []
        if inner or top:
            self.out += [make("_SUP", text, at), brace, *inner, *top, end]

    def argument(self, at: int) -> list[Token]:
        """Return the next argument in TeX's sense, in braces: one mark, or a group."""
        if not self.raw:
            raise Unreadable("an argument is missing", at)
        outer, self.out = self.out, []
        bars, self.bars = self.bars, []
        first = self.raw[0]
        start, end = first.start_pos or 0, first.end_pos or 0
        if first == "{":
            self.raw.pop(0)
            while self.raw and self.raw[0] != "}":
                self.take()
            if not self.raw:
                raise Unreadable("a brace is not closed", start)
            end = self.raw.pop(0).end_pos or 0
        elif first.type == "number":
            # TeX takes one digit: \frac12 is a half.
            digit, rest = str(first)[0], str(first)[1:]
            self.raw[:1] = [make("number", rest, start + 1)] if rest else []
            self.put("NUMBER", digit, start)
            end = start + 1
        elif first == r"\prime":
            self.out.append(self.raw.pop(0))
        else:
            self.take()
        inner, self.out, self.bars = self.out, outer, bars
        return [make("LBRACE", "{", start), *inner, make("RBRACE", "}", end - 1)]

    def bar(self, text: str, at: int, closes: bool) -> None:
        """Add a bar that opens or closes a norm or an absolute value."""
        kind = BARS[text]
        if closes and self.bars:
            self.bars.pop()
        elif not closes:
            self.bars.append(kind)
        self.put(kind + ("_CLOSE" if closes else "_OPEN"), text, at)

    def words(self, words: str, at: int) -> None:
        """Add what a few words mean; others are not read."""
        if words not in WORDS:
            raise Unreadable(f"cannot read the words {words!r}", at)
        if WORDS[words]:
            self.put(str(WORDS[words]), words, at)

    def environment(self, text: str, at: int) -> None:
        """Add the begin or the end of cases or of a matrix."""
        side, name = re.findall(r"[a-z]+", text)
        if name not in ENVIRONMENTS:
            raise Unreadable(f"cannot read the environment {name!r}", at)
        self.put(ENVIRONMENTS[name] + ("_OPEN" if side == "begin" else "_CLOSE"), text, at)

    def font(self, text: str, at: int) -> None:
        """Drop a font; letters that it joins are one name."""
        brace, *inner, end = self.argument(at)
        name = "".join(map(str, inner))
        if text == r"\mathrm" and name == "d":
            self.put("_D", name, at)
        elif text == r"\mathbf" and name == "1":
            self.put("ONES", name, at)
        elif text in (r"\mathsf", r"\mathrm") and name == "T":
            self.put("_TOP", name, at)
        elif "\\" + name in TYPES and text == r"\operatorname":
            self.put(TYPES["\\" + name], "\\" + name, at)
        elif inner and all(t.type == "NAME" for t in inner):
            self.put("NAME", name, at)
        else:
            self.out += [brace, *inner, end]

    def accent(self, text: str, at: int) -> None:
        """Join an accent and the symbol beneath it into one name."""
        inner = self.argument(at)[1:-1]
        if len(inner) != 1 or inner[0].type != "NAME":
            raise Unreadable(f"{text} stands over one symbol", at)
        self.put("NAME", f"{text} {inner[0]}", at)

    def prime(self, at: int) -> None:
        """Join a prime to the name before it."""
        if not self.out or self.out[-1].type != "NAME":
            raise Unreadable("a prime stands after a symbol", at)
        self.out[-1] = make("NAME", self.out[-1] + "'", self.out[-1].start_pos or 0)


def make(kind: str, text: str, at: int) -> Token:
    """Make a token that knows where it stands."""
    return Token(kind, text, start_pos=at, end_pos=at + len(text))
