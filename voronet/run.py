"""What a training run leaves behind: its trajectory, saved, loaded and shown."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voronet._check import (
    AGES,
    Array,
    check_instance,
    check_integer,
    check_shape,
    check_signs,
    describe,
    equal,
    freeze,
    refuse,
    refuse_mask,
    shorten,
)
from voronet._file import replacing
from voronet._npz import read_arrays
from voronet._problem import Optimiser, Problem, list_arrays
from voronet.adam import Adam
from voronet.data import VoronoiRule
from voronet.descent import GradientDescent
from voronet.network import Network

if TYPE_CHECKING:
    from voronet.show import Replay

FORMAT = "voronet run 1"
# The arrays of every file, and those of a rule.
HEADER = ("format", "widths", "optimiser", "settings")
RECORD = ("steps", "loss", "gradient_norm", "snapshots", "stopped")
PARTS = ("x", "y", "record_every", *RECORD)
KNOWN = (*HEADER, *PARTS, "green", "blue")
REASONS = ("converged", "max_steps", "interrupted", "diverged")


# --8<-- [start:Run]
@dataclass(frozen=True, eq=False)
class Run:
    """Hold what training recorded, and all that is needed to go on.

    Parameters
    ----------
    net : Network
        The widths.
    optimiser : Adam, GradientDescent or another
        The method and its hyperparameters, as for `train`.
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
    state : AdamState, DescentState or another
        The optimiser's memory after the last recorded step.
    stopped : str, or ndarray of str of shape (R,)
        "converged", "max_steps", "interrupted" or "diverged".

    Raises
    ------
    ValueError
        If the parts do not fit each other.

    Notes
    -----
    The arrays are the run's own, and read-only. Two runs are equal if all their parts
    are. With restarts, a network that has stopped keeps its last values in the later
    frames. A network that diverged keeps its last recorded values, which are finite.

    Examples
    --------
    >>> import voronet
    >>> x = [[0.2, 0.8], [0.3, 0.6]]
    >>> run = voronet.train(x, voronet.one_hot([0, 1]), max_steps=250)
    >>> run.steps.tolist()
    [0, 100, 200, 250]
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
    state: Any
    stopped: str | NDArray[np.str_]

    # --8<-- [end:Run]

    __eq__ = equal

    def __post_init__(self) -> None:
        check_instance("net", self.net, Network)
        # Every array has to fit the snapshots: their frames, restarts and length.
        allowed = ("frames", self.net.size), ("frames", "R", self.net.size)
        snapshots = check_shape("snapshots", self.snapshots, *allowed, most=np.inf)
        own: dict[str, Any] = {"snapshots": snapshots}
        (frames, *_), lead = snapshots.shape, snapshots.shape[1:-1]
        for name in ("loss", "gradient_norm"):
            values = getattr(self, name)
            values = check_shape(name, values, (frames, *lead), most=np.inf)
            own[name] = check_signs(name, values)
        own["steps"] = _check_steps(self.steps, frames)
        own["record_every"] = check_integer("record_every", self.record_every, least=1)
        own["stopped"] = _check_reasons(self.stopped, lead)
        # Take the samples as training takes them.
        problem = Problem(self.net, self.optimiser, self.x, self.y, self.rule, lead)
        own |= {"x": problem.x, "y": problem.y}
        start = self.optimiser.start(np.zeros_like(snapshots[-1]))
        own["state"] = self._check_state(start)
        for name, value in own.items():
            object.__setattr__(self, name, value)
        freeze(self)

    def _check_state(self, start: Any) -> Any:
        """Return a read-only copy of the state, if it is like the one at the start."""
        check_instance("state", self.state, type(start))
        t, step = getattr(self.state, "t", None), self.steps[-1]
        if t not in (None, step):
            refuse(
                "state", f"t = {t}", "the same step", f" with steps that end at {step}"
            )
        known, parts = list_arrays(start), list_arrays(self.state)
        for name, part in parts.items():
            shape = known.get(name, part).shape
            parts[name] = check_shape(f"state.{name}", part, shape, most=np.inf)
        state = replace(self.state, **parts)
        freeze(state)
        return state

    # --8<-- [start:w]
    @property
    def w(self) -> Array:
        """The parameters at the end, shape (p,) or (R, p), read-only."""
        last: Array = self.snapshots[-1]
        return last

    # --8<-- [end:w]

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
            If the name does not end in .npz, or an optimiser of your own has settings
            or a state that are not numbers.
        OSError
            If the file cannot be written; what stood there before is kept.

        Notes
        -----
        The file holds the optimiser's class by its name, its settings as numbers in
        the order of its fields, and each field of its state by name.

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
        if check_path(path).suffix.lower() != ".npz":
            refuse("path", describe(path), "a file name that ends in .npz")
        settings = _list_settings(self.optimiser)
        header = (FORMAT, self.net.widths, type(self.optimiser).__name__, settings)
        arrays: dict[str, Any] = dict(zip(HEADER, header, strict=True))
        arrays |= {name: getattr(self, name) for name in PARTS}
        if self.rule is not None:
            arrays |= {"green": self.rule.green, "blue": self.rule.blue}
        for field in fields(self.state):
            part = getattr(self.state, field.name)
            if field.name in arrays or not _is_numeric(part):
                allowed = f"numbers, by other names than {', '.join(arrays)}"
                refuse(f"state.{field.name}", describe(part), allowed, " for a file")
            arrays[field.name] = part
        with replacing(path) as file:
            np.savez(file, **arrays)

    def replay(self) -> Replay:
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
        # Import the drawing code only when a picture is asked for.
        from voronet.show import replay

        return replay(self)

    def _repr_html_(self) -> str | None:
        html: str | None = self._shown_by("html")
        return html

    def _repr_png_(self) -> bytes | None:
        png: bytes | None = self._shown_by("png")
        return png

    def _shown_by(self, kind: str) -> Any:
        """Show the replay in a notebook if there is one; otherwise it shows text."""
        ends = (self.net.widths[0], self.net.widths[-1])
        if self.snapshots.ndim == 2 and ends == (2, 2):
            # Without the libraries for pictures there is none.
            with suppress(ImportError):
                return getattr(self.replay(), f"_repr_{kind}_")()
        return None


