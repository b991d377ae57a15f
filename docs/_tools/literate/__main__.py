"""Check one equation, or the equations and claims of one page, with the options in mkdocs.yml.

python -m literate eq:adam-update
python -m literate derive/adam.md
"""

import sys
from pathlib import Path

import yaml

from literate.claims import ClaimError, find_claims
from literate.equations import Record, Site, check_only


class Options(yaml.SafeLoader):
    """Reads mkdocs.yml, and passes over what only MkDocs can make of it."""


Options.add_multi_constructor("", lambda loader, suffix, node: None)


def main(arguments: list[str]) -> int:
    """Print a line for each equation and claim asked for; return 1 where one fails, 2 if misused."""
    if len(arguments) != 1:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    config = yaml.load(Path("mkdocs.yml").read_text(encoding="utf-8"), Options)
    extensions, docs = config["markdown_extensions"], config.get("docs_dir", "docs")
    found = check_only(Site(docs, **extensions["literate.maths"]), arguments[0])
    lines = [record for record in found if isinstance(record, str)]
    for record in found:
        if isinstance(record, Record):
            told = f"error {record.max_error:.0e}" if record.status == "held" else record.reason
            name = f"({record.number}) {record.label}" if record.label else f"${record.tex}$"
            print(f"{name}: {record.status}, {told}")
    for claim in find_claims(Path(docs).resolve()):
        if arguments[0].endswith(claim.page):
            try:
                evidence = claim.try_evidence(extensions["literate.claims"]["claims"])
                print(f"{claim.name}: {evidence}")
            except ClaimError as problem:
                lines.append(str(problem))
    print("\n".join(lines), end="\n" * bool(lines), file=sys.stderr)
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
