"""A run on disk: exact, whole or not at all, and safe to open."""

import errno
import io
import os
import pickle
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import tracemalloc
import zipfile
from dataclasses import fields, replace
from itertools import product
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings

import voronet
from tests.agree import same_bits
from tests.test_train import SMALL, problem, same_run
from voronet import Adam, GradientDescent
from voronet._file import _running, replacing
from voronet._npz import read_arrays

RULE = voronet.VoronoiRule([[0.2, 0.5], [0.4, 0.9]], [[0.7], [0.1]])


def run_of(**options):
    return voronet.train(
        *problem(), **{"net": SMALL, "max_steps": 25, "record_every": 10} | options
    )


# --8<-- [start:round-trip]
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rule": RULE},
        {"optimiser": GradientDescent(1 / 3)},
        {"optimiser": Adam(0.1, 1 / 3, 1 / 7, 1e-5), "seed": [3, 4, 5]},
        {"seed": [3], "max_steps": 0},
        {"tol": 1e3},
        {"tol": 0.05, "seed": range(6), "max_steps": 9},
        {"net": voronet.Network((2, 2))},
    ],
)
def test_a_saved_run_comes_back_exactly(options, tmp_path):
    run = run_of(**options)
    run.save(tmp_path / "run.npz")
    again = voronet.load(tmp_path / "run.npz")
    same_run(again, run)
    assert again.rule == options.get("rule")
    # And it goes on as if it had never been put away.
    same_run(
        voronet.train(resume=again, max_steps=60),
        voronet.train(resume=run, max_steps=60),
    )


# --8<-- [end:round-trip]


def test_a_run_of_extreme_numbers_comes_back_exactly(tmp_path):
    run = run_of()
    snapshots = run.snapshots.copy()
    snapshots[0, :6] = [5e-324, -0.0, 1.7976931348623157e308, 1 / 3, np.pi, -1e-310]
    run = replace(run, snapshots=snapshots)
    run.save(str(tmp_path / "run.npz"))
    same_run(voronet.load(str(tmp_path / "run.npz")), run)


def test_a_run_says_what_it_is():
    run = replace(run_of(), loss=[0.5, 0.375, 0.25, 0.125])
    assert repr(run) == "Run(widths (2, 3, 2), 25 steps, loss 0.125, max_steps)"
    # Of several networks it tells the middle loss, and every way to stop.
    run = run_of(seed=[1, 2, 3], max_steps=10)
    run = replace(
        run,
        loss=[[8.0, 7.0, 9.0], [0.25, 0.125, 6.0]],
        stopped=["max_steps", "converged", "max_steps"],
    )
    assert repr(run) == (
        "Run(widths (2, 3, 2), 3 networks, 10 steps, loss 0.25, converged max_steps)"
    )


def test_a_run_holds_losses_of_any_size():
    run = replace(run_of(), loss=[1e200, 1e100, 1e51, 1.0])
    assert run.loss.tolist() == [1e200, 1e100, 1e51, 1.0]


def test_parts_may_be_given_as_lists():
    run = run_of()
    names = ("x", "y", "steps", "loss", "gradient_norm", "snapshots")
    same_run(replace(run, **{name: getattr(run, name).tolist() for name in names}), run)
    again = replace(run, **{name: getattr(run, name).tolist() for name in names})
    for name in names:
        assert isinstance(getattr(again, name), np.ndarray), f"{name} is kept as a list"
    assert again.steps.dtype == np.int64
    run = run_of(seed=[1, 2])
    again = replace(run, stopped=["max_steps", "max_steps"])
    same_run(again, run)
    assert isinstance(again.stopped, np.ndarray), "stopped is kept as a list"
    # What is one number or one word is Python's own.
    again = replace(run_of(), record_every=np.uint8(10), stopped=np.str_("max_steps"))
    assert (type(again.record_every), type(again.stopped)) == (int, str)


@pytest.fixture
def saved(tmp_path):
    """Save a run and give the file's path."""
    path = tmp_path / "run.npz"
    run_of(rule=RULE).save(path)
    return path


def refused(path):
    """Assert that a file is refused with one clear error; return its message."""
    with pytest.raises(ValueError, match=r"^path: .* given; allowed: ") as caught:
        voronet.load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert len(message) < 700
    return message


