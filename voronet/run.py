"""What a training run leaves behind: its trajectory, saved, loaded and shown."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voronet._check import (
    AGES,
    Array,
    check_array,
    check_instance,
    check_integer,
    check_shape,
    describe,
    equal,
    freeze,
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
# The arrays of a file; the moments and the rule are not in every one, and an
# optimiser of a user's own adds those of its state.
MEMBERS = {
    *("format", "widths", "optimiser", "settings", "record_every", "steps", "loss"),
    *("gradient_norm", "snapshots", "stopped", "t", "m", "v", "x", "y"),
    *("green", "blue"),
}
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
    state: Any
    stopped: str | NDArray[np.str_]

    # --8<-- [end:Run]

    __eq__ = equal

    def __post_init__(self) -> None:
        own, snapshots = object.__setattr__, self.snapshots
        check_instance("net", self.net, Network)
        # Every array has to fit the snapshots: their frames, restarts and length.
        p = self.net.size
        snapshots = check_shape(
            "snapshots",
            self.snapshots,
            lambda s: len(s) in (2, 3) and min(s) > 0 and s[-1] == p,
            f"(frames, {p}) or (frames, R, {p})",
            most=np.inf,
        )
        frames, lead = len(snapshots), snapshots.shape[1:-1]
        own(self, "snapshots", snapshots)
        for name in ("loss", "gradient_norm"):
            own(self, name, _check_record(name, getattr(self, name), (frames, *lead)))
        own(self, "steps", _check_steps(self.steps, frames))
        every = check_integer("record_every", self.record_every, least=1)
        own(self, "record_every", every)
        own(self, "stopped", _check_reasons(self.stopped, lead))
        # Take the samples as training takes them.
        problem = Problem(self.net, self.optimiser, self.x, self.y, self.rule, lead)
        own(self, "x", problem.x)
        own(self, "y", problem.y)
        own(
            self,
            "state",
            self._check_state(self.optimiser.start(np.zeros_like(self.w))),
        )
        freeze(self)

    def _check_state(self, start: Any) -> Any:
        """Return a read-only copy of the state, if it is like the one at the start."""
        check_instance("state", self.state, type(start))
        t, step = getattr(self.state, "t", None), self.steps[-1]
        if t is not None and t != step:
            raise ValueError(
                f"state: t = {t} given with steps that end at {step}; allowed: the "
                "same step"
            )
        known, copies = list_arrays(start), {}
        for name, part in list_arrays(self.state).items():
            copies[name] = check_array(f"state.{name}", part, most=np.inf).copy()
            if name in known and part.shape != known[name].shape:
                raise ValueError(
                    f"state.{name}: shape {part.shape} given; allowed: "
                    f"{known[name].shape}"
                )
        state = replace(self.state, **copies)
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
        path = _check_npz(path)
        arrays: dict[str, Any] = {
            "format": FORMAT,
            "widths": self.net.widths,
            "optimiser": type(self.optimiser).__name__,
            "settings": _list_settings(self.optimiser),
        }
        for name in ("x", "y", "record_every", "steps", "loss", "gradient_norm"):
            arrays[name] = getattr(self, name)
        for name in ("snapshots", "stopped"):
            arrays[name] = getattr(self, name)
        if self.rule is not None:
            arrays |= {"green": self.rule.green, "blue": self.rule.blue}
        for field in fields(self.state):
            part = getattr(self.state, field.name)
            if field.name in arrays or np.asarray(part).dtype.kind not in "fiub":
                raise ValueError(
                    f"state.{field.name}: {describe(part)} given; allowed in a file: "
                    f"numbers, by other names than {', '.join(arrays)}"
                )
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
        # Pictures are loaded only when one is asked for.
        from voronet.show import replay

        return replay(self)

    def _repr_html_(self) -> str | None:
        html: str | None = self._shown_by("html")
        return html

    def _repr_png_(self) -> bytes | None:
        png: bytes | None = self._shown_by("png")
        return png

    def _shown_by(self, kind: str) -> Any:
        """Show the replay in a notebook, if there is one; else the text will do."""
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

    Examples
    --------
    See `Run.save`.

    >>> load("there-is-no-such-run.npz")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'there-is-no-such-run.npz'
    """
    if not (optimiser is None or is_dataclass(optimiser)):
        raise ValueError(
            f"optimiser: {describe(optimiser)} given; allowed: a dataclass or None"
        )
    with open(_check_path(path), "rb") as file:
        try:
            known = MEMBERS if optimiser is None else None
            return _restore(read_arrays(file, known), optimiser)
        # NumPy and zipfile raise a dozen kinds of errors for a file that is damaged.
        except Exception as error:
            what = f"no array {error}" if isinstance(error, KeyError) else error
            if optimiser is None and "unknown array" in str(what):
                what = f"{what}; optimiser= takes the class of one of your own"
            raise ValueError(
                f"path: {os.fspath(path)!r} given; allowed: an .npz file that "
                f"Run.save wrote ({shorten(str(what))})"
            ) from error


