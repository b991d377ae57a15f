"""Check one equation, or those of one page, with the options in mkdocs.yml.

python -m literate eq:adam-update
python -m literate derive/adam.md
"""

import sys
from pathlib import Path

import yaml

from literate.equations import Record, Site, check_only


class Options(yaml.SafeLoader):
    """Reads mkdocs.yml, and passes over what only MkDocs can make of it."""


Options.add_multi_constructor("", lambda loader, suffix, node: None)


def main(arguments: list[str]) -> int:
    """Print a line for each equation asked for; return 1 where one fails, 2 for a wrong call."""
    if len(arguments) != 1:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    config = yaml.load(Path("mkdocs.yml").read_text(encoding="utf-8"), Options)
    options = config["markdown_extensions"]["literate.maths"]
    found = check_only(Site(**{"docs": config.get("docs_dir", "docs")} | options), arguments[0])
    for record in found:
        if isinstance(record, Record):
            told = f"error {record.max_error:.0e}" if record.status == "held" else record.reason
            print(f"({record.number}) {record.label}: {record.status}, {told}")
        else:
            print(record, file=sys.stderr)
    return int(any(isinstance(record, str) for record in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