# --8<-- [start:truncated]
def test_a_truncated_file_is_refused(saved):
    whole = saved.read_bytes()
    for length in [*range(0, len(whole) - 1, 97), len(whole) - 1]:
        saved.write_bytes(whole[:length])
        assert "no array" not in refused(saved), f"{length} bytes"


# --8<-- [end:truncated]


WHOLE = run_of(rule=RULE)
with tempfile.TemporaryDirectory() as folder:
    WHOLE.save(f"{folder}/run.npz")
    BYTES = Path(f"{folder}/run.npz").read_bytes()
with np.load(io.BytesIO(BYTES)) as arrays:
    ARRAYS = dict(arrays)


# --8<-- [start:altered]
@given(
    place=st.integers(0, len(BYTES) - 1),
    bit=st.integers(0, 7),
    length=st.integers(1, 8),
)
@settings(max_examples=settings().max_examples * 4)
@example(place=0, bit=0, length=1)
@example(place=len(BYTES) - 1, bit=7, length=1)
def test_an_altered_file_is_refused_or_harmless(place, bit, length):
    # Flip a bit in a few bytes: a name, a size, a number, a checksum.
    altered = bytearray(BYTES)
    for i in range(place, min(place + length, len(BYTES))):
        altered[i] ^= 1 << bit
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.npz")
        path.write_bytes(altered)
        # No other error, and no other run.
        try:
            run = voronet.load(path)
        except ValueError:
            refused(path)
        else:
            same_run(run, WHOLE)


# --8<-- [end:altered]


def test_each_bit_of_the_directory_counts():
    # The directory tells which arrays there are: with a bit changed, some may be lost.
    few = {name: ARRAYS[name] for name in ("format", "x", "green")}
    np.savez(file := io.BytesIO(), **few)
    whole = file.getvalue()
    start = whole.index(b"PK\x01\x02")
    refusals = 0
    for place, bit in product(range(start, len(whole)), range(8)):
        altered = bytearray(whole)
        altered[place] ^= 1 << bit
        try:
            found = read_arrays(io.BytesIO(altered), few, lambda _: ())
        # The kind of the error is zipfile's; `load` makes a ValueError of each.
        except Exception:
            refusals += 1
            continue
        lost = set(few) - set(found)
        assert not lost, f"bit {bit} of byte {place}: without {lost}"
        for name, array in few.items():
            assert found[name].tobytes() == array.tobytes(), (
                f"bit {bit} of byte {place}: {name} differs"
            )
    assert refusals > len(whole) - start


class Hostile:
    """Write a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


# --8<-- [start:hostile]
@pytest.mark.parametrize("member", ["snapshots", "settings", "extra", "format"])
def test_no_pickle_is_ever_loaded(member, tmp_path):
    trap = tmp_path / "trap"
    hostile = np.array([Hostile(trap)], dtype=object)
    np.savez(tmp_path / "run.npz", **ARRAYS | {member: hostile})
    message = refused(tmp_path / "run.npz")
    assert "unknown array 'extra'" in message or "holds pickled objects" in message
    # Nor is a file that is one pickle from end to end.
    (tmp_path / "run.npz").write_bytes(pickle.dumps(Hostile(trap)))
    refused(tmp_path / "run.npz")
    assert not trap.exists(), "the pickle was loaded"


# --8<-- [end:hostile]


ESCAPE = "\x1b]0;owned\x07\u202e"


@pytest.mark.parametrize(
    "altered",
    [
        {"format": ESCAPE},
        {"optimiser": ESCAPE},
        {"stopped": ESCAPE},
        {ESCAPE: 0.0},
        {"x": np.zeros(1, dtype=[(ESCAPE, float)])},
    ],
)
def test_no_text_of_a_file_reaches_the_terminal(altered, saved):
    np.savez(saved, **ARRAYS | altered)
    message = refused(saved)
    assert message.isprintable(), ascii(message)


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("member", ["extra", "snapshots"])
def test_a_small_file_takes_little_memory(write, member, saved):
    # A hundred megabytes of zeros are a hundred kilobytes when compressed.
    parts = {name: np.zeros(3) for name in ARRAYS} | {"widths": ARRAYS["widths"]}
    if write is np.savez_compressed or member == "extra":
        parts[member] = np.zeros(12_500_000)
    write(saved, **parts)
    tracemalloc.start()
    refused(saved)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000, f"{peak:,} bytes"


def archive(path, **headers):
    """Write a file whose members are the run's, but for some bare headers."""
    with zipfile.ZipFile(path, "w") as whole:
        for name, array in ARRAYS.items():
            member = io.BytesIO()
            if name in headers:
                member.write(headers[name])
            else:
                np.save(member, array)
            whole.writestr(f"{name}.npy", member.getvalue())


