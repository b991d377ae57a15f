"""What the site of voronet shows: its figures, its values, and the numbers for its equations."""

from pathlib import Path

import voronet

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PACKAGE = Path(voronet.__file__).parent
