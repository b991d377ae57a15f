"""What a training run leaves behind: its trajectory, saved, loaded and shown."""

import os
import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voronet._check import Array, columns, integer, real_array
from voronet._file import replacing
from voronet.adam import Adam, AdamState
from voronet.data import VoronoiRule
from voronet.descent import DescentState, GradientDescent
from voronet.network import Network

if TYPE_CHECKING:
    from voronet.show.replay import Replay

Optimiser = Adam | GradientDescent
State = AdamState | DescentState

FORMAT = "voronet run 1"
REASONS = ("converged", "max_steps", "interrupted", "diverged")


@dataclass(frozen=True, eq=False)
class Run:
    """Hold what training recorded, and all that is needed to go on.

    Parameters
    ----------
    net : Network
        The widths.
    optimiser : Adam or GradientDescent
        The method and its hyperparameters.
    x, y : ndarray, shapes (n_0, n) and (n_K, n), or with a leading R
        The samples.
    rule : VoronoiRule or None
        The rule that labelled them, where it was given to `train`.
    record_every : int
        Steps between two records.
    steps : ndarray of int, shape (frames,)
        The recorded steps: 0, every `record_every` steps, and the last.
    loss, gradient_norm : ndarray, shape (frames,) or (frames, R)
        L(w_t) and ‖g‖ there.
    snapshots : ndarray, shape (frames, p) or (frames, R, p)
        w_t there.
    state : AdamState or DescentState
        The optimiser's memory after the last recorded step.
    stopped : str, or ndarray of str of shape (R,)
        "converged", "max_steps", "interrupted" or "diverged".

    Raises
    ------
    ValueError
        If the parts do not fit each other.

    Notes
    -----
    With restarts, a network that has stopped keeps its last values in the later
    frames. A network that diverged keeps its last recorded values, which are finite.

    Examples
    --------
    >>> import voronet
    >>> x = [[0.2, 0.8], [0.3, 0.6]]
    >>> run = voronet.train(x, voronet.one_hot([0, 1]), max_steps=250)
    >>> run.steps
    array([  0, 100, 200, 250])
    >>> run.snapshots.shape, run.stopped
    ((4, 48), 'max_steps')
    """

    net: Network
    optimiser: Optimiser
    x: Array
    y: Array
    rule: VoronoiRule | None
    record_every: int
    steps: NDArray[np.int64]
    loss: Array
    gradient_norm: Array
    snapshots: Array
    state: State
    stopped: str | NDArray[np.str_]

    def __post_init__(self) -> None:
        columns("x", self.x, rows=self.net.widths[0])
        columns("y", self.y, rows=self.net.widths[-1])
        integer("record_every", self.record_every, least=1)
        frames, lead = len(self.steps), self.snapshots.shape[1:-1]
        wanted: dict[str, tuple[Any, tuple[int, ...]]] = {
            "steps": (self.steps, (frames,)),
            "loss": (self.loss, (frames, *lead)),
            "gradient_norm": (self.gradient_norm, (frames, *lead)),
            "snapshots": (self.snapshots, (frames, *lead, self.net.size)),
            "stopped": (np.asarray(self.stopped), lead),
        }
        if isinstance(self.state, AdamState):
            wanted["state.m"] = (self.state.m, (*lead, self.net.size))
        if isinstance(self.state, AdamState) is not isinstance(self.optimiser, Adam):
            raise ValueError(
                f"state: {type(self.state).__name__} given; allowed: what "
                f"{type(self.optimiser).__name__}.start returns"
            )
        for name, (array, shape) in wanted.items():
            if array.shape != shape or frames == 0 or len(lead) > 1:
                raise ValueError(f"{name}: shape {array.shape} given; allowed: {shape}")
        for name in ("steps", "loss", "gradient_norm", "snapshots"):
            real_array(name, wanted[name][0])
        if not np.isin(self.stopped, REASONS).all():
            raise ValueError(f"stopped: {self.stopped!r} given; allowed: {REASONS}")

    @property
    def w(self) -> Array:
        """The parameters at the end, shape (p,) or (R, p)."""
        last: Array = self.snapshots[-1]
        return last

    def __repr__(self) -> str:
        networks = "" if self.snapshots.ndim == 2 else f", {len(self.w)} networks"
        return (
            f"Run(widths {self.net.widths}{networks}, {self.steps[-1]} steps, "
            f"loss {np.median(self.loss[-1]):.3g}, "
            f"{' '.join(np.unique(self.stopped))})"
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to an .npz file, whole or not at all.

        Parameters
        ----------
        path : str or path
            The file, whose name ends in .npz. A file of that name is replaced.

        Raises
        ------
        ValueError
            If the name does not end in .npz.
        OSError
            If the file cannot be written; what stood there before is kept.

        Examples
        --------
        >>> import tempfile, voronet
        >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=10)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run.save(folder + "/run.npz")
        ...     again = voronet.load(folder + "/run.npz")
        >>> (again.w == run.w).all()
        np.True_
        """
        path = npz_path(path)
        settings = [getattr(self.optimiser, f.name) for f in fields(self.optimiser)]
        arrays: dict[str, Any] = {
            "format": FORMAT,
            "widths": self.net.widths,
            "optimiser": type(self.optimiser).__name__,
            "settings": settings,
            "t": self.state.t,
        }
        for name in ("x", "y", "record_every", "steps", "loss", "gradient_norm"):
            arrays[name] = getattr(self, name)
        for name in ("snapshots", "stopped"):
            arrays[name] = getattr(self, name)
        if isinstance(self.state, AdamState):
            arrays |= {"m": self.state.m, "v": self.state.v}
        if self.rule is not None:
            arrays |= {"green": self.rule.green, "blue": self.rule.blue}
        with replacing(path) as file:
            np.savez(file, **arrays)

    def replay(self) -> "Replay":
        """Make a replay of the run: a self-contained piece of HTML.

        Returns
        -------
        Replay
            Shows itself in a notebook; `save(path)` writes it to a file.

        Raises
        ------
        ValueError
            If the run has restarts, or its network is not from two inputs to two
            outputs.

        Examples
        --------
        >>> import voronet
        >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=10)
        >>> run.replay().html.startswith("<")
        True
        """
        # Pictures are loaded only when one is asked for.
        from voronet.show.replay import replay

        return replay(self)

    def _repr_html_(self) -> str | None:
        shown = (
            self.snapshots.ndim == 2 and self.net.widths[:: len(self.net.widths) - 1]
        )
        return self.replay().html if shown == (2, 2) else None


# --8<-- [start:load]
def load(path: str | os.PathLike[str]) -> Run:
    """Read a run that `Run.save` wrote.

    Parameters
    ----------
    path : str or path
        The .npz file.

    Returns
    -------
    Run
        Equal to the saved one, to the last bit.

    Raises
    ------
    ValueError
        If the file is not a run, or is damaged. Pickled objects are never loaded.
    OSError
        If the file cannot be read.

    Examples
    --------
    See `Run.save`.

    >>> load("there-is-no-such-run.npz")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'there-is-no-such-run.npz'
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return restored({name: arrays[name] for name in arrays.files})
        # What NumPy and zipfile raise for a file that is not theirs, or is damaged.
        except (
            AttributeError,
            EOFError,
            KeyError,
            MemoryError,
            NotImplementedError,
            RuntimeError,
            SyntaxError,
            TypeError,
            ValueError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            raise ValueError(
                f"path: {os.fspath(path)!r} given; allowed: an .npz file that "
                f"Run.save wrote ({error})"
            ) from error


# --8<-- [end:load]


def restored(arrays: dict[str, NDArray[Any]]) -> Run:
    """Build a run from the arrays of its file."""
    if str(arrays["format"]) != FORMAT:
        raise ValueError(f"format: {arrays['format']} given; allowed: {FORMAT!r}")
    kinds: dict[str, type[Optimiser]] = {
        "Adam": Adam,
        "GradientDescent": GradientDescent,
    }
    optimiser = kinds[str(arrays["optimiser"])](*arrays["settings"].tolist())
    t = arrays["t"].item()
    adam = isinstance(optimiser, Adam)
    stopped = arrays["stopped"]
    return Run(
        net=Network(tuple(arrays["widths"].tolist())),
        optimiser=optimiser,
        rule=(
            VoronoiRule(arrays["green"], arrays["blue"]) if "green" in arrays else None
        ),
        record_every=arrays["record_every"].item(),
        state=AdamState(t, arrays["m"], arrays["v"]) if adam else DescentState(t),
        stopped=stopped if stopped.ndim else str(stopped),
        **{
            name: arrays[name]
            for name in ("x", "y", "steps", "loss", "gradient_norm", "snapshots")
        },
    )


def npz_path(path: str | os.PathLike[str]) -> Path:
    """Return `path` if its name ends in .npz."""
    if not isinstance(path, (str, os.PathLike)) or Path(path).suffix != ".npz":
        raise ValueError(
            f"path: {path!r} given; allowed: a file name that ends in .npz"
        )
    return Path(path)