def header(shape, version=(1, 0)):
    """Write the header of an array that is not there."""
    found = io.BytesIO()
    layout = {"descr": "<f8", "fortran_order": False, "shape": shape}
    if version == (1, 0):
        np.lib.format.write_array_header_1_0(found, layout)
    else:
        np.lib.format.write_array_header_2_0(found, layout)
    return found.getvalue()


def test_a_header_that_promises_more_than_there_is(tmp_path):
    path = tmp_path / "run.npz"
    for shape in ((10**15,), (4, 10**9), (-1, 3)):
        archive(path, snapshots=header(shape) + bytes(24))
        refused(path)
    # Nor is a header of another kind read.
    archive(path, snapshots=header((3,), (2, 0)) + bytes(24))
    assert "header of another kind" in refused(path)
    # The archive as such is sound.
    archive(path)
    same_run(voronet.load(path), WHOLE)


def test_arrays_may_stand_by_columns(saved):
    x = np.asfortranarray(ARRAYS["x"])
    np.savez(saved, **ARRAYS | {"x": x})
    same_run(voronet.load(saved), WHOLE)


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\x93NUMPY" + bytes(9)],
)
def test_other_files_are_refused(content, tmp_path):
    (tmp_path / "run.npz").write_bytes(content)
    refused(tmp_path / "run.npz")


def test_arrays_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "run.npz"
    np.savez(path, x=np.zeros(3))
    assert "format" in refused(path)
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))
    refused(path)


@pytest.mark.parametrize("member", sorted(set(ARRAYS) - {"green", "blue"}))
def test_a_missing_member_is_named(member, saved):
    np.savez(saved, **{name: a for name, a in ARRAYS.items() if name != member})
    assert member in refused(saved)


@pytest.mark.parametrize(
    ("member", "value", "word"),
    [
        ("format", "voronet run 0", "format: 'voronet run 0' given; allowed: 'voronet"),
        ("optimiser", "exec", "optimiser: 'exec' given; allowed: Adam"),
        ("optimiser", "GradientDescent", "longer"),
        ("settings", [0.1, 2.0, 0.5, 0.1], "beta1"),
        ("settings", [np.nan] * 4, "learning_rate"),
        ("settings", [0.1], "shorter"),
        ("t", -1, "t"),
        ("t", 24, "state"),
        ("m", np.zeros(3), "v"),
        ("v", -np.ones(SMALL.size), "v"),
        ("m", np.full(SMALL.size, np.nan), "m"),
        ("widths", [2, 2, 2], "snapshots"),
        ("widths", [2.0, 3.0, 2.0], "widths"),
        ("widths", [-2, 3, 2], "widths"),
        ("widths", 7, "widths"),
        ("steps", [0, 10, 10, 25], "steps"),
        ("steps", [0, 10, 25], "steps"),
        ("steps", [-5, 0, 10, 25], "steps"),
        ("steps", [0, 10, 20, 24], "state"),
        ("loss", [1, 1, 1, np.inf], "loss"),
        ("gradient_norm", [1, 1, 1, -1], "gradient_norm"),
        ("gradient_norm", [1, 1, 1], "gradient_norm"),
        ("snapshots", np.zeros((4, 3)), "snapshots"),
        ("snapshots", np.full((4, SMALL.size), np.nan), "snapshots"),
        ("snapshots", np.zeros((4, 2, SMALL.size)), "loss"),
        ("x", np.zeros((2, 3)), "y"),
        ("x", np.zeros((3, 12)), "x"),
        ("y", np.zeros(3), "y"),
        ("record_every", 0, "record_every"),
        ("stopped", "finished", "stopped"),
        ("stopped", ["max_steps"], "stopped"),
        ("green", np.zeros((3, 1)), "green"),
        ("blue", [[np.nan], [0.0]], "blue"),
    ],
)
def test_parts_that_do_not_fit_are_refused(member, value, word, saved):
    np.savez(saved, **ARRAYS | {member: value})
    message = refused(saved)
    assert word in message.partition("Run.save wrote")[2], message


