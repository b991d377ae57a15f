r"""From LaTeX to tokens: what has no meaning goes, and every argument gets its braces.

Dropped are spacing (`\,` `\;`), comments, labels, sizes (`\left`, `\bigl`), alignment (`&`,
`aligned`) and fonts (`\mathbf`, `\boldsymbol`, `\mathrm`, `\mathcal`). A display is cut into
clauses at `\quad`, at `\text{for}`, and at each row that has a left side of its own.
"""

import re

from lark import Token


class Unreadable(Exception):
    """LaTeX that the grammar cannot read, with the place where it stopped."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(what)
        self.position = position


MARK = re.compile(
    r"""(?P<skip>\s+|%[^\n]*|\\[,;:!>\ ]|~|\\label\{[^}]*\}
        |\\(?:displaystyle|textstyle|limits|nonumber|[bB]igg?m?)(?![a-zA-Z])
        |\\(?:begin|end)\{(?:aligned|gathered|split)\})
    |\\(?P<open>left|[bB]igg?l)(?![a-zA-Z])
    |\\(?P<close>right|[bB]igg?r)(?![a-zA-Z])
    |\\text(?:rm)?\{\s*(?P<words>[^}]*?)\s*\}
    |\\(?P<cases>(?:begin|end)\{cases\})
    |(?P<row>\\\\(?:\[[^\]]*\])?)
    |(?P<command>\\[a-zA-Z]+|\\[{}|]|:=|[-+{}()\[\],.;_^'&|=<>])
    |(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<letter>[a-zA-Z])""",
    re.VERBOSE,
)
RELATIONS = {
    "=": "=", ":=": "=", r"\coloneqq": "=", r"\leftarrow": "<-", r"\in": "in", "<": "<",
    ">": ">", r"\le": "<=", r"\leq": "<=", r"\ge": ">=", r"\geq": ">=", r"\ne": "!=",
    r"\neq": "!=",
}  # fmt: skip
WORDS = {"if": "", "otherwise": "_OTHERWISE"} | dict.fromkeys(
    ("for", "for all", "for every", "with", "where", "and"), "SEP"
)
FONTS = "mathbf boldsymbol bm mathrm mathit mathcal mathsf operatorname".split()
BARS = {"|": "_ABS", r"\|": "_NORM", r"\Vert": "_NORM", r"\vert": "_ABS"}
TYPES = dict.fromkeys(RELATIONS, "RELATION") | {
    "+": "_PLUS", "-": "_MINUS", "(": "_OPEN", ")": "_CLOSE", "[": "_SQUARE_OPEN",
    "]": "_SQUARE_CLOSE", r"\{": "_SET_OPEN", r"\}": "_SET_CLOSE", r"\lVert": "_NORM_OPEN",
    r"\rVert": "_NORM_CLOSE", r"\lvert": "_ABS_OPEN", r"\rvert": "_ABS_CLOSE", "&": "_AMP",
    ",": "_COMMA", ".": "END", ";": "END", r"\quad": "SEP", r"\qquad": "SEP", "_": "_SUB",
    "^": "_SUP", r"\frac": "_FRAC", r"\tfrac": "_FRAC", r"\dfrac": "_FRAC", r"\sqrt": "_SQRT",
    r"\odot": "_ODOT", r"\cdot": "_CDOT", r"\times": "_CDOT", r"\top": "_TOP", r"\dots": "_DOTS",
    r"\ldots": "_DOTS", r"\cdots": "_DOTS", r"\partial": "_D", r"\nabla": "_NABLA",
    r"\sum": "BIG", r"\prod": "BIG", r"\min": "BIG", r"\max": "BIG", r"\arg": "BIG",
    r"\exp": "FUNCTION", r"\log": "FUNCTION", r"\diag": "FUNCTION",
}  # fmt: skip
# How many arguments a token takes; and after what a bar closes rather than opens.
TAKES = {"_SUB": 1, "_SUP": 1, "_SQRT": 1, "_FRAC": 2}
ENDS = ("NAME", "NUMBER", "RBRACE", "_CLOSE", "_SQUARE_CLOSE", "_NORM_CLOSE", "_ABS_CLOSE")


def make(kind: str, text: str, at: int) -> Token:
    """Make a token that knows where it stands."""
    return Token(kind, text, start_pos=at, end_pos=at + len(text))


def clauses(tex: str) -> list[list[Token]]:
    """Cut a display into its clauses: equations, and the conditions that follow them."""
    rows: list[list[Token]] = [[]]
    depth = 0
    for token in Scanner(tex).tokens():
        depth += (token.type == "_CASES_OPEN") - (token.type == "_CASES_CLOSE")
        if token.type in ("_ROW", "_AMP", "_CASES_CLOSE") and depth + (token != "&"):
            rows[-1] = trimmed(rows[-1])
        if depth or token.type not in ("_ROW", "_AMP"):
            rows[-1].append(token)
        elif token.type == "_ROW":
            rows.append([])
        elif rows[-1] and rows[-1][-1].type == "_COMMA":
            # In `a &= b, & c &= d` the comma ends a statement; other & mean nothing.
            rows[-1].append(make("SEP", ",", token.start_pos or 0))
    found: list[list[Token]] = [[]]
    for row in rows:
        pieces: list[list[Token]] = [[]]
        for token in row:
            if token.type != "SEP":
                pieces[-1].append(token)
            elif pieces[-1]:
                pieces.append([])
        relations = [token.type == "RELATION" for token in pieces[0]]
        if not any(relations[1:]) or relations[0]:
            found[-1] += pieces.pop(0)  # the row goes on with the one before
        found += pieces
    return [clause for clause in map(trimmed, found) if clause]


def trimmed(clause: list[Token]) -> list[Token]:
    """Drop the punctuation that ends a clause."""
    while clause and clause[-1].type in ("END", "_COMMA"):
        clause = clause[:-1]
    return clause


class Scanner:
    """Walks the marks of a display and makes the tokens of the grammar."""

    def __init__(self, tex: str) -> None:
        self.marks: list[Token] = []
        self.out: list[Token] = []
        self.bars: list[str] = []
        at = 0
        while at < len(tex):
            match = MARK.match(tex, at)
            if not match:
                raise Unreadable(f"cannot read {tex[at : at + 12]!r}", at)
            kind = str(match.lastgroup)
            if kind != "skip":
                mark = make(kind, match[kind], at)
                mark.end_pos = match.end()
                self.marks.append(mark)
            at = match.end()

    def tokens(self) -> list[Token]:
        """Return the tokens of the whole display."""
        while self.marks:
            self.take()
        return self.out

    def put(self, kind: str, text: str, at: int) -> None:
        """Add one token."""
        self.out.append(make(kind, text, at))

    def take(self) -> None:
        """Turn the next mark, with its arguments, into tokens."""
        mark = self.marks.pop(0)
        kind, text, at = mark.type, str(mark), mark.start_pos or 0
        if kind in ("open", "close"):
            if self.marks and self.marks[0] in BARS:
                self.bar(str(self.marks.pop(0)), at, kind == "close")
        elif text in BARS:
            inside = self.bars[-1:] == [BARS[text]]
            self.bar(text, at, inside and self.out[-1].type in ENDS)
        elif kind == "words" and text in WORDS:
            if WORDS[text]:
                self.put(WORDS[text], text, at)
        elif kind in ("row", "cases"):
            name = "_CASES_OPEN" if "begin" in text else "_CASES_CLOSE"
            self.put("_ROW" if kind == "row" else name, text, at)
            self.out[-1].end_pos = mark.end_pos
        elif text == "{":
            self.marks.insert(0, mark)
            self.out += self.argument(at)
        elif text[1:] in FONTS:
            self.font(text, at, *self.argument(at))
        elif text in (r"\hat", r"\bar", r"\tilde"):
            _, *inner, _ = self.argument(at)
            self.put("NAME", " ".join([text, *inner]), at)
        elif text in ("'", r"\prime") and self.out and self.out[-1].type == "NAME":
            self.prime()
        elif text in TYPES:
            self.command(TYPES[text], text, at)
        elif kind in ("letter", "number") or text[1:].isalpha():
            self.put("NUMBER" if kind == "number" else "NAME", text, at)
        else:
            raise Unreadable(f"cannot read {text!r}", at)

    def command(self, kind: str, text: str, at: int) -> None:
        """Add a token with its arguments, each in braces."""
        if text == r"\arg" and self.marks:
            text += self.marks.pop(0)[1:]
        arguments = [self.argument(at) for _ in range(TAKES.get(kind, 0))]
        if kind == "_FRAC" and all(a[1] == "d" for a in arguments):
            # The d of a derivative may stand upright or not: \frac{d}{dz}.
            for argument in arguments:
                argument[1] = make("_D", "d", at)
        if kind == "_SUP":
            brace, *inner, end = arguments[0]
            if inner[:1] == [r"\prime"]:
                self.prime()
                return
            top = [inner.pop()] if len(inner) > 1 and inner[-1].type == "_TOP" else []
            if inner and inner[0] == "(" and inner[-1] == ")":
                # A superscript in parentheses is a layer; a transpose may follow it.
                self.out += [make("_LAYER", text, at), brace, *inner[1:-1], end]
                inner = []
            if not inner + top:
                return
            arguments[0] = [brace, *inner, *top, end]
        self.put(kind, text, at)
        self.out += sum(arguments, [])

    def argument(self, at: int) -> list[Token]:
        """Return the next argument in TeX's sense, in braces: one mark, or a group."""
        if not self.marks:
            raise Unreadable("an argument is missing", at)
        outer, bars, self.out, self.bars = self.out, self.bars, [], []
        first = self.marks[0]
        start, end = first.start_pos or 0, first.end_pos or 0
        if first == "{":
            self.marks.pop(0)
            while self.marks and self.marks[0] != "}":
                self.take()
            if not self.marks:
                raise Unreadable("a brace is not closed", start)
            end = self.marks.pop(0).end_pos or 0
        elif first.type == "number":
            # TeX takes one digit: \frac12 is a half.
            rest = [make("number", first[1:], start + 1)] if first[1:] else []
            self.marks[:1] = rest
            self.put("NUMBER", first[0], start)
            end = start + 1
        elif first == r"\prime":
            self.out.append(self.marks.pop(0))
        else:
            self.take()
        inner, self.out, self.bars = self.out, outer, bars
        return [make("LBRACE", "{", start), *inner, make("RBRACE", "}", end - 1)]

    def prime(self) -> None:
        """Join a prime to the name before it."""
        name = self.out.pop()
        self.put(name.type, name + "'", name.start_pos or 0)

    def bar(self, text: str, at: int, closes: bool) -> None:
        """Add a bar that opens or closes a norm or an absolute value."""
        if closes and self.bars:
            self.bars.pop()
        elif not closes:
            self.bars.append(BARS[text])
        self.put(BARS[text] + ("_CLOSE" if closes else "_OPEN"), text, at)

    def font(self, text: str, at: int, brace: Token, *inner: Token) -> None:
        """Drop a font; letters that it joins are one name."""
        name = "".join(inner[:-1])
        if text == r"\mathrm" and name == "d":
            self.put("_D", name, at)
        elif "\\" + name in TYPES and text == r"\operatorname":
            self.command(TYPES["\\" + name], "\\" + name, at)
        elif all(token.type == "NAME" for token in inner[:-1]):
            self.put("NAME", name, at)
        else:
            self.out += [brace, *inner]
