"""What is trained: a network, a method and samples that fit each other."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from voronet._check import (
    SAMPLES,
    Array,
    check_instance,
    check_shape,
    describe,
    freeze,
    refuse,
    trust,
)
from voronet.data import VoronoiRule
from voronet.network import Network

OWN = f"{SAMPLES}, and a leading axis only with as many seeds"


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
        with trust(False):
            state = self.optimiser.start(np.zeros(self.net.size))
        if not is_dataclass(state):
            allowed = "one whose start returns a dataclass"
            refuse("optimiser", describe(self.optimiser), allowed)
        check_instance("rule", self.rule, VoronoiRule, type(None))
        (n0, *_, nK), lead = self.net.widths, self.restarts
        for name in ("x", "y"):
            if getattr(self, name) is None:
                refuse(name, "None", "an array, or resume=run instead")
        x = check_shape("x", self.x, (n0, "n"), (*lead, n0, "n"), hint=OWN)
        # Only networks with points of their own can have targets of their own.
        lead, n = x.shape[:-2], x.shape[-1]
        y = check_shape("y", self.y, (nK, n), (*lead, nK, n), hint=OWN, x=x)
        outside = y[(y < 0) | (y > 1)]
        if outside.size:
            allowed = "numbers from 0 to 1, between which a sigmoid stays"
            refuse("y", f"{outside[0]}", allowed)
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)
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