def test_half_a_rule_is_refused(saved):
    for member in ("green", "blue"):
        np.savez(saved, **{name: a for name, a in ARRAYS.items() if name != member})
        refused(saved)


def test_a_missing_file_or_a_folder_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.npz"):
        voronet.load(tmp_path / "nothing.npz")
    with pytest.raises(IsADirectoryError):
        voronet.load(tmp_path)


@pytest.mark.system
@pytest.mark.parametrize(("mask", "mode"), [(0o027, 0o640), (0, 0o666)])
def test_a_new_file_has_the_usual_permissions(mask, mode, tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    usual = os.umask(mask)
    with monkeypatch.context() as patch:
        # The mask belongs to the whole process: other threads write files too.
        patch.setattr(os, "umask", None)
        try:
            WHOLE.save(path)
        finally:
            patch.undo()
            os.umask(usual)
    assert path.stat().st_mode & 0o777 == mode
    assert os.listdir(tmp_path) == ["run.npz"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400])
def test_a_file_that_is_replaced_keeps_its_permissions(mode, tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    path.write_text("what stood there before")
    path.chmod(mode)
    # While it is written, nobody else may read it either.
    seen = []

    def fsync(file):
        seen.append(os.fstat(file).st_mode & 0o777)

    monkeypatch.setattr(os, "fsync", fsync)
    WHOLE.save(path)
    assert [*seen, path.stat().st_mode & 0o777] == [mode, mode]
    same_run(voronet.load(path), WHOLE)


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_a_link(there, tmp_path):
    real, link = tmp_path / "elsewhere" / "real.npz", tmp_path / "run.npz"
    real.parent.mkdir()
    link.symlink_to(Path("elsewhere", "real.npz"))
    if there:
        real.write_text("what stood there before")
    WHOLE.save(link)
    assert link.readlink() == Path("elsewhere", "real.npz")
    assert not real.is_symlink()
    same_run(voronet.load(link), WHOLE)
    assert os.listdir(real.parent) == ["real.npz"]


def test_a_link_to_itself_is_an_error(tmp_path):
    link = tmp_path / "run.npz"
    link.symlink_to(link)
    with pytest.raises(OSError, match=r"run\.npz") as caught:
        WHOLE.save(link)
    assert caught.value.errno == errno.ELOOP
    assert link.is_symlink()


@pytest.mark.system
def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    path = tmp_path / "run.npz"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    WHOLE.save(path)
    assert stat.S_ISFIFO(path.stat().st_mode)
    with np.load(io.BytesIO(os.read(reader, 1 << 16))) as arrays:
        same_bits(arrays["snapshots"], WHOLE.snapshots)
    os.close(reader)
    assert os.listdir(tmp_path) == ["run.npz"]


@pytest.mark.parametrize("name", ["r" * 251 + ".npz", "é" * 125 + ".npz", "RUN.NPZ"])
def test_any_name_that_a_file_can_have_will_do(name, tmp_path):
    WHOLE.save(tmp_path / name)
    assert os.listdir(tmp_path) == [name]


def test_ctrl_c_just_after_the_file_is_in_place(tmp_path, monkeypatch):
    path, replace_file = tmp_path / "run.npz", os.replace

    def interrupted(*paths):
        replace_file(*paths)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        WHOLE.save(path)
    same_run(voronet.load(path), WHOLE)
    assert os.listdir(tmp_path) == ["run.npz"]


def test_all_is_written_before_the_disk_is_asked_to_keep_it(tmp_path, monkeypatch):
    sizes = []
    monkeypatch.setattr(os, "fsync", lambda file: sizes.append(os.fstat(file).st_size))
    with replacing(tmp_path / "file") as file:
        file.write(b"all of it")
    assert sizes == [9], "bytes in the file"


@pytest.mark.parametrize("name", ["run.npy", "run", "run.npz.gz", "", "npz"])
def test_other_endings_are_refused_before_anything_is_written(name, tmp_path):
    with pytest.raises(ValueError, match=r"allowed: a file name that ends in \.npz"):
        WHOLE.save(tmp_path / name)
    assert os.listdir(tmp_path) == []


def unharmed(path, folder):
    """Assert that the old file is there, whole, with nothing beside it."""
    assert os.listdir(folder) == [path.name]
    assert path.read_bytes() == BYTES


# --8<-- [start:full-disk]
@pytest.mark.system
def test_a_full_disk_keeps_the_old_file(tmp_path):
    import resource

    path = tmp_path / "run.npz"
    path.write_bytes(BYTES)
    # Let the system refuse to write more than 2,000 bytes to any file.
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, usual[1]))
    try:
        with pytest.raises(OSError, match=r"run\.npz") as caught:
            run_of(seed=5).save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(path)
    unharmed(path, tmp_path)


