"""Checks of arguments, made once: where a call comes in from outside.

The annotation of a parameter says what it may be: a class, or one of the names at the
end of this module, which carry a check. `checked` reads the annotations. So a page
can show a function as the mathematics alone, and what it calls is not checked again.

Why a decorator, and not a private function below each public one? The name that a page
shows is then the name that a user calls, methods and subclasses work in the same way,
and the signature says what is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from inspect import signature
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
# What NumPy makes an array of; its own name for this is a thousand characters long.
ArrayLike = Any
# One array for each layer; entry 0 is None where layer 0 has no such quantity.
Layers = list[Any]
# Take a parameter's name, its value and all arguments; return the value to use.
Check = Callable[[str, Any, dict[str, Any]], Any]
Thing = TypeVar("Thing", bound=Callable[..., Any])

# Larger numbers are refused where products of several are taken: they overflow.
HUGE = 1e50
# Larger counts are refused: of samples or parameters, and of steps.
MANY = 10**9
AGES = 10**15
# Smaller coordinates are refused, but for 0: squared differences would underflow.
TINY = 1e-130

_trusted: ContextVar[bool] = ContextVar("trusted", default=False)


@contextmanager
def trust(trusted: bool) -> Iterator[None]:
    """Leave out the checks within the block, or make them again."""
    before = _trusted.set(trusted)
    try:
        yield
    finally:
        _trusted.reset(before)


def checked(thing: Thing) -> Thing:
    """Check the arguments of a function, or of a class, when it is called."""
    if isinstance(thing, type):
        setattr(thing, "__init__", checked(vars(thing)["__init__"]))  # noqa: B010
        return thing
    if isinstance(thing, classmethod):
        return classmethod(checked(thing.__func__))
    parameters = signature(thing)

    @wraps(thing)
    def call(*args: Any, **options: Any) -> Any:
        if _trusted.get():
            return thing(*args, **options)
        bound = parameters.bind(*args, **options)
        given = bound.arguments
        for name, check in _read_checks(thing).items():
            if name in given:
                given[name] = check(name, given[name], given)
        with trust(True):
            return thing(*bound.args, **bound.kwargs)

    return call  # type: ignore[return-value]


@cache
def _read_checks(function: Callable[..., Any]) -> dict[str, Check]:
    """Read what each parameter may be from its annotation."""
    hints = get_type_hints(function, include_extras=True)
    hints.pop("return", None)
    return {name: _find_check(hint) for name, hint in hints.items()}


def _find_check(hint: Any) -> Check:
    """Return the check that an annotation carries, or one for its classes."""
    if get_origin(hint) is Annotated:
        check: Check = hint.__metadata__[0]
        return check
    if get_origin(hint) in (Union, UnionType):
        kinds = get_args(hint)
        if Any in kinds:
            return lambda name, value, given: value
        carried = [kind for kind in kinds if get_origin(kind) is Annotated]
        if carried:
            inner = _find_check(carried[0])
            return lambda name, value, given: (
                None if value is None else inner(name, value, given)
            )
        return lambda name, value, given: check_instance(name, value, *kinds)
    return lambda name, value, given: check_instance(name, value, hint)


def freeze(holder: Any) -> None:
    """Give a frozen dataclass copies of its arrays that nobody can write to."""
    for field in fields(holder):
        value = getattr(holder, field.name)
        if isinstance(value, np.ndarray):
            value = value.copy()
            value.flags.writeable = False
            object.__setattr__(holder, field.name, value)


def equal(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, the arrays in dataclasses entry by entry."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if not is_dataclass(one) or type(one) is not type(other):
        return type(one) is type(other) and bool(one == other)
    return all(
        equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(one)
    )


# What is wrong, what was given, what is allowed.


def check_array(name: str, value: Any, most: float = HUGE) -> Array:
    """Return `value` as finite float64, or raise a ValueError that names it."""
    refuse_mask(name, value)
    try:
        given = np.asarray(value)
    # What NumPy raises depends on how the value fails to be an array.
    except Exception as error:
        raise ValueError(
            f"{name}: {type(value).__name__} given ({error}); "
            "allowed: a rectangular array of real numbers"
        ) from None
    if given.dtype.kind not in "fiu":
        raise ValueError(
            f"{name}: dtype {given.dtype} given; allowed: real numbers (float64)"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        array = np.asarray(given, dtype=np.float64)
    allowed = np.isfinite(array) & (np.abs(array) <= most)
    if not allowed.all():
        where = tuple(int(i) for i in np.argwhere(~allowed)[0])
        raise ValueError(
            f"{name}: {array[where]} given at index {where}; allowed: finite numbers"
            + (f", at most {most:g} in size" if most < np.inf else "")
        )
    return array


def refuse_mask(name: str, value: Any) -> None:
    """Refuse a masked array, whose hidden entries would be used like the others."""
    parts = (value, *value) if isinstance(value, (list, tuple)) else (value,)
    if any(isinstance(part, np.ma.MaskedArray) for part in parts):
        raise ValueError(f"{name}: a masked array given; allowed: one without a mask")


def check_shape(
    name: str,
    value: Any,
    ok: Callable[[Any], bool],
    want: str,
    most: float = HUGE,
) -> Array:
    """Return `value` as a finite array whose shape satisfies `ok`."""
    array = check_array(name, value, most)
    if not ok(array.shape):
        # A row for each sample is the usual mistake.
        swapped = array.ndim == 2 and ok(array.shape[::-1])
        hint = f"; transpose it: {name}.T" if swapped else ""
        raise ValueError(f"{name}: shape {array.shape} given; allowed: {want}{hint}")
    return array


def check_same_shape(name: str, array: Array, w: Array) -> None:
    """Refuse `array` unless it has the shape of w."""
    if array.shape != w.shape:
        raise ValueError(
            f"{name}: shape {array.shape} given with w of shape {w.shape}; "
            "allowed: the same shape"
        )


def check_number(
    name: str, value: Any, ok: Callable[[float], bool], want: str, most: float = HUGE
) -> float:
    """Return `value` as a float that satisfies `ok`."""
    try:
        real = float(value) if isinstance(value, Real) else np.nan
    # A long int does not fit a float.
    except OverflowError:
        real = np.inf
    if isinstance(value, bool) or not abs(real) <= most or not ok(real):
        limit = f", at most {most:g} in size" if abs(real) > most else ""
        raise ValueError(f"{name}: {describe(value)} given; allowed: {want}{limit}")
    return real


def check_integer(name: str, value: Any, least: int, most: int = AGES) -> int:
    """Return `value` as an int from `least` to `most`."""
    whole = isinstance(value, Integral) and not isinstance(value, np.timedelta64)
    if not whole or isinstance(value, bool) or not least <= int(value) <= most:
        large = whole and int(value) > most
        limit = f", at most {most}" if large else ""
        raise ValueError(
            f"{name}: {describe(value)} given; allowed: an integer >= {least}{limit}"
        )
    return int(value)


def check_instance(name: str, value: Any, *kinds: type) -> Any:
    """Return `value` if it is of one of the classes, and no class itself."""
    if not isinstance(value, kinds) or isinstance(value, type):
        hint = ""
        if np.random.Generator in kinds:
            hint = ", such as numpy.random.default_rng(0)"
        elif isinstance(value, (tuple, list)) and kinds[0].__name__ == "Network":
            hint = f", such as Network({describe(value)})"
        raise ValueError(
            f"{name}: {describe(value)} given; "
            f"allowed: {' or '.join(map(_name_class, kinds))}{hint}"
        )
    return value


def _name_class(kind: type) -> str:
    """Name a class as a user imports it, or what it asks for."""
    if kind is NoneType:
        return "None"
    if getattr(kind, "_is_protocol", False):
        methods = [name for name in vars(kind) if not name.startswith("_")]
        return f"an object with the methods {' and '.join(methods)}"
    # Leave out private modules, and those of this package.
    root, *rest = kind.__module__.split(".")
    public = [part for part in rest if not part.startswith("_") and root != "voronet"]
    return ".".join([root, *public, kind.__name__])


def describe(value: object) -> str:
    """Write `value` out for a message."""
    try:
        text = repr(value)
    # An int of thousands of digits has no repr.
    except ValueError:
        text = f"{type(value).__name__} of very many digits"
    return shorten(text)


def shorten(text: str) -> str:
    """Put `text` on one line, with dots in place of the middle if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:120]} … {line[-40:]}"


