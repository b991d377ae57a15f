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
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from inspect import signature
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    NoReturn,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
# One array for each layer; entry 0 is None where layer 0 has no such quantity.
Layers = list[Any]
# Take a parameter's name, its value and all arguments; return the value to use.
Check = Callable[[str, Any, dict[str, Any]], Any]
Thing = TypeVar("Thing", bound=Callable[..., Any])
# The sizes of a shape: numbers, or letters for any from 1.
Shape = tuple[int | str, ...]

# Larger numbers are refused where products of several are taken: they overflow.
HUGE = 1e50
# Larger counts are refused: of samples or parameters, and of steps.
MANY = 10**9
AGES = 10**15
# Smaller coordinates are refused, but for 0: squared differences would underflow.
TINY = 1e-130

_trusted: ContextVar[bool] = ContextVar("trusted", default=False)


# --8<-- [start:trust]
@contextmanager
def trust(trusted: bool) -> Iterator[None]:
    """Leave out the checks within the block, or make them again."""
    before = _trusted.set(trusted)
    try:
        yield
    finally:
        _trusted.reset(before)


# --8<-- [end:trust]


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
    union = get_origin(hint) in (Union, UnionType)
    kinds = get_args(hint) if union else (hint,)
    carried = [kind.__metadata__[0] for kind in kinds if get_origin(kind) is Annotated]
    if not carried:
        return lambda name, value, given: check_instance(name, value, *kinds)
    return lambda name, value, given: (
        None if union and value is None else carried[0](name, value, given)
    )


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
    if type(one) is not type(other) or not is_dataclass(one):
        return type(one) is type(other) and bool(one == other)
    return all(
        equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(one)
    )


# What is wrong, what was given, what is allowed.


def refuse(name: str, given: str, allowed: str, where: str = "") -> NoReturn:
    """Raise the ValueError for a wrong argument."""
    raise ValueError(f"{name}: {given} given{where}; allowed: {allowed}") from None


def check_array(name: str, value: Any, most: float = HUGE, kinds: str = "fiu") -> Array:
    """Return `value` as finite float64, if its dtype is of one of the kinds."""
    refuse_mask(name, value)
    try:
        given = np.asarray(value)
    # What NumPy raises depends on how the value fails to be an array.
    except Exception as error:
        kind = type(value).__name__
        refuse(name, kind, "a rectangular array of real numbers", f" ({error})")
    if given.dtype.kind not in kinds:
        refuse(name, f"dtype {given.dtype}", "real numbers (float64)")
    with np.errstate(over="ignore", invalid="ignore"):
        array = np.asarray(given, dtype=np.float64)
    allowed = np.isfinite(array) & (np.abs(array) <= most)
    if not allowed.all():
        where = tuple(int(i) for i in np.argwhere(~allowed)[0])
        limit = f", at most {most:g} in size" if most < np.inf else ""
        refuse(name, f"{array[where]}", f"finite numbers{limit}", f" at index {where}")
    return array


def refuse_mask(name: str, value: Any) -> None:
    """Refuse a masked array, whose hidden entries would be used like the others."""
    # A list that holds itself is no array, and refused as such.
    with suppress(RecursionError):
        if _has_mask(value):
            refuse(name, "a masked array", "one without a mask")


def _has_mask(value: Any) -> bool:
    """Tell whether a value is a masked array, or has one in its lists."""
    if isinstance(value, (list, tuple)):
        return any(map(_has_mask, value))
    return isinstance(value, np.ma.MaskedArray)


def check_shape(
    name: str,
    value: Any,
    *allowed: Shape,
    hint: str = "",
    most: float = HUGE,
    **beside: Array,
) -> Array:
    """Return `value` as a finite array of a shape that fits the arrays beside it."""
    array = check_array(name, value, most)
    if not _fits(array.shape, allowed):
        written = [f"({', '.join(map(str, s))}{',' * (len(s) == 1)})" for s in allowed]
        want = " or ".join(dict.fromkeys(written))
        want += " with n >= 1" * any("n" in sizes for sizes in allowed) + hint
        # A row for each sample is the usual mistake.
        if array.ndim == 2 and _fits(array.shape[::-1], allowed):
            want += f"; transpose it: {name}.T"
        where = "".join(f" with {of} of shape {a.shape}" for of, a in beside.items())
        refuse(name, f"shape {array.shape}", want, where)
    return array


def _fits(shape: tuple[int, ...], allowed: Sequence[Shape]) -> bool:
    """Tell whether a shape is one of those allowed."""
    return any(
        len(shape) == len(sizes)
        and all(
            size > 0 if isinstance(want, str) else size == want
            for size, want in zip(shape, sizes, strict=True)
        )
        for sizes in allowed
    )


