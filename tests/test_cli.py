"""The command line itself: exit codes, errors in one line each, help."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import time
import weakref
from importlib.metadata import version
from pathlib import Path

import pytest
import typer

from dlrun import cli
from dlrun.cli import run
from dlrun.errors import ConfigError, DataError, DiskError, DivergedError, DlrunError, Problem, RunError

ROOT = Path(__file__).parents[1]
VERBS = [
    "init",
    "recipes ls",
    "recipes cp",
    "explain",
    "schema",
    "check",
    "train",
    "cv",
    "compare",
    "diff",
    "tag",
    "rm",
    "resume",
    "report",
    "rerun",
    "evaluate",
    "diagnose",
    "predict",
    "forecast",
    "inspect",
    "import",
    "plot",
    "summary",
    "export",
    "ls",
    "show",
    "config show",
]


def run_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dlrun", *arguments], capture_output=True, text=True, cwd=ROOT, stdin=subprocess.DEVNULL
    )


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let a command `fail` raise `error`."""

    def fail() -> None:
        """Fail."""
        raise error

    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(cli.dlrun)
    app.command("fail")(fail)
    monkeypatch.setattr(cli, "app", app)


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    listed = re.findall(r"^  (\w+)  ", capsys.readouterr().out.partition("Commands:")[2], re.MULTILINE)
    assert sorted(listed) == sorted({verb.split()[0] for verb in VERBS})


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_teaches(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*verb.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert re.search(rf"^ +dlrun {verb}", text, re.MULTILINE), "an example"
    assert "--json" in text
    options = re.findall(r"^  (--[\w-]+|-\w, --\w+)[^\n]*", text, re.MULTILINE)
    assert all(re.search(rf"{re.escape(option)}[^\n]*(?:  \S|\n {{20,}}\S)", text) for option in options)


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    shown = capsys.readouterr()
    assert "Commands:" in shown.out + shown.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"dlrun {version('dlrun')}\n"


@pytest.mark.parametrize(
    "arguments",
    [["trian"], ["train"], ["train", "a.yaml", "--sed", "1"], ["show", "one", "extra"], ["train", "a", "--seed", "x"]],
)
def test_usage_errors_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Error:" in shown.err and "Traceback" not in shown.err


def test_a_mistyped_verb_gets_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    run(["trian"])
    assert "'train'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"), [(ConfigError, 2), (DataError, 3), (RunError, 4), (DivergedError, 5), (DiskError, 74)]
)
def test_each_kind_of_error_has_its_exit_code(
    error: type[DlrunError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, error(Problem("one thing", "Mend it.", "here"), Problem("another")))
    assert run(["fail"]) == code
    shown = capsys.readouterr()
    assert shown.err == "here: one thing. Mend it.\nanother\n"
    assert shown.out == ""


def test_a_users_text_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, DataError(Problem("no column '[/x] [bold]가격\x1b[2J\nnext'")))
    assert run(["fail"]) == 3
    assert capsys.readouterr().err == "no column '[/x] [bold]가격[2J next'\n"


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, DataError("broken"))
    assert run(["fail", "--debug"]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err
    assert run(["--debug", "fail"]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_error_of_the_disk_exits_74(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, PermissionError(13, "Permission denied", "/some/folder"))
    assert run(["fail"]) == 74
    assert capsys.readouterr().err == "/some/folder: Permission denied\n"


@pytest.mark.parametrize(
    "error", [MemoryError("Unable to allocate 7 GiB"), MemoryError(), OSError(errno.ENOMEM, "Cannot allocate memory")]
)
def test_too_little_memory_is_told_in_a_line(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, error)
    assert run(["fail"]) == 3
    assert capsys.readouterr().err.startswith("there is not enough memory")


def test_a_mistake_of_dlruns_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        run(["fail"])


def test_ctrl_c_exits_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert run(["fail"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_sigterm_exits_143(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait() -> None:
        """Wait."""
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(cli.dlrun)
    app.command("wait")(wait)
    monkeypatch.setattr(cli, "app", app)
    before = signal.getsignal(signal.SIGTERM)
    assert run(["wait"]) == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_module_and_exit_code_of_the_process(tmp_path: Path) -> None:
    done = run_process("show", "--runs-dir", str(tmp_path))
    assert done.returncode == 4
    assert done.stderr == f"no run in {tmp_path}. Start one with `dlrun train CONFIG`.\n"
    assert done.stdout == ""


LATE = """
import atexit, os, signal
from dlrun import cli

class Late:
    def __del__(self, kill=os.kill, process=os.getpid(), number=signal.SIGNAL):
        kill(process, number)

cli.run = lambda arguments: 130
WHEN
cli.main()
"""


def test_a_ctrl_c_that_the_shell_has_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def app(arguments: list[str], prog_name: str) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise SystemExit(130) from None

    monkeypatch.setattr(cli, "app", app)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert run([]) == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", ["finalizer", "callback of a weak reference"])
def test_a_signal_in_a_bad_moment_is_not_lost(
    number: signal.Signals, where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python prints what is raised there, and goes on."""

    class Leaving:
        def __del__(self) -> None:
            if where == "finalizer":
                signal.raise_signal(number)

    def app(arguments: list[str], prog_name: str) -> None:
        leaving = Leaving()
        callback = (lambda _: signal.raise_signal(number)) if where != "finalizer" else None
        kept = weakref.ref(leaving, callback)
        del leaving
        assert kept() is None
        try:
            time.sleep(30)
        except KeyboardInterrupt:
            raise SystemExit(130) from None

    monkeypatch.setattr(cli, "app", app)
    before = signal.getsignal(number)
    started = time.monotonic()
    assert run([]) == 128 + number
    assert time.monotonic() - started < 20
    assert capsys.readouterr().err == ""
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("when", ["atexit.register(Late().__del__)", "late = Late()"])
def test_a_signal_while_python_ends_changes_no_exit_code(number: str, when: str) -> None:
    script = LATE.replace("SIGNAL", number).replace("WHEN", when)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (130, "")
