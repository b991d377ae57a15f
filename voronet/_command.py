"""Start the command `voronet`.

Loading the package takes a while, and Ctrl-C may come meanwhile. So this file is
installed beside the package, as the module voronet_command, and loads it itself.
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