def check_signs(name: str, array: Array) -> Array:
    """Return an array that has no number below 0."""
    if (array < 0).any():
        refuse(name, f"{array.min()}", "numbers >= 0")
    return array


def check_number(
    name: str, value: Any, ok: Callable[[float], bool], want: str, most: float = HUGE
) -> float:
    """Return `value` as a float that satisfies `ok`."""
    try:
        real = float(value) if _is_number(value, Real) else np.nan
    # A long int does not fit a float.
    except OverflowError:
        real = np.inf
    if not abs(real) <= most or not ok(real):
        limit = f", at most {most:g} in size" if abs(real) > most else ""
        refuse(name, describe(value), want + limit)
    return real


def check_integer(name: str, value: Any, least: int, most: int = AGES) -> int:
    """Return `value` as an int from `least` to `most`."""
    whole = _is_number(value, Integral)
    if not whole or not least <= int(value) <= most:
        limit = f", at most {most}" if whole and int(value) > most else ""
        refuse(name, describe(value), f"an integer >= {least}{limit}")
    return int(value)


def _is_number(value: Any, kind: type) -> bool:
    """Tell whether a value is a number, and not one by name only."""
    return isinstance(value, kind) and not isinstance(value, (bool, np.timedelta64))


def check_instance(name: str, value: Any, *kinds: type) -> Any:
    """Return `value` if it is an instance of one of the classes."""
    if not isinstance(value, kinds) or isinstance(value, type):
        hint = ""
        if np.random.Generator in kinds:
            hint = ", such as numpy.random.default_rng(0)"
        elif isinstance(value, (tuple, list)) and kinds[0].__name__ == "Network":
            hint = f", such as Network({describe(value)})"
        refuse(name, describe(value), " or ".join(map(_name_class, kinds)) + hint)
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

# What the columns of an array are.
POINTS = ": a column for each point"
SAMPLES = ": a column for each sample"
RESTARTS = ": a row for each restart"


def _number(ok: Callable[[float], bool], want: str, most: float = HUGE) -> Check:
    return lambda name, value, given: check_number(name, value, ok, want, most)


def _integer(least: int, most: int = AGES) -> Check:
    return lambda name, value, given: check_integer(name, value, least, most)


def check_points(name: str, value: Any, given: object = None) -> Array:
    """Return `value` as a finite (2, n) array of points."""
    array = check_shape(name, value, (2, "n"), hint=POINTS)
    tiny = array[(array != 0) & (np.abs(array) < TINY)]
    if tiny.size:
        refuse(name, f"{tiny[0]}", f"0, or at least {TINY:g} in size")
    return array


def _check_labels(name: str, value: Any, given: dict[str, Any]) -> Array:
    numbers = check_array(name, value, kinds="fiub")
    label = check_shape(name, numbers, ("n",), hint=": a 0 or 1 for each sample")
    wrong = label[(label != 0) & (label != 1)]
    if wrong.size:
        refuse(name, f"{wrong[0]}", "0 (green) or 1 (blue)")
    return label


def _check_numbers(name: str, value: Any, given: dict[str, Any]) -> Array:
    # The sigmoid takes any z; its slope multiplies activations.
    return check_array(name, value, np.inf if name == "z" else HUGE)


def _check_parameters(name: str, value: Any, given: dict[str, Any]) -> Array:
    net: Any = given.get("net", given.get("self"))
    if not hasattr(net, "widths"):
        return check_shape(name, value, ("p",), ("R", "p"), hint=RESTARTS)
    p, hint = net.size, f" for widths {net.widths}"
    # Without samples, w is shown and not multiplied.
    most = HUGE if "net" in given else np.inf
    return check_shape(name, value, (p,), ("R", p), hint=hint, most=most)


def _check_gradient(name: str, value: Any, given: dict[str, Any]) -> Array:
    return check_shape(name, value, given["w"].shape, w=given["w"])


def _check_moment(name: str, value: Any, given: dict[str, Any]) -> Array:
    # The caller's array may change later.
    if name == "m":
        free = ("p",), ("R", "p")
        return check_shape(name, value, *free, hint=RESTARTS, most=np.inf).copy()
    m = given["m"]
    return check_signs(name, check_shape(name, value, m.shape, most=np.inf, m=m)).copy()


def _check_inputs(name: str, value: Any, given: dict[str, Any]) -> Array:
    n0, w = given["net"].widths[0], given["w"]
    allowed = (n0, "n"), (*w.shape[:-1], n0, "n")
    return check_shape(name, value, *allowed, hint=SAMPLES, w=w)