# What the names below check. Each may look at the arguments before it.


def _number(ok: Callable[[float], bool], want: str, most: float = HUGE) -> Check:
    return lambda name, value, given: check_number(name, value, ok, want, most)


def _integer(least: int, most: int = AGES) -> Check:
    return lambda name, value, given: check_integer(name, value, least, most)


def check_points(name: str, value: Any, given: object = None) -> Array:
    """Return `value` as a finite (2, n) array of points."""
    array = check_shape(
        name,
        value,
        lambda s: len(s) == 2 and s[0] == 2 and s[1] > 0,
        "(2, n) with n >= 1: a column for each point",
    )
    tiny = array[(array != 0) & (np.abs(array) < TINY)]
    if tiny.size:
        raise ValueError(
            f"{name}: {tiny[0]:g} given; allowed: 0, or at least {TINY:g} in size"
        )
    return array


def _check_labels(name: str, value: Any, given: dict[str, Any]) -> Array:
    refuse_mask(name, value)
    if isinstance(value, np.ndarray) and value.dtype == bool:
        value = value.astype(np.float64)
    label = check_shape(
        name,
        value,
        lambda s: len(s) == 1 and s[0] > 0,
        "(n,) with n >= 1: a 0 or 1 for each sample",
    )
    if not np.isin(label, (0, 1)).all():
        wrong = label[~np.isin(label, (0, 1))][0]
        raise ValueError(f"{name}: {wrong:g} given; allowed: 0 (green) or 1 (blue)")
    return label