# --8<-- [start:load]
def load(path: str | os.PathLike[str], optimiser: type[Optimiser] | None = None) -> Run:
    """Read a run that `Run.save` wrote.

    Parameters
    ----------
    path : str or path
        The .npz file.
    optimiser : class, optional
        The class of the run's optimiser, where it is one of your own: a file names it,
        but never brings code.

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

    Notes
    -----
    The class is made with the numbers of the file; its `start` makes a state, whose
    fields are then replaced by those of the file. So nothing that a file names is
    imported, and nothing in it is run.

    Examples
    --------
    See `Run.save`.

    >>> load("there-is-no-such-run.npz")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'there-is-no-such-run.npz'
    """
    own = isinstance(optimiser, type) and is_dataclass(optimiser)
    if not own and optimiser is not None:
        refuse("optimiser", describe(optimiser), "a class made by @dataclass, or None")
    with open(check_path(path), "rb") as file:
        try:
            # Only its optimiser tells which arrays a state has.
            begin = partial(_start, own=optimiser)
            arrays = read_arrays(
                file, KNOWN, lambda given: [f.name for f in fields(begin(given)[1])]
            )
            return _restore(arrays, *begin(arrays))
        # NumPy and zipfile raise a dozen kinds of errors for a file that is damaged.
        except Exception as error:
            what = f"no array {error}" if isinstance(error, KeyError) else error
            reason = f"an .npz file that Run.save wrote ({shorten(str(what))})"
            refuse("path", repr(os.fspath(path)), reason)


# --8<-- [end:load]


def _start(
    arrays: dict[str, NDArray[Any]], own: type[Optimiser] | None
) -> tuple[Optimiser, Any]:
    """Make the optimiser of a file, and the state that it starts with."""
    if (given := str(arrays["format"])) != FORMAT:
        refuse("format", describe(given), repr(FORMAT))
    kinds: dict[str, Any] = {kind.__name__: kind for kind in (Adam, GradientDescent)}
    if own is not None:
        kinds[own.__name__] = own
    if (name := str(arrays["optimiser"])) not in kinds:
        allowed = f"{', '.join(kinds)}, or the class in load(path, optimiser=...)"
        refuse("optimiser", describe(name), allowed)
    names = [field.name for field in fields(kinds[name])]
    settings = dict(zip(names, arrays["settings"].tolist(), strict=True))
    optimiser = kinds[name](**settings)
    return optimiser, optimiser.start(np.zeros_like(arrays["snapshots"][-1]))


def _restore(arrays: dict[str, NDArray[Any]], optimiser: Optimiser, start: Any) -> Run:
    """Build a run from the arrays of its file."""
    # Put the numbers of the file in the state.
    state = {
        field.name: arrays[field.name]
        if field.name in list_arrays(start)
        else arrays[field.name].item()
        for field in fields(start)
    }
    ruled = "green" in arrays or "blue" in arrays
    return Run(
        net=Network(arrays["widths"].tolist()),
        optimiser=optimiser,
        rule=VoronoiRule(arrays["green"], arrays["blue"]) if ruled else None,
        state=replace(start, **state),
        **{name: arrays[name] for name in PARTS}
        | {"record_every": arrays["record_every"].item()},
    )


def _list_settings(optimiser: Optimiser) -> list[Any]:
    """List the numbers that an optimiser is made from."""
    made = [None]
    if is_dataclass(optimiser):
        made = [getattr(optimiser, field.name) for field in fields(optimiser)]
    if not all(map(_is_numeric, made)):
        what = "a dataclass of numbers"
        refuse("optimiser", describe(optimiser), what, " for a file")
    return made


def _is_numeric(value: Any) -> bool:
    """Tell whether a value is a number, or an array of numbers."""
    return np.asarray(value).dtype.kind in "fiub"


def _check_steps(steps: NDArray[np.int64], frames: int) -> NDArray[np.int64]:
    """Return the recorded steps as integers that increase from 0 or more."""
    array = check_shape("steps", steps, (frames,), most=AGES)
    if (array % 1).any() or array[0] < 0 or (np.diff(array) <= 0).any():
        refuse("steps", describe(steps), "integers >= 0 that increase")
    return array.astype(np.int64)


def _check_reasons(
    stopped: str | NDArray[np.str_], lead: tuple[int, ...]
) -> str | NDArray[np.str_]:
    """Return why a run stopped: a str, or an array of one for each restart."""
    refuse_mask("stopped", stopped)
    given = np.asarray(stopped, dtype=object)
    if given.shape != lead or not all(reason in REASONS for reason in given.flat):
        several = f"an array of shape {lead} of " if lead else ""
        refuse("stopped", describe(stopped), f"{several}one of {REASONS}")
    return given.astype(np.str_) if lead else str(stopped)


def check_path(path: str | os.PathLike[str]) -> Path:
    """Return `path` if it can be the name of a file."""
    if not isinstance(path, (str, os.PathLike)) or "\0" in os.fspath(path):
        refuse("path", describe(path), "the name of a file")
    return Path(path)
