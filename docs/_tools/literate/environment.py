"""The environment in which everything is computed that a reader sees: an allow-list, fixed values only.

Nothing of the builder's own settings passes: no variable of Python, Jupyter, IPython or matplotlib, no file
below the home folder. Python is started isolated (`-I`), so that asserts are on and no start-up file runs.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

JUPYTER = Path(__file__).parent / "jupyter"


def clean_environment(cache: Path, path: Sequence[Path] = ()) -> dict[str, str]:
    """Return all the variables that a process may see."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        # A home of its own keeps out matplotlibrc, IPython's start-up files, fonts and kernels.
        "HOME": str(cache / "home"),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        # Computations run side by side, one core each.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "agg",
        "MATPLOTLIBRC": os.devnull,
        # The isolated kernel comes from here; no configuration is read but what a page's process writes.
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PATH": str(JUPYTER),
        "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1",
        "LITERATE_CACHE": str(cache),
        # Where a site's own modules are found that are not installed.
        "LITERATE_PATH": os.pathsep.join(map(str, path)),
    }


def extend_path() -> None:
    """Let the site's own modules be imported."""
    sys.path += filter(None, os.environ["LITERATE_PATH"].split(os.pathsep))
