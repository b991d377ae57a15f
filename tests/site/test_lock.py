"""The lock pins all that it installs, so that no later release can break it."""

import re
import tomllib
from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from voronet_site import ROOT

LOCK = (ROOT / "docs" / "requirements.txt").read_text()
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock):
    """Map each name that the lock installs here to its requirement, extras included."""
    lines = [line.removesuffix(" \\") for line in lock.splitlines() if re.match(r"\w", line)]
    requirements = [Requirement(line) for line in lines]
    return {
        canonicalize_name(pin.name): pin
        for pin in requirements
        if pin.marker is None or pin.marker.evaluate()
    }


def missing(asker, requirements, extras, pinned):
    """List the requirements that apply, with these extras, and have no pin of their own."""
    for requirement in map(Requirement, requirements):
        contexts = [{"extra": extra} for extra in ("", *extras)]
        if requirement.marker and not any(map(requirement.marker.evaluate, contexts)):
            continue
        pin = pinned.get(canonicalize_name(requirement.name))
        # pip 23.0.1 takes a[x] and a[x,y] for two projects: the extras must be the same.
        if (
            pin is None
            or (requirement.extras and requirement.extras != pin.extras)
            or not requirement.specifier.contains(str(pin.specifier)[2:])
        ):
            yield f"{asker} asks for {requirement}, the lock has {pin}"


def missing_in_closure(pinned):
    """List what a locked distribution asks for and the lock does not pin."""
    return [
        line
        for name, pin in pinned.items()
        for line in missing(name, requires(name) or [], pin.extras, pinned)
    ]


def test_every_line_is_an_exact_pin_with_hashes_and_names_no_host():
    blocks = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) > 80
    for block in blocks:
        line = block.splitlines()[0]
        assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==[\w.]+( ; .+)? \\$", line), line
        assert "--hash=sha256:" in block, line
    assert not re.search(r"https?:|^--", LOCK, re.MULTILINE)


def test_what_is_installed_is_what_the_lock_pins():
    for name, pin in pins(LOCK).items():
        assert pin.specifier.contains(version(name)), f"{name} {version(name)}, not {pin}"


def test_all_that_locked_distributions_ask_for_is_pinned():
    assert missing_in_closure(pins(LOCK)) == []


def test_a_pin_without_its_extra_is_found():
    found = missing_in_closure(pins(re.sub(r"\[\w+\]==", "==", LOCK)))
    assert len(found) == 2, found
    assert re.match(r"pytest-cov asks for coverage\[toml\]", found[1])


def test_a_distribution_without_a_pin_is_found():
    pinned = pins(LOCK)
    del pinned["execnet"]
    (line,) = missing_in_closure(pinned)
    assert re.match(r"pytest-xdist asks for execnet.*the lock has None", line)


@pytest.mark.parametrize("group", ["build", "site", "test", "show", "cluster"])
def test_all_that_the_project_asks_for_is_pinned(group):
    asked = CONFIGURATION["dependency-groups"] | CONFIGURATION["project"]["optional-dependencies"]
    requirements = CONFIGURATION["project"]["dependencies"] + asked[group]
    assert list(missing("voronet", requirements, (), pins(LOCK))) == []
