"""The command line: what it prints, writes, shows and refuses."""

import importlib
import importlib.metadata
import os
import pty
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import termios
from dataclasses import replace
from functools import wraps
from pathlib import Path
from types import SimpleNamespace

import av
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

import voronet
import voronet.cli
from tests.agree import same_bits
from voronet.cli import KEPT, REPLAY, main
from voronet.show._film import HEIGHT, WIDTH

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
        f"Stopped at step 2,500, the last one allowed: loss {run.loss[-1]:.3e}, "
        f"{right(run)} of 50 points right."
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


def right(run):
    """Count the points that are right, one at a time."""
    found = 0
    for i in range(run.x.shape[1]):
        _, a = voronet.forward(run.net, run.w, run.x[:, i : i + 1])
        found += (a[-1][1, 0] > a[-1][0, 0]) == (run.y[1, i] == 1)
    return found


@pytest.mark.parametrize(
    "options", ["--tol 100", "--learning-rate 1e9", "--points 1 --tol 0.05"]
)
def test_a_small_gradient_is_no_success(options, capsys):
    assert main(["--no-show", "--save", "run.npz", *options.split()]) == 0
    run = voronet.load("run.npz")
    assert run.stopped == "converged"
    n, counted = run.x.shape[1], right(run)
    line = capsys.readouterr().out.splitlines()[-2]
    level = " The loss is level here, but it is not low." if counted < n else ""
    assert (counted < n) == (n == 50)
    assert line == (
        f"Stopped at step {run.steps[-1]:,}, where the gradient norm is "
        f"{run.gradient_norm[-1]:.1e}: loss {run.loss[-1]:.3e}, {counted} of {n} "
        f"points right.{level}"
    )


