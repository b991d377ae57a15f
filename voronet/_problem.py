"""What is trained: a network, a method and samples that fit each other."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

import numpy as np

from voronet._check import Array, check_columns, check_instance, freeze
from voronet.data import VoronoiRule
from voronet.network import Network


# --8<-- [start:Optimiser]
@runtime_checkable
class Optimiser(Protocol):
    """Anything that starts a state from w, and steps from w with the gradient g.

    The state is a dataclass: its arrays lead with the axes of w, all else in it is the
    same for every restart.
    """

    def start(self, w: Array) -> Any:
        """Return the state before the first step."""

    def step(self, w: Array, g: Array, state: Any) -> tuple[Array, Any]:
        """Return w_t and the state with it, from w_{t−1}, g_t and the state before."""


# --8<-- [end:Optimiser]


# --8<-- [start:Problem]
@dataclass(frozen=True, eq=False)
class Problem:
    """Hold what stays as it is while w changes."""

    net: Network
    optimiser: Optimiser
    x: Any
    y: Any
    rule: VoronoiRule | None
    restarts: tuple[int, ...]

    # --8<-- [end:Problem]

    def __post_init__(self) -> None:
        check_instance("net", self.net, Network)
        check_instance("optimiser", self.optimiser, Optimiser)
        check_instance("rule", self.rule, VoronoiRule, type(None))
        for name, width in (("x", self.net.widths[0]), ("y", self.net.widths[-1])):
            if getattr(self, name) is None:
                raise ValueError(
                    f"{name}: None given; allowed: an array, or resume=run instead"
                )
            samples = check_columns(name, getattr(self, name), width)
            object.__setattr__(self, name, samples)
            # Targets of their own belong to points of their own.
            lead = self.restarts if name == "x" else self.x.shape[:-2]
            if samples.shape[:-2] not in ((), lead):
                raise ValueError(
                    f"{name}: shape {samples.shape} given for restarts of shape "
                    f"{self.restarts}; allowed: a leading axis only with a sequence of "
                    "as many seeds" + (", and in x as well" if name == "y" else "")
                )
        if self.x.shape[-1] != self.y.shape[-1]:
            raise ValueError(
                f"y: {self.y.shape[-1]} columns given with {self.x.shape[-1]} in x; "
                "allowed: as many"
            )
        outside = (self.y < 0) | (self.y > 1)
        if outside.any():
            raise ValueError(
                f"y: {self.y[outside][0]:g} given; allowed: numbers from 0 to 1, "
                "between which a sigmoid stays"
            )
        freeze(self)


# --8<-- [start:list_arrays]
def list_arrays(state: Any) -> dict[str, Array]:
    """List the arrays of an optimiser's state by their names."""
    parts = {field.name: getattr(state, field.name) for field in fields(state)}
    return {name: p for name, p in parts.items() if isinstance(p, np.ndarray)}


# --8<-- [end:list_arrays]


# --8<-- [start:select]
def select(part: Array, rows: Any) -> Array:
    """Return the samples of some networks, or those that all share."""
    shared = part.ndim == 2 or len(part) == 1
    return part if shared else part[rows]


# --8<-- [end:select]