def _check_widths(name: str, value: Any, given: dict[str, Any]) -> tuple[int, ...]:
    refuse_mask(name, value)
    listed = value.tolist() if isinstance(value, np.ndarray) else value
    if (
        isinstance(listed, (str, bytes))
        or not isinstance(listed, Sequence)
        or len(listed) < 2
    ):
        raise ValueError(
            f"{name}: {describe(value)} given; allowed: a sequence of at least two "
            "positive integers"
        )
    return tuple(check_integer(name, width, least=1) for width in listed)


def _check_numbers(name: str, value: Any, given: dict[str, Any]) -> Array:
    # The sigmoid takes any z; its slope multiplies activations.
    return check_array(name, value, np.inf if name == "z" else HUGE)


def _check_parameters(name: str, value: Any, given: dict[str, Any]) -> Array:
    net: Any = given.get("net", given.get("self"))
    if not hasattr(net, "widths"):
        return check_shape(
            name,
            value,
            lambda s: len(s) in (1, 2) and min(s) > 0,
            "(p,) or (R, p): a row for each restart",
        )
    return check_shape(
        name,
        value,
        lambda s: len(s) in (1, 2) and s[-1] == net.size and s[0] > 0,
        f"({net.size},) or (R, {net.size}) for widths {net.widths}",
        # Without samples, w is shown and not multiplied.
        HUGE if "net" in given else np.inf,
    )


def _check_gradient(name: str, value: Any, given: dict[str, Any]) -> Array:
    g = check_array(name, value)
    check_same_shape(name, g, given["w"])
    return g


def _check_two_outputs(name: str, value: Any, given: dict[str, Any]) -> Any:
    if not hasattr(value, "depth") or value.widths[-1:] != (2,):
        shown = f"widths {value.widths}" if hasattr(value, "depth") else describe(value)
        raise ValueError(
            f"{name}: {shown} given; allowed: a voronet.Network with a last width of "
            "2, one output for each colour"
        )
    return value


