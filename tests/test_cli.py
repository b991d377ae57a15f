"""The command line: what it prints, writes, shows and refuses."""

import os
import pty
import re
import runpy
import signal
import subprocess
import sys
import termios
from functools import wraps
from importlib.metadata import version
from pathlib import Path

import av
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

import voronet
import voronet.cli
import voronet.show.window
from tests.agree import same_bits
from voronet.cli import REPLAY, main
from voronet.show.animation import HEIGHT, WIDTH

LINE = re.compile(
    r"step +([\d,]+)   loss (\d\.\d{3}e[+-]\d\d)   gradient norm (\d\.\d{3}e[+-]\d\d)"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a new folder, on a machine without a display."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    plt.switch_backend("Agg")
    return tmp_path


def command(*arguments, module=False, **more):
    """Start the command in a process of its own."""
    program = [sys.executable, "-m", "voronet"] if module else [console_script()]
    return subprocess.run(
        [*program, *arguments], capture_output=True, text=True, check=False, **more
    )


def console_script():
    """Find the command that installing the package made."""
    return str(Path(sys.executable).with_name("voronet"))


def without(*libraries):
    """Give the code that runs the command where some libraries are not installed."""
    return (
        f"import sys; sys.modules.update(dict.fromkeys({libraries!r})); "
        "from voronet.cli import main; sys.exit(main(sys.argv[1:]))"
    )


NUMPY_ALONE = without("matplotlib", "PIL", "av", "tqdm")


# --- training ------------------------------------------------------------------------


def test_prints_a_line_each_thousand_steps(capsys):
    assert main(["--no-show", "--steps", "2500", "--save", "run.npz"]) == 0
    out, err = capsys.readouterr()
    run = voronet.load("run.npz")
    *lines, ending, saved = out.splitlines()
    for line, step in zip(lines, (0, 1000, 2000), strict=True):
        i = list(run.steps).index(step)
        assert LINE.fullmatch(line).groups() == (
            f"{step:,}",
            f"{run.loss[i]:.3e}",
            f"{run.gradient_norm[i]:.3e}",
        )
    assert ending == (
        f"Stopped at step 2,500, the last one allowed: loss {run.loss[-1]:.3e}."
    )
    assert saved == "Wrote run.npz (the run itself)."
    assert err == "", "there is no bar where there is no terminal"


def test_options_reach_the_training(capsys):
    options = ["--seed", "7", "--points", "12", "--steps", "300"]
    options += ["--learning-rate", "0.02", "--tol", "1e-3"]
    assert main([*options, "--no-show", "--save", "run.npz"]) == 0
    # Do the same by hand: seeds, points and start from one generator, in this order.
    rng = np.random.default_rng(7)
    rule = voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(12, rng)
    expected = voronet.train(
        x,
        voronet.one_hot(rule.label(x)),
        seed=rng,
        optimiser=voronet.Adam(learning_rate=0.02),
        tol=1e-3,
        max_steps=300,
    )
    run = voronet.load("run.npz")
    assert run.rule == rule
    for name in ("x", "steps", "loss", "snapshots"):
        same_bits(getattr(run, name), getattr(expected, name), what=name)
    assert "Stopped at step 300" in capsys.readouterr().out


def test_tells_how_it_ended(capsys):
    assert main(["--no-show", "--tol", "100"]) == 0
    assert "Converged at step 0: loss " in capsys.readouterr().out


def test_quiet_prints_nothing(capsys):
    options = ["--quiet", "--no-show", "--steps", "1000", "--save", "run.npz"]
    assert main(options) == 0
    assert capsys.readouterr() == ("", "")
    assert voronet.load("run.npz").steps[-1] == 1000


@pytest.mark.parametrize("module", [False, True])
def test_runs_as_a_command(module):
    done = command("--no-show", "--steps", "1000", "--save", "a.npz", module=module)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 4
    assert voronet.load("a.npz").steps[-1] == 1000


def test_runs_as_a_module(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["voronet", "--no-show", "--steps", "0"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("voronet", run_name="__main__")
    assert ended.value.code == 0
    assert len(LINE.findall(capsys.readouterr().out)) == 1


def test_version_and_help():
    assert command("--version").stdout == f"voronet {version('voronet')}\n"
    text = command("--help", env={**os.environ, "COLUMNS": "200"}).stdout
    # The defaults are those of the functions that do the work.
    for default in ("100,000", "0.001", "1e-07"):
        assert f"(default: {default})" in text
    assert REPLAY in text
    assert text.isascii(), "any terminal can print it"


# --- files ---------------------------------------------------------------------------


def test_writes_each_kind_of_file(folder):
    for name in ("a.gif", "a.webp", "a.mp4", "a.png", "a.npz"):
        assert main(["--no-show", "--quiet", "--steps", "400", "--save", name]) == 0
    run = voronet.load("a.npz")
    assert list(run.steps) == [0, 100, 200, 300, 400]
    for name in ("a.gif", "a.webp"):
        with Image.open(name) as image:
            assert (image.n_frames, image.size) == (5, (WIDTH, HEIGHT))
    with av.open("a.mp4") as container:
        frames = [(f.width, f.height) for f in container.decode(video=0)]
    assert frames == [(WIDTH, HEIGHT)] * 5
    with Image.open("a.png") as image:
        same_bits(np.asarray(image.convert("RGB")), voronet.show.film(run).last())
    # Nothing else is left in the folder.
    assert sorted(os.listdir(folder)) == ["a.gif", "a.mp4", "a.npz", "a.png", "a.webp"]


def test_writes_a_replay(folder):
    assert main(["--no-show", "--quiet", "--steps", "400", "--save", "a.html"]) == 0
    assert main(["--no-show", "--quiet", "--steps", "400", "--save", "a.npz"]) == 0
    assert voronet.load("a.npz").replay().html in Path("a.html").read_text("utf-8")
    assert sorted(os.listdir(folder)) == ["a.html", "a.npz"]


def test_without_a_display_writes_the_replay(folder, capsys):
    assert main(["--steps", "200"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"No display: instead of windows there will be {REPLAY}.\n")
    assert out.endswith(f"Wrote {REPLAY} (a self-contained replay).\n")
    assert os.listdir(folder) == [REPLAY]


def test_without_a_display_the_replay_stands_beside_the_file(folder):
    os.mkdir("sub")
    assert main(["--quiet", "--steps", "200", "--save", "sub/a.npz"]) == 0
    assert sorted(os.listdir("sub")) == ["a.npz", REPLAY]
    # A replay that was asked for is the only one.
    assert main(["--quiet", "--steps", "200", "--save", "a.html"]) == 0
    assert sorted(os.listdir(folder)) == ["a.html", "sub"]


def test_a_disk_that_fills_up(monkeypatch, capsys, folder):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["--no-show", "--steps", "10", "--save", "a.npz"]) == 1
    assert capsys.readouterr().err == (
        "voronet: cannot write 'a.npz': No space left on device\n"
    )
    assert os.listdir(folder) == []


# --- wrong values --------------------------------------------------------------------

NAMES = ".html, .gif, .webp, .mp4, .png, .npz"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("--seed -1", "argument --seed: '-1' given; allowed: a whole number >= 0"),
        ("--seed 1.5", "argument --seed: '1.5' given; allowed: a whole number >= 0"),
        ("--points 0", "argument --points: '0' given; allowed: a whole number >= 1"),
        ("--points", "argument --points: expected one argument"),
        ("--steps ten", "argument --steps: 'ten' given; allowed: a whole number >= 0"),
        (
            "--learning-rate 0",
            "argument --learning-rate: '0' given; allowed: a finite number > 0",
        ),
        (
            "--learning-rate inf",
            "argument --learning-rate: 'inf' given; allowed: a finite number > 0",
        ),
        ("--tol=-1e-7", "argument --tol: '-1e-7' given; allowed: a finite number >= 0"),
        ("--tol nan", "argument --tol: 'nan' given; allowed: a finite number >= 0"),
        ("--tall 1", "unrecognized arguments: --tall 1"),
        ("run.gif", "unrecognized arguments: run.gif"),
        (
            "--save a.jpg",
            f"path: 'a.jpg' given; allowed: a name that ends in {NAMES}",
        ),
        ("--save gif", f"path: 'gif' given; allowed: a name that ends in {NAMES}"),
        ("--save no/a.gif", "cannot write 'no/a.gif': No such file or directory"),
        ("--save file/a.gif", "cannot write 'file/a.gif': Not a directory"),
        ("--save d.gif", "cannot write 'd.gif': Is a directory"),
        ("--save /proc/a.npz", "cannot write '/proc/a.npz': No such file or directory"),
    ],
)
def test_a_wrong_value_ends_before_training(arguments, complaint, capsys, monkeypatch):
    Path("file").touch()
    os.mkdir("d.gif")

    @wraps(voronet.train)
    def never(*_, **__):
        raise AssertionError("the training has begun")

    monkeypatch.setattr(voronet.cli, "train", never)
    with pytest.raises(SystemExit) as ended:
        main(["--no-show", *arguments.split()])
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", f"voronet: {complaint}\n")


def test_a_wrong_value_ends_the_process():
    done = command("--points", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


# --- what is not installed -----------------------------------------------------------


def test_numpy_alone_is_enough_for_npz():
    arguments = ("--no-show", "--steps", "1000", "--save", "a.npz")
    done = subprocess.run(
        [sys.executable, "-c", NUMPY_ALONE, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(LINE.findall(done.stdout)) == 2
    assert voronet.load("a.npz").steps[-1] == 1000


def test_lines_come_without_a_bar(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert main(["--no-show", "--steps", "1000"]) == 0
    assert len(LINE.findall(capsys.readouterr().out)) == 2


@pytest.mark.parametrize(
    ("missing", "arguments", "complaint"),
    [
        ("matplotlib", "", "showing windows needs matplotlib"),
        ("matplotlib", "--no-show --save a.png", "a .png file needs matplotlib"),
        ("PIL", "--no-show --save a.gif", "a .gif file needs PIL"),
        ("av", "--no-show --save a.mp4", "a .mp4 file needs av"),
    ],
)
def test_what_is_missing_is_named(missing, arguments, complaint):
    done = subprocess.run(
        [sys.executable, "-c", without(missing), *arguments.split()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"voronet: {complaint}: pip install voronet[show]\n"


# --- windows -------------------------------------------------------------------------


@pytest.fixture
def windows(monkeypatch):
    """Stand in for a display: list what each window shows when it is shown."""
    shown = []

    def show(block):
        for figure in map(plt.figure, plt.get_fignums()):
            figure.canvas.draw()
        titles = [plt.figure(i).get_label() for i in plt.get_fignums()]
        shown.append((block, titles))

    monkeypatch.setattr(voronet.show.window, "display", lambda: True)
    monkeypatch.setattr(plt, "show", show)
    yield shown
    plt.close("all")


def test_shows_the_problem_then_the_animation(windows, folder, capsys):
    assert main(["--steps", "300", "--points", "9"]) == 0
    assert windows == [
        (False, ["The true boundary"]),
        (True, ["The true boundary", "The decision region"]),
    ]
    problem, animation = map(plt.figure, plt.get_fignums())
    points = problem.axes[0].collections[1:3]
    assert sum(len(part.get_offsets()) for part in points) == 9
    assert animation.texts[0].get_text() == "step 0"
    assert "No display" not in capsys.readouterr().out
    assert os.listdir(folder) == []


def test_no_show_opens_no_window(windows):
    assert main(["--no-show", "--steps", "10", "--quiet"]) == 0
    assert windows == []


def test_there_is_no_display_here(monkeypatch):
    assert voronet.show.window.display() is False

    # A toolkit whose screen is not there raises an error of its own.
    def broken():
        raise RuntimeError("cannot connect to X server")

    monkeypatch.setattr(plt, "get_backend", lambda: "tkagg")
    assert voronet.show.window.display() is True
    monkeypatch.setattr(plt, "figure", broken)
    assert voronet.show.window.display() is False


# --- interruptions -------------------------------------------------------------------


def test_ctrl_c_keeps_what_there_is():
    program = [console_script(), "--no-show", "--steps", "10000000", "--save", "a.npz"]
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, text=True, env=unbuffered
    ) as process:
        while not process.stdout.readline().startswith("step   1,000"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out = process.stdout.read()
    assert process.returncode == 130
    run = voronet.load("a.npz")
    assert run.stopped == "interrupted"
    assert f"Interrupted at step {run.steps[-1]:,}: loss {run.loss[-1]:.3e}." in out
    assert out.endswith("Wrote a.npz (the run itself).\n")
    # What was kept can go on.
    more = voronet.train(resume=run, max_steps=int(run.steps[-1]) + 10)
    assert more.steps[-1] == run.steps[-1] + 10


def test_ctrl_c_while_saving(monkeypatch, capsys, folder):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    options = ["--no-show", "--quiet", "--steps", "10", "--save", "a.npz"]
    assert main(options) == 130
    assert capsys.readouterr().err == "voronet: interrupted\n"
    assert os.listdir(folder) == []


def test_after_ctrl_c_no_window_opens(windows, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    @wraps(voronet.train)
    def interrupted(*arguments, **more):
        return voronet.train(*arguments, **more | {"progress": stop})

    monkeypatch.setattr(voronet.cli, "train", interrupted)
    assert main(["--quiet", "--save", "a.npz"]) == 130
    assert [block for block, _ in windows] == [False]
    assert voronet.load("a.npz").stopped == "interrupted"


def test_a_reader_who_goes_away():
    shell = f"{console_script()} --no-show --steps 200000 --tol 0 | head -n 2"
    done = subprocess.run(
        shell, shell=True, capture_output=True, text=True, check=False
    )
    assert (done.stdout.count("\n"), done.stderr) == (2, "")


def test_a_pipe_that_nobody_reads(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", buffering=1) as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main(["--no-show", "--steps", "10"]) == 1


# --- a terminal ----------------------------------------------------------------------


def test_lines_do_not_break_the_bar():
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 80))
    process = subprocess.Popen(
        [console_script(), "--no-show", "--steps", "3000"], stdout=end, stderr=end
    )
    os.close(end)
    seen = b""
    while True:
        try:
            part = os.read(terminal, 1 << 16)
        # Linux reports the end of a terminal as an error.
        except OSError:
            break
        seen += part
        if not part:
            break
    os.close(terminal)
    assert process.wait() == 0
    text = seen.decode()
    assert "/3000 [" in text, "there is a bar"
    # Play the carriage returns: the last writing of each line is what stays.
    rows = [row.rstrip("\r").split("\r")[-1].rstrip() for row in text.split("\n")]
    steps = [LINE.fullmatch(row)[1] for row in rows if row.startswith("step")]
    assert steps == ["0", "1,000", "2,000", "3,000"]
    assert not [row for row in rows if "/3000 [" in row], "the bar goes at the end"