# --8<-- [end:full-disk]


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]
)
def test_whatever_ends_the_writing_keeps_the_old_file(
    call, error, tmp_path, monkeypatch
):
    path = tmp_path / "run.npz"
    path.write_bytes(BYTES)

    def fail(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(type(error)) as caught:
            run_of(seed=5).save(path)
    if isinstance(error, OSError):
        # The number is another one in WebAssembly.
        said = f"[Errno {errno.ENOSPC}] No space left on device: {str(path)!r}"
        assert str(caught.value) == said
    unharmed(path, tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    path = tmp_path / "nowhere" / "run.npz"
    with pytest.raises(FileNotFoundError) as caught:
        WHOLE.save(path)
    assert caught.value.filename == str(path)


SAVE = textwrap.dedent("""
    import os, sys, voronet
    run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=20)
    exec(sys.argv[2])
    run.save(sys.argv[1])
""")


def save_in_another_process(path, before):
    return subprocess.Popen(
        [sys.executable, "-c", SAVE, str(path), before],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(voronet.__file__).parents[1],
    )


# --8<-- [start:killed]
@pytest.mark.system
def test_killed_while_writing_the_old_file_stays(tmp_path):
    path = tmp_path / "run.npz"
    path.write_bytes(BYTES)
    # Hold the process where all is written and nothing replaced yet.
    hold = "os.fsync = lambda _: (print('written', flush=True), sys.stdin.read())"
    process = save_in_another_process(path, hold)
    with process:
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert path.read_bytes() == BYTES
    assert len(os.listdir(tmp_path)) == 2
    # And the next save succeeds, and takes away what was left.
    WHOLE.save(path)
    same_run(voronet.load(path), WHOLE)
    assert os.listdir(tmp_path) == ["run.npz"]


# --8<-- [end:killed]


@pytest.mark.system
def test_two_processes_may_save_to_one_name(tmp_path):
    path = tmp_path / "run.npz"
    hold = "os.fsync = lambda _: (print('written', flush=True), sys.stdin.read())"
    process = save_in_another_process(path, hold)
    with process:
        assert process.stdout.readline() == "written\n"
        WHOLE.save(path)
        same_run(voronet.load(path), WHOLE)
        process.communicate("")
    assert process.returncode == 0
    assert len(voronet.load(path).w) == 48
    assert os.listdir(tmp_path) == ["run.npz"]


def test_a_process_of_somebody_else_is_running(monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "kill", refuse)
    assert _running(1)


@pytest.mark.system
def test_a_read_only_folder_is_reported():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.npz")
        path.write_bytes(BYTES)
        os.chmod(folder, 0o555)
        # The superuser may write anywhere: be nobody for once.
        before = "os.geteuid() or os.seteuid(65534)"
        process = save_in_another_process(path, before)
        with process:
            _, errors = process.communicate()
        os.chmod(folder, 0o755)
        assert process.returncode == 1
        last = errors.strip().splitlines()[-1]
        assert last == f"PermissionError: [Errno 13] Permission denied: {str(path)!r}"
        unharmed(path, folder)


def test_every_part_of_a_run_is_compared():
    # What these tests call the same has no part left out.
    compared = {"steps", "loss", "gradient_norm", "snapshots", "x", "y", "stopped"}
    compared |= {"net", "optimiser", "rule", "record_every", "state"}
    assert {field.name for field in fields(voronet.Run)} == compared


def test_a_run_shows_itself_where_it_can_be_drawn():
    # A network that is not from the plane to two colours has no replay to show.
    x, y = [[0.5, 0.1]], [[1.0, 0.0]]
    run = voronet.train(x, y, net=voronet.Network((1, 1)), max_steps=1)
    assert run._repr_html_() is None
    assert run_of(seed=[1, 2])._repr_html_() is None
    pytest.importorskip("PIL")
    assert run_of()._repr_html_() == run_of().replay().html