def _check_inputs(name: str, value: Any, given: dict[str, Any]) -> Array:
    w, x = given["w"], check_columns(name, value, given["net"].widths[0])
    if x.ndim == 3 and x.shape[:1] != w.shape[:-1]:
        raise ValueError(
            f"{name}: shape {x.shape} given with w of shape {w.shape}; allowed: "
            "the same number of restarts R in both, or x without a leading axis"
        )
    return x


def check_columns(name: str, value: Any, rows: int) -> Array:
    """Return `value` as (rows, n) or (R, rows, n) with at least one column."""
    return check_shape(
        name,
        value,
        lambda s: len(s) in (2, 3) and s[-2] == rows and min(s) > 0,
        f"({rows}, n) or (R, {rows}, n) with n >= 1: a column for each sample",
    )


def _check_outputs(name: str, value: Any, given: dict[str, Any]) -> Array:
    return check_shape(
        name,
        value,
        lambda s: len(s) in (2, 3) and min(s) > 0,
        "(n_K, n) or (R, n_K, n) with n >= 1",
    )


def _check_layers(name: str, value: Any, given: dict[str, Any]) -> list[Array]:
    net, lead = given["net"], given["w"].shape[:-1]
    if not isinstance(value, Sequence) or len(value) != len(net.widths):
        count = len(value) if isinstance(value, Sequence) else type(value).__name__
        raise ValueError(
            f"{name}: {count} layers given; allowed: the list of {len(net.widths)} "
            "arrays that forward returns"
        )
    layers = [check_array(f"{name}[{k}]", layer) for k, layer in enumerate(value)]
    n = layers[-1].shape[-1] if layers[-1].ndim else 0
    for k, (layer, width) in enumerate(zip(layers, net.widths, strict=True)):
        allowed = {(*lead, width, n)} | ({(width, n)} if k == 0 else set())
        if n == 0 or layer.shape not in allowed:
            raise ValueError(
                f"{name}[{k}]: shape {layer.shape} given; allowed: {(*lead, width)} "
                "and a column for each sample, as many as in the last layer"
            )
    return layers


def _check_targets(name: str, value: Any, given: dict[str, Any]) -> Array:
    y = check_array(name, value)
    # Fit the outputs, or those that the network will have.
    if "a" in given:
        of, a = "a", given["a"]
        shape = a[-1].shape if isinstance(a, list) else a.shape
    else:
        of, n = "x", given["x"].shape[-1]
        shape = (*given["w"].shape[:-1], given["net"].widths[-1], n)
    if y.shape not in (shape, shape[-2:]):
        seen = shape if of == "a" else given["x"].shape
        raise ValueError(
            f"{name}: shape {y.shape} given with {of} of shape {seen}; allowed: "
            f"{shape[-2:]}, a target for each output"
            + (f", or {shape}" if len(shape) == 3 else "")
        )
    return y


def _check_generators(name: str, value: Any, given: dict[str, Any]) -> Any:
    w = given["w"]
    if w.ndim == 1:
        return check_instance(name, value, np.random.Generator)
    if not isinstance(value, Sequence) or len(value) != len(w):
        raise ValueError(
            f"{name}: {describe(value)} given with w of shape {w.shape}; allowed: a "
            "sequence of as many generators"
        )
    return [check_instance(name, one, np.random.Generator) for one in value]


def _check_pieces(name: str, value: Any, given: dict[str, Any]) -> list[Array]:
    net = given["self"]
    shapes = net.shapes[: net.depth] if name == "weights" else net.shapes[net.depth :]
    if not isinstance(value, Sequence) or len(value) != net.depth:
        raise ValueError(
            f"{name}: {describe(value)} given; allowed: a list of {net.depth} arrays"
        )
    pieces = []
    for k, (piece, shape) in enumerate(zip(value, shapes, strict=True)):
        pieces.append(check_array(f"{name}[{k}]", piece, most=np.inf))
        # All pieces lead with the axes of the first one.
        first = given["weights"][0] if name == "biases" else pieces[0]
        lead = first.shape[:-2]
        if pieces[k].shape != (*lead, *shape) or len(lead) > 1:
            raise ValueError(
                f"{name}[{k}]: shape {pieces[k].shape} given; "
                f"allowed: {shape}, or (R, …) for all alike"
            )
    return pieces


