"""Run folders and archives of strangers: refused with exit 4, quickly, and nothing outside the run is touched.

Every command runs in a fork of a process that has imported everything, so that its time and memory are its own. An
audit hook in it notes each file opened for writing outside the run, each connection and each process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import shutil
import signal
import sys
import time
import unicodedata
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from tests.campaigns.frame import Campaign, share
from tests.campaigns.hostile_kinds import ALL, KINDS, Kind, reseal
from tests.campaigns.sample import RUN, make_run

COMMANDS = (*ALL, "ls", "resume", "rerun")
TRAINING = ("resume", "rerun")
CONFIGS = ("the config", "the network", "a hidden huge network", "a callback")
SECONDS, MEGABYTES = 2.0, 300  # beyond those of the same command on an honest run
PATIENCE = 120.0
TOKEN = "canary-7f3a9c"
_IMPORTED = (
    "matplotlib.pyplot", "pandas", "sklearn.metrics", "yaml", "dlrun.cli", "dlrun.data.load", "dlrun.model.build",
    "dlrun.plots.write", "dlrun.preprocessing.preprocessor", "dlrun.training.evaluate", "dlrun.training.rerun",
    "dlrun.training.resume", "dlrun.training.run",
)  # fmt: skip


class Done(NamedTuple):
    """What became of a command."""

    code: int
    output: str
    seconds: float
    megabytes: float
    deeds: str


def attempt(trial: tuple[str, str], place: Path) -> str:
    """Try one command on one kind of hostile run."""
    name, command = trial
    _import_everything()
    normal = _normal(command, place)
    kind = KINDS[name]
    run, box = _sandbox(place)
    kind.make(run, box)
    if kind.sealed:
        reseal(run)
    if command == "resume":
        _leave_unfinished(run)
    before = _fingerprint(box)
    done = _run(command, run, box)
    wrong = [
        _wrong_code(done, command, name, kind),
        f"took {done.seconds - normal.seconds:.1f} s more" if done.seconds > normal.seconds + SECONDS else "",
        f"took {done.megabytes - normal.megabytes:.0f} MB more"
        if done.megabytes > normal.megabytes + MEGABYTES
        else "",
        "changed files outside the run" if _fingerprint(box) != before else "",
        done.deeds,
        "a traceback" if "Traceback" in done.output else "",
        "showed the canary" if TOKEN in done.output else "",
        _unprintable(done.output),
    ]
    return "; ".join(filter(None, wrong))


def _wrong_code(done: Done, command: str, name: str, kind: Kind) -> str:
    if command in TRAINING:  # what was learned is learned anew; but a config of that kind must not be trained
        expected = {3, 4} if kind.refused and name.startswith(CONFIGS) else {0, 3, 4}
    else:
        expected = {0} if command == "ls" else set(kind.allowed) if command in kind.refused else {0, 4}
    return "" if done.code in expected else f"exit {done.code}, not {expected}: {done.output[-300:]!r}"


def _leave_unfinished(run: Path) -> None:
    """Let an otherwise readable run be one that was cut off."""
    from dlrun.errors import RunError
    from dlrun.run_dir import RunDir

    if not run.is_symlink() and RunDir(run).has("run.json"):
        with contextlib.suppress(RunError):
            RunDir(run).update(state="interrupted")


def _unprintable(output: str) -> str:
    hidden = {c for c in output if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
    return f"printed {sorted(hidden)!r}" if hidden else ""


@cache
def _import_everything() -> None:
    from dlrun.training.runtime import import_keras

    import_keras()
    for name in _IMPORTED:
        import_module(name)


@cache
def _normal(command: str, place: Path) -> Done:
    """Return what the command needs on an honest run."""
    run, box = _sandbox(place)
    if command == "resume":
        _leave_unfinished(run)
    done = _run(command, run, box)
    assert done.code == 0, (command, done.output)
    assert not done.deeds, done.deeds
    return done


def _sandbox(place: Path) -> tuple[Path, Path]:
    box = place / "box"
    shutil.rmtree(box, ignore_errors=True)
    for name in ("outside", "home"):
        (box / name).mkdir(parents=True)
    (box / "outside" / "canary").write_text(TOKEN, encoding="utf-8")
    (box / "outside" / "x.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    prepared = place.parent / "prepared"
    shutil.copytree(prepared / "runs" / RUN, box / "runs" / RUN)
    shutil.copy(prepared / "fruit.csv", box / "fruit.csv")
    return box / "runs" / RUN, box


def _arguments(command: str, run: Path, box: Path) -> list[str]:
    if command == "ls":
        return ["ls", "--runs-dir", str(run.parent)]
    if command == "rerun":
        return ["rerun", str(run), "--runs-dir", str(box / "home" / "runs")]
    return [command, str(run), *([str(box / "fruit.csv")] if command == "predict" else [])]


def _run(command: str, run: Path, box: Path) -> Done:
    began = time.monotonic()
    output, deeds = box / "home" / "output", box / "home" / "deeds"
    child = os.fork()
    if not child:
        _be_the_command(_arguments(command, run, box), run, box, output, deeds)
    while True:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            break
        if time.monotonic() - began > PATIENCE:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.01)
    code = os.waitstatus_to_exitcode(status)
    text = output.read_bytes().decode("utf-8", errors="surrogateescape")
    done = deeds.read_text("utf-8")
    for file in (output, deeds):
        file.unlink()
    return Done(code, text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, done)


def _be_the_command(arguments: list[str], run: Path, box: Path, output: Path, deeds: Path) -> None:
    """Never returns."""
    code = 99
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        sys.stdout, sys.stderr = (os.fdopen(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))
        os.environ |= {"HOME": str(box / "home"), "DLRUN_CANARY": TOKEN, "MPLCONFIGDIR": str(box / "home")}
        os.chdir(box)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _watch(run, deeds)
        from dlrun.cli import run as run_command

        code = run_command(arguments)
    except BaseException:  # the command itself should have told it
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _watch(run: Path, deeds: Path) -> None:
    file = os.open(deeds, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    inside = (str(run), str(run.parent.parent / "home"), "/dev/null", "/tmp/tmp")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in (
            "socket.connect",
            "os.system",
            "subprocess.Popen",
            "os.exec",
            "os.posix_spawn",
            "pickle.find_class",
        ):
            os.write(file, f"{event} {arguments!r:.100}; ".encode())
        elif (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        ):
            path = "/dev/null" if isinstance(arguments[0], int) else str(Path(os.fsdecode(arguments[0])).absolute())
            if ".." in path or not path.startswith(inside):
                os.write(file, f"wrote {path}; ".encode(errors="replace"))

    sys.addaudithook(hook)


def _fingerprint(box: Path) -> str:
    """Return a hash of all names and contents outside the run."""
    digest = hashlib.sha256()
    for folder in (box / "outside", box / "fruit.csv"):
        for path in sorted([folder, *folder.rglob("*")]):
            digest.update(str(path).encode())
            digest.update(path.read_bytes() if path.is_file() else b"")
    names = sorted(path.name for path in (*box.iterdir(), *(box / "runs").iterdir()))
    return digest.hexdigest() + ascii(names)


def trials(seed: int, fast: bool) -> list[tuple[str, str]]:
    """Return kinds and commands; each kind with every command, or for the fast part with one of them."""
    every = [(kind, command) for kind in KINDS for command in COMMANDS]
    return share(every, fast, 10)  # five of the commands come up, resume among them


CAMPAIGN = Campaign(
    "hostile_runs",
    "A stranger's run is refused, or shown without harm: exit 4, under 2 s and 300 MB more, nothing touched outside.",
    trials,
    attempt,
    make_run,
    own_process=True,
)
