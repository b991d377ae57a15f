"""Run the command line: python -m voronet."""

import sys

from voronet.cli import main

sys.exit(main())