def _check_outputs(name: str, value: Any, given: dict[str, Any]) -> Array:
    return check_shape(name, value, ("n_K", "n"), ("R", "n_K", "n"), hint=SAMPLES)


def _check_layers(name: str, value: Any, given: dict[str, Any]) -> list[Array]:
    net, lead = given["net"], given["w"].shape[:-1]
    layers = _check_list(name, value, len(net.widths), "arrays, as forward returns")
    # Count the samples in the last layer; the points may be shared.
    n: int | str = "n"
    for k in reversed(range(len(layers))):
        shapes = [(*lead, net.widths[k], n), (net.widths[k], n)]
        allowed = shapes if k == 0 else shapes[:1]
        layers[k] = check_shape(f"{name}[{k}]", layers[k], *allowed, hint=SAMPLES)
        n = layers[k].shape[-1]
    return layers


def _check_targets(name: str, value: Any, given: dict[str, Any]) -> Array:
    # Fit the outputs, or those that the network will have.
    of = "a" if "a" in given else "x"
    seen = given[of][-1] if isinstance(given[of], list) else given[of]
    shape = seen.shape
    if of == "x":
        shape = (*given["w"].shape[:-1], given["net"].widths[-1], shape[-1])
    hint = ", a target for each output"
    return check_shape(name, value, shape[-2:], shape, hint=hint, **{of: seen})


def _check_generators(name: str, value: Any, given: dict[str, Any]) -> Any:
    w, kind = given["w"], np.random.Generator
    if w.ndim == 1:
        return check_instance(name, value, kind)
    listed = _check_list(name, value, len(w), "generators, one for each row of w")
    return [check_instance(name, one, kind) for one in listed]


def _check_pieces(name: str, value: Any, given: dict[str, Any]) -> list[Array]:
    net = given["self"]
    shapes = net.shapes[: net.depth] if name == "weights" else net.shapes[net.depth :]
    pieces = _check_list(name, value, net.depth, "arrays")
    # All pieces lead with the axes of the first weight.
    leads = [given["weights"][0].shape[:-2]] if name == "biases" else [(), ("R",)]
    for k, shape in enumerate(shapes):
        allowed = [(*lead, *shape) for lead in leads]
        pieces[k] = check_shape(f"{name}[{k}]", pieces[k], *allowed, most=np.inf)
        leads = leads if name == "biases" else [pieces[k].shape[:-2]]
    return pieces


def _check_list(name: str, value: Any, count: int, what: str) -> list[Any]:
    """Return `value` as a list of the given length."""
    if not isinstance(value, Sequence) or len(value) != count:
        several = isinstance(value, Sequence)
        shown = f"a sequence of {len(value)}" if several else describe(value)
        refuse(name, shown, f"a list of {count} {what}")
    return list(value)


def _list_entries(name: str, value: Any, *kinds: Any) -> list[Any] | None:
    """List what is in `value`, or return None if it is of another kind."""
    refuse_mask(name, value)
    # Text would be split into letters, and an array without axes has no entries.
    if isinstance(value, (str, bytes)) or getattr(value, "shape", None) == ():
        return None
    return list(value) if isinstance(value, kinds) else None


def _check_widths(name: str, value: Any, given: dict[str, Any]) -> tuple[int, ...]:
    widths = _list_entries(name, value, Sequence, np.ndarray)
    if widths is None or len(widths) < 2:
        refuse(name, describe(value), "a sequence of at least two positive integers")
    return tuple(check_integer(name, width, least=1) for width in widths)


def _check_seed(name: str, value: Any, given: dict[str, Any]) -> Any:
    seeds = _list_entries(name, value, Sequence, np.ndarray)
    if seeds is None:
        return _check_one_seed(name, value)
    if not seeds:
        refuse(name, "an empty sequence", "at least one seed")
    return [_check_one_seed(name, one) for one in seeds]


def _check_one_seed(name: str, value: Any) -> Any:
    if isinstance(value, np.random.Generator):
        return value
    return check_integer(name, value, least=0, most=2**128)


def check_seed_list(name: str, value: Any, given: object = None) -> list[int]:
    """Return `value` as a list of at least one seed, each of which fits an int64."""
    seeds = _list_entries(name, value, Iterable)
    if not seeds:
        refuse(name, describe(value), "an iterable of integers >= 0, at least one")
    return [check_integer(name, seed, least=0, most=2**63 - 1) for seed in seeds]


def _check_callable(name: str, value: Any, given: dict[str, Any]) -> Any:
    if not callable(value):
        refuse(name, describe(value), "a callable")
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