def test_a_run_that_diverges_says_so(capsys, monkeypatch):
    @wraps(voronet.train)
    def diverged(*arguments, **more):
        return replace(voronet.train(*arguments, **more), stopped="diverged")

    monkeypatch.setattr(voronet.cli, "train", diverged)
    assert main(["--no-show", "--steps", "10"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("Diverged after step 10")


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


def test_version_and_help(capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--version"])
    version = importlib.metadata.version("voronet")
    assert capsys.readouterr().out == f"voronet {version}\n"
    text = command("--help", env={**os.environ, "COLUMNS": "80"}).stdout
    assert max(map(len, text.splitlines())) <= 80
    # The defaults are those of the functions that do the work.
    words = " ".join(text.split())
    for default in ("100,000", "0.001", "1e-07"):
        assert f"(default: {default})" in words
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


def test_several_files_are_written(folder, capsys):
    names = ["a.html", "b.PNG", "c.npz", "d.gif"]
    saves = [word for name in names for word in ("--save", name)]
    assert main(["--steps", "200", *saves]) == 0
    assert sorted(os.listdir(folder)) == names
    written = re.findall("^Wrote (.*) [(]", capsys.readouterr().out, re.MULTILINE)
    # The run itself comes first: then nothing can be lost any more.
    assert written == ["c.npz", "a.html", "b.PNG", "d.gif"]


def test_a_replay_is_not_overwritten(folder, capsys):
    Path(REPLAY).write_text("mine")
    for name in ("voronet-replay-2.html", "voronet-replay-3.html"):
        assert main(["--steps", "100"]) == 0
        assert f"Wrote {name} " in capsys.readouterr().out
    assert Path(REPLAY).read_text() == "mine"
    # Unless it is asked for by its name.
    assert main(["--steps", "100", "--save", REPLAY]) == 0
    assert Path(REPLAY).read_text() != "mine"
    assert len(os.listdir(folder)) == 3


def test_a_saved_run_is_played(capsys):
    assert main(["--no-show", "--quiet", "--steps", "400", "--save", "a.npz"]) == 0
    before = Path("a.npz").read_bytes()
    assert main(["a.npz"]) == 0
    out = capsys.readouterr().out
    assert "Stopped at step 400, the last one allowed" in out
    assert not LINE.search(out), "nothing is trained"
    assert voronet.load("a.npz").replay().html in Path(REPLAY).read_text("utf-8")
    assert main(["a.npz", "--no-show", "--save", "a.gif"]) == 0
    with Image.open("a.gif") as image:
        assert image.n_frames == 5
    assert Path("a.npz").read_bytes() == before


def test_a_saved_run_goes_on(capsys):
    options = ["--no-show", "--save", "b.npz"]
    assert main(["--steps", "700", "--seed", "3", "--no-show", "--save", "a.npz"]) == 0
    assert main(["a.npz", "--steps", "1500", *options]) == 0
    assert [step for step, *_ in LINE.findall(capsys.readouterr().out)][1:] == ["1,000"]
    assert main(["--seed", "3", "--steps", "1500", "--no-show", "--save", "c.npz"]) == 0
    same_bits(voronet.load("b.npz").w, voronet.load("c.npz").w)
    # It may also be told to stop earlier.
    assert main(["b.npz", "--steps", "9000", "--tol", "100", *options]) == 0
    assert voronet.load("b.npz").steps[-1] == 1500
    assert voronet.load("b.npz").stopped == "converged"


def test_writes_a_replay(folder):
    assert main(["--no-show", "--quiet", "--steps", "400", "--save", "a.html"]) == 0
    assert main(["--no-show", "--quiet", "--steps", "400", "--save", "a.npz"]) == 0
    assert voronet.load("a.npz").replay().html in Path("a.html").read_text("utf-8")
    assert sorted(os.listdir(folder)) == ["a.html", "a.npz"]


def test_without_a_display_writes_the_replay(folder, capsys):
    assert main(["--steps", "200"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"No display: instead of windows, {REPLAY}.\n")
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
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert main(["--no-show", "--steps", "10", "--save", "a.npz"]) == 1
    assert capsys.readouterr().err == (
        "voronet: cannot write 'a.npz': No space left on device\n"
        "voronet: the run could not be kept: no folder takes it\n"
    )
    assert os.listdir(folder) == []


def kept(err, path):
    """Assert that the last line of the errors names the run that was kept; load it."""
    assert err.splitlines()[-1] == f"voronet: the run is kept in {path}"
    return voronet.load(path)


def test_a_full_disk_leaves_the_run_elsewhere(capsys):
    # A link to a device that is always full.
    os.mkdir("sub")
    os.symlink("/dev/full", "sub/a.gif")
    Path("sub", KEPT).write_text("mine")
    assert main(["--no-show", "--steps", "300", "--save", "sub/a.gif"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("voronet: cannot write 'sub/a.gif': No space left on device")
    assert kept(err, "sub/voronet-run-2.npz").steps[-1] == 300
    assert "Wrote" not in out
    # What has been saved already needs no second copy.
    arguments = ["--no-show", "--steps", "30", "--save", "sub/a.gif", "--save", "a.npz"]
    assert main(arguments) == 1
    assert capsys.readouterr().err.count("\n") == 1
    # Nor does a run that was only to be shown.
    assert main(["a.npz", "--no-show", "--save", "sub/a.gif"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert len(os.listdir("sub")) == 3


@pytest.mark.parametrize("suffix", ["html", "gif", "mp4", "png"])
def test_whatever_fails_leaves_the_run(suffix, monkeypatch, capsys):
    def fail(*_, **__):
        raise RuntimeError("no such font\n\n  in a long report")

    monkeypatch.setattr(voronet.show._film, "region", fail)
    monkeypatch.setattr(voronet.show._replay, "boundary", fail)
    assert main(["--no-show", "--steps", "300", "--save", f"a.{suffix}"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(
        f"voronet: cannot write 'a.{suffix}': RuntimeError: no such font in a long"
    )
    assert kept(err, KEPT).steps[-1] == 300


@pytest.mark.parametrize("name", ["n" * 241 + ".gif", "n" * 250 + ".png"])
def test_a_long_name(name, folder):
    assert main(["--no-show", "--steps", "10", "--save", name]) == 0
    assert os.listdir(folder) == [name]


def test_pictures_do_without_latex(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with plt.rc_context({"text.usetex": True}):
        assert main(["--no-show", "--steps", "100", "--save", "a.gif"]) == 0


@pytest.mark.parametrize("name", [os.fsdecode(b"\xff.npz"), "é\n\x1b[31m.npz"])
def test_a_name_that_cannot_be_printed(name):
    done = command(
        *("--no-show", "--steps", "10", "--save", name),
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("Wrote '")
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    assert voronet.load(name).steps[-1] == 10


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", ["--help", "--version", "--no-show --steps 10 --save a.npz"]
)
def test_an_output_that_is_full(arguments, unbuffered):
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [console_script(), *arguments.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=environment,
        )
    complaint = "voronet: cannot print: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, complaint)
    # The run is trained and saved all the same.
    assert os.path.exists("a.npz") == ("--save" in arguments)


def test_too_little_memory(monkeypatch, capsys):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(voronet.cli, "sample_points", fail)
    assert main(["--no-show"]) == 1
    assert capsys.readouterr().err == "voronet: there is not enough memory\n"


# --- wrong values --------------------------------------------------------------------

NAMES = ".html, .gif, .webp, .mp4, .png, .npz"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("--seed -1", "argument --seed: -1 given; allowed: an integer >= 0"),
        ("--seed 1.5", "argument --seed: '1.5' given; allowed: an integer >= 0"),
        ("--points 0", "argument --points: 0 given; allowed: an integer >= 1"),
        (
            "--points 100000000000",
            "argument --points: 100000000000 given; allowed: an integer >= 1, at most "
            "1000000000",
        ),
        ("--points", "argument --points: expected one argument"),
        ("--steps ten", "argument --steps: 'ten' given; allowed: an integer >= 0"),
        (
            "--learning-rate 0",
            "argument --learning-rate: 0.0 given; allowed: a finite number > 0",
        ),
        (
            "--learning-rate inf",
            "argument --learning-rate: inf given; allowed: a finite number > 0, at "
            "most 1e+50 in size",
        ),
        ("--tol=-1e-7", "argument --tol: -1e-07 given; allowed: a finite number >= 0"),
        ("--tol nan", "argument --tol: nan given; allowed: a finite number >= 0"),
        (
            "--tol 1e60",
            "argument --tol: 1e+60 given; allowed: a finite number >= 0, at most "
            "1e+50 in size",
        ),
        ("--tall 1", "unrecognized arguments: --tall"),
        ("a.npz b.npz", "unrecognized arguments: b.npz"),
        ("no.npz", "cannot read 'no.npz': No such file or directory"),
        (
            "file",
            "path: 'file' given; allowed: an .npz file that Run.save wrote (File is "
            "not a zip file)",
        ),
        (
            "two.npz",
            "run: Run(widths (2, 2, 8, 2), 2 networks, 0 steps, loss 0.125, max_steps) "
            "given; allowed: a run of one network, from two inputs to two outputs",
        ),
        (
            "one.npz --seed 3",
            "argument --seed: given with a saved run; allowed: --steps, to go on with "
            "it, and then --tol",
        ),
        (
            "one.npz --tol 3",
            "argument --tol: given with a saved run; allowed: --steps, to go on with "
            "it, and then --tol",
        ),
        (
            f"--save {'n' * 252}.gif",
            f"cannot write '{'n' * 252}.gif': File name too long",
        ),
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
    two = voronet.train([[0.1], [0.2]], [[1.0], [0.0]], seed=[1, 2], max_steps=0)
    replace(two, loss=[[0.125, 0.125]]).save("two.npz")
    voronet.train([[0.1], [0.2]], [[1.0], [0.0]], max_steps=0).save("one.npz")

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
    assert done.stderr == (
        f'voronet: {complaint}: run pip install -e ".[show]" in the folder of '
        "voronet's source\n"
    )


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

    monkeypatch.setattr(voronet.cli, "has_display", lambda: True)
    monkeypatch.setattr(plt, "show", show)
    return shown


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


@pytest.mark.usefixtures("windows")
def test_an_animation_that_cannot_be_shown(monkeypatch, capsys):
    def fail(*_, **__):
        raise RuntimeError("the screen has gone")

    monkeypatch.setattr(voronet.show.Film, "play", fail)
    assert main(["--steps", "200"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("voronet: cannot show the animation: RuntimeError: the scr")
    assert kept(err, KEPT).steps[-1] == 200


@pytest.mark.usefixtures("windows")
def test_ctrl_c_closes_the_animation(monkeypatch, folder):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(voronet.show.Film, "play", interrupt)
    assert main(["--steps", "200"]) == 130
    assert os.listdir(folder) == []


def test_a_saved_run_is_played_in_a_window(windows, folder):
    arguments = ["--no-show", "--quiet", "--steps", "100", "--save", "a.npz"]
    assert main(arguments) == 0
    assert main(["a.npz"]) == 0
    assert windows == [(True, ["The decision region"])]
    assert main(["a.npz", "--steps", "200"]) == 0
    assert os.listdir(folder) == ["a.npz"]


@pytest.mark.parametrize(
    "backend", ["agg", "svg", "module://matplotlib_inline.backend_inline"]
)
def test_what_draws_without_a_screen_is_no_display(backend):
    plt.switch_backend(backend)
    assert voronet.cli.has_display() is False
    plt.switch_backend("agg")


def test_a_window_that_is_closed_ends_no_training(windows, monkeypatch):
    def closed(_):
        raise RuntimeError("application has been destroyed")

    monkeypatch.setattr(FigureCanvasAgg, "flush_events", closed)
    assert main(["--steps", "300", "--save", "a.npz"]) == 0
    assert voronet.load("a.npz").steps[-1] == 300
    assert len(windows) == 2


def test_a_screen_that_is_not_there(monkeypatch):
    # A toolkit whose screen is not there raises an error of its own.
    def broken():
        raise RuntimeError("cannot connect to X server")

    class Window:
        canvas = SimpleNamespace(required_interactive_framework="tk")

    def close(figure):
        # A window that is closed has its canvas no more.
        figure.canvas = SimpleNamespace(required_interactive_framework=None)

    monkeypatch.setattr(plt, "close", close)
    monkeypatch.setattr(plt, "figure", Window)
    assert voronet.cli.has_display() is True
    monkeypatch.setattr(plt, "figure", broken)
    assert voronet.cli.has_display() is False


def test_a_backend_that_is_not_there():
    environment = os.environ | {"MPLBACKEND": "module://nonsense"}
    done = command("--steps", "10", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert os.path.exists(REPLAY)
    # What matplotlib refuses is refused before any training.
    done = command("--steps", "10", env=os.environ | {"MPLBACKEND": "nonsense"})
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(r"voronet: .*'nonsense' is not a valid value", done.stderr)


# --- interruptions -------------------------------------------------------------------


def test_ctrl_c_while_the_package_is_loading(monkeypatch, capsys):
    # The command starts in a copy of voronet/_command.py, outside the package; a wheel
    # has nothing but the copy.
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="voronet")
    start = importlib.import_module(script.module)
    starts = [getattr(start, script.attr)]
    text = Path(start.__file__).read_text()
    assert "import" not in text.partition("def main")[0].replace("import sys", "")
    source = Path(voronet.__file__).with_name("_command.py")
    if source.exists():
        assert text == source.read_text(), "pip install -e . once more"
        starts.append(runpy.run_path(str(source))[script.attr])

    monkeypatch.setattr(
        sys, "argv", ["voronet", "--no-show", "--quiet", "--steps", "0"]
    )
    for main_function in starts:
        assert main_function() == 0

    class Slow:
        def find_spec(self, name, *_):
            if name == "voronet.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "voronet.cli")
    monkeypatch.delattr(voronet, "cli")
    monkeypatch.setattr(sys, "meta_path", [Slow(), *sys.meta_path])
    for main_function in starts:
        assert main_function() == 130
        assert capsys.readouterr() == ("", "voronet: interrupted\n")


def test_ctrl_c_keeps_what_there_is():
    program = [
        console_script(),
        "--no-show",
        "--steps",
        "10000000",
        "--tol",
        "0",
        "--save",
        "a.npz",
    ]
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        program,
        stdout=subprocess.PIPE,
        text=True,
        env=unbuffered,
        # A job in the background is started with the signal ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        while not process.stdout.readline().startswith("step   1,000"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out = process.stdout.read()
    assert process.returncode == 130
    run = voronet.load("a.npz")
    assert run.stopped == "interrupted"
    assert (
        f"Interrupted at step {run.steps[-1]:,}: loss {run.loss[-1]:.3e}, "
        f"{right(run)} of 50 points right.\n" in out
    )
    assert out.endswith("Wrote a.npz (the run itself).\n")
    # What was kept can go on.
    more = voronet.train(resume=run, max_steps=int(run.steps[-1]) + 10)
    assert more.steps[-1] == run.steps[-1] + 10


def test_ctrl_c_while_saving(monkeypatch, capsys, folder):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(voronet.show._film, "WRITERS", {".gif": interrupted})
    options = ["--no-show", "--quiet", "--steps", "10", "--save", "a.gif"]
    assert main(options) == 130
    assert capsys.readouterr().err == (
        f"voronet: the run is kept in {KEPT}\nvoronet: interrupted\n"
    )
    assert os.listdir(folder) == [KEPT]
    # What has been saved already needs no second copy.
    assert main([*options, "--save", "a.npz"]) == 130
    assert capsys.readouterr().err == "voronet: interrupted\n"


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
    # Nothing was to be saved, and nothing can be shown: the run is kept.
    assert main(["--quiet"]) == 130
    assert voronet.load(KEPT).stopped == "interrupted"
    # An interrupted run can be played like any other.
    assert main(["a.npz"]) == 0


def test_a_reader_who_goes_away():
    shell = f"{console_script()} --no-show --steps 200000 --tol 0 | head -n 2"
    done = subprocess.run(
        shell, shell=True, capture_output=True, text=True, check=False
    )
    assert (done.stdout.count("\n"), done.stderr) == (2, "")


def test_an_output_that_fills_up(monkeypatch, capsys):
    with open("/dev/full", "w", buffering=1) as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["--no-show", "--steps", "10", "--save", "a.npz"]) == 1
    assert capsys.readouterr().err == "voronet: cannot print: No space left on device\n"
    assert voronet.load("a.npz").steps[-1] == 10


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