def _check_moment(name: str, value: Any, given: dict[str, Any]) -> Array:
    moment = check_shape(
        name,
        value,
        lambda s: len(s) in (1, 2) and min(s) > 0,
        "(p,) or (R, p): a row for each restart",
        most=np.inf,
    )
    if name == "v":
        if moment.shape != given["m"].shape:
            raise ValueError(
                f"v: shape {moment.shape} given with m of shape {given['m'].shape}; "
                "allowed: the same shape"
            )
        if (moment < 0).any():
            raise ValueError(f"v: {moment.min():g} given; allowed: numbers >= 0")
    # The caller's array may change later.
    return moment.copy()


def _check_seed(name: str, value: Any, given: dict[str, Any]) -> Any:
    refuse_mask(name, value)
    array = isinstance(value, np.ndarray) and value.ndim > 0
    listed = value.tolist() if array else value
    if isinstance(listed, Sequence) and not isinstance(listed, (str, bytes)):
        if not listed:
            raise ValueError(
                f"{name}: an empty sequence given; allowed: at least one seed"
            )
        return [_check_one_seed(name, one) for one in listed]
    return _check_one_seed(name, listed)


def _check_one_seed(name: str, value: Any) -> Any:
    if isinstance(value, np.random.Generator):
        return value
    return check_integer(name, value, least=0, most=2**128)


def check_seed_list(name: str, value: Any, given: object = None) -> list[int]:
    """Return `value` as a list of at least one seed, each of which fits an int64."""
    refuse_mask(name, value)
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise ValueError(
            f"{name}: {describe(value)} given; allowed: an iterable of integers >= 0"
        )
    try:
        whole = list(value)
    # An array without axes calls itself iterable.
    except TypeError:
        whole = []
    if not whole:
        raise ValueError(f"{name}: {describe(value)} given; allowed: at least one")
    return [check_integer(name, seed, least=0, most=2**63 - 1) for seed in whole]


def _check_callable(name: str, value: Any, given: dict[str, Any]) -> Any:
    if not callable(value):
        raise ValueError(f"{name}: {describe(value)} given; allowed: a callable")
    return value


# What a parameter may be. A caller may give lists; the function gets arrays.

Count = Annotated[int, _integer(1, MANY)]
Steps = Annotated[int, _integer(0)]
Interval = Annotated[int, _integer(1)]
Positive = Annotated[float, _number(lambda r: r > 0, "a finite number > 0")]
Share = Annotated[float, _number(lambda b: 0 <= b < 1, "a number in [0, 1)")]
Tolerance = Annotated[float, _number(lambda e: e >= 0, "a finite number >= 0")]
# No normal number is larger than 100.
Scale = Annotated[float, _number(lambda s: s >= 0, "a finite number >= 0", HUGE / 100)]
Seeds = Annotated[Any, _check_seed]
SeedList = Annotated[Any, check_seed_list]
Points = Annotated[Any, check_points]
Labels = Annotated[Any, _check_labels]
Widths = Annotated[tuple[int, ...], _check_widths]
TwoOutputs = Annotated[Any, _check_two_outputs]
Numbers = Annotated[Any, _check_numbers]
Parameters = Annotated[Any, _check_parameters]
Gradient = Annotated[Any, _check_gradient]
Inputs = Annotated[Any, _check_inputs]
Outputs = Annotated[Any, _check_outputs]
Activations = Annotated[Any, _check_layers]
Targets = Annotated[Any, _check_targets]
Generators = Annotated[Any, _check_generators]
Pieces = Annotated[Any, _check_pieces]
Moment = Annotated[Any, _check_moment]
Progress = Annotated[Callable[..., object], _check_callable]
