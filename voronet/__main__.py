"""Run the command line: python -m voronet.

The command `voronet` is this file as well, installed a second time beside the package:
loading the package takes a while, and Ctrl-C may come meanwhile.
"""

import sys


def main() -> int:
    """Load the command line and run it."""
    try:
        from voronet.cli import main

        return main()
    except KeyboardInterrupt:
        print("voronet: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