# --8<-- [end:load]


def _restore(arrays: dict[str, NDArray[Any]], own: type[Optimiser] | None) -> Run:
    """Build a run from the arrays of its file."""
    if str(arrays["format"]) != FORMAT:
        given = describe(str(arrays["format"]))
        raise ValueError(f"format: {given} given; allowed: {FORMAT!r}")
    kinds: dict[str, Any] = {"Adam": Adam, "GradientDescent": GradientDescent}
    if own is not None:
        kinds[own.__name__] = own
    name = str(arrays["optimiser"])
    if name not in kinds:
        raise ValueError(
            f"optimiser: {describe(name)} given; allowed: {', '.join(kinds)}, or the "
            "class in load(path, optimiser=...)"
        )
    names = [field.name for field in fields(kinds[name])]
    settings = dict(zip(names, arrays["settings"].tolist(), strict=True))
    optimiser = kinds[name](**settings)
    # Put the numbers of the file in a state as the optimiser starts it.
    start = optimiser.start(np.zeros_like(arrays["snapshots"][-1]))
    whole = {
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
        record_every=arrays["record_every"].item(),
        state=replace(start, **whole),
        **{name: arrays[name] for name in ("x", "y", "steps", "loss")},
        **{name: arrays[name] for name in ("gradient_norm", "snapshots", "stopped")},
    )


def _list_settings(optimiser: Optimiser) -> list[Any]:
    """List the numbers that an optimiser is made from."""
    made = (
        [getattr(optimiser, field.name) for field in fields(optimiser)]
        if is_dataclass(optimiser)
        else [optimiser]
    )
    if any(np.asarray(value).dtype.kind not in "fiub" for value in made):
        raise ValueError(
            f"optimiser: {describe(optimiser)} given; allowed in a file: a dataclass "
            "of numbers"
        )
    return made


def _check_record(name: str, value: Array, shape: tuple[int, ...]) -> Array:
    """Return losses or norms as an array of the shape that the snapshots ask for."""
    array = check_shape(name, value, lambda s: s == shape, f"{shape}", most=np.inf)
    if (array < 0).any():
        raise ValueError(f"{name}: {array.min():g} given; allowed: numbers >= 0")
    return array


def _check_steps(steps: NDArray[np.int64], frames: int) -> NDArray[np.int64]:
    """Return the recorded steps as integers that increase from 0 or more."""
    array = check_shape("steps", steps, lambda s: s == (frames,), f"({frames},)", AGES)
    if (array % 1).any() or array[0] < 0 or (np.diff(array) <= 0).any():
        raise ValueError(
            f"steps: {describe(steps)} given; allowed: integers >= 0 that increase"
        )
    return array.astype(np.int64)


def _check_reasons(
    stopped: str | NDArray[np.str_], lead: tuple[int, ...]
) -> str | NDArray[np.str_]:
    """Return why a run stopped: a str, or an array of one for each restart."""
    given = np.asarray(stopped, dtype=object)
    if given.shape != lead or not all(reason in REASONS for reason in given.flat):
        raise ValueError(
            f"stopped: {describe(stopped)} given; allowed: "
            + (f"an array of shape {lead} of " if lead else "")
            + f"one of {REASONS}"
        )
    return given.astype(np.str_) if lead else str(stopped)


def _check_path(path: str | os.PathLike[str]) -> Path:
    """Return `path` if it can be the name of a file."""
    if not isinstance(path, (str, os.PathLike)) or "\0" in os.fspath(path):
        raise ValueError(f"path: {describe(path)} given; allowed: the name of a file")
    return Path(path)


def _check_npz(path: str | os.PathLike[str]) -> Path:
    """Return `path` if its name ends in .npz."""
    if _check_path(path).suffix.lower() != ".npz":
        raise ValueError(
            f"path: {describe(path)} given; allowed: a file name that ends in .npz"
        )
    return Path(path)
