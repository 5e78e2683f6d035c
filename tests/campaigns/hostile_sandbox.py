"""A sandbox around one run, and a command in a fork of its own that is watched while it opens it.

The fork's time and memory are its own. An audit hook in it notes each file opened for writing outside the run, each
connection and each process.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from tests.campaigns.forks import be_the_command, run_command
from tests.campaigns.sample import RUN, SERIES

PATIENCE = 120.0
TOKEN = "canary-7f3a9c"
CODE = '"""My layers."""\n\nimport keras\n\n\nclass Mine(keras.layers.Layer):\n    """Gives back what it is given."""\n'
_CONFIGS = {RUN: "fruit.yaml", SERIES: "river.yaml"}
_IMPORTED = (
    "matplotlib.pyplot", "pandas", "scipy.stats", "sklearn.metrics", "yaml", "jinja2", "black", "dlrun.cli",
    "dlrun.data.load", "dlrun.model.build", "dlrun.plots.write", "dlrun.preprocessing.preprocessor",
    "dlrun.report.write", "dlrun.training.compare", "dlrun.training.diagnose", "dlrun.training.evaluate",
    "dlrun.training.rerun", "dlrun.training.resume", "dlrun.training.run",
)  # fmt: skip
_DEEDS = {
    "socket.connect", "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "pickle.find_class",
}  # fmt: skip


class Done(NamedTuple):
    """What became of a command."""

    code: int
    output: str
    seconds: float
    megabytes: float
    deeds: str


@cache
def import_everything() -> None:
    """Import what commands import: their forks then need time and memory for the run alone."""
    from dlrun.training.runtime import import_keras

    import_keras()
    for name in _IMPORTED:
        import_module(name)


@cache
def honest_runs(place: Path) -> Path:
    """Return a runs folder in which the project's configs were trained, once in each process."""
    runs, project = place / "honest", place.parent / "prepared"
    for config in _CONFIGS.values():
        done = run_command(["train", str(project / config), "--runs-dir", str(runs), "--quiet"], place)
        assert done.code == 0, done.output
    return runs


def make_sandbox(place: Path, name: str) -> tuple[Path, Path]:
    """Return an honest run in a new sandbox, and the sandbox: with secrets outside the run, and another honest run."""
    box = place / "box"
    shutil.rmtree(box, ignore_errors=True)
    for folder in ("outside", "home"):
        (box / folder).mkdir(parents=True)
    (box / "outside" / "canary").write_text(TOKEN, encoding="utf-8")
    (box / "outside" / "x.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    shutil.copytree(honest_runs(place) / name, box / "runs" / name)
    shutil.copytree(honest_runs(place) / RUN, box / "other" / RUN)
    shutil.copy(place.parent / "prepared" / "fruit.csv", box / "fruit.csv")
    (box / "runs" / name / "mine.py").write_text(CODE, encoding="utf-8")
    return box / "runs" / name, box


def fingerprint(box: Path, gone: str = "") -> str:
    """Return a hash of all names and contents outside the run, which may be gone itself if its name is given."""
    digest = hashlib.sha256()
    for folder in (box / "outside", box / "other", box / "fruit.csv"):
        for path in sorted([folder, *folder.rglob("*")]):
            digest.update(str(path).encode())
            digest.update(path.read_bytes() if path.is_file() else b"")
    names = sorted(path.name for path in (*box.iterdir(), *(box / "runs").iterdir()))
    return digest.hexdigest() + ascii([name for name in names if name != gone])


def run_watched(arguments: list[str], run: Path, box: Path) -> Done:
    """Run `dlrun ARGUMENTS` in a fork, and return what became of it."""
    began = time.monotonic()
    output, deeds = box / "home" / "output", box / "home" / "deeds"
    child = os.fork()
    if not child:
        be_the_command(arguments, output, partial(_go_in, run, box, deeds))
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


def _go_in(run: Path, box: Path, deeds: Path) -> None:
    os.environ |= {"HOME": str(box / "home"), "DLRUN_CANARY": TOKEN, "MPLCONFIGDIR": str(box / "home")}
    os.chdir(box)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _watch(run, deeds)


def _watch(run: Path, deeds: Path) -> None:
    file = os.open(deeds, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    inside = (str(run), str(run.parent.parent / "home"), "/dev/null", str(Path(tempfile.gettempdir(), "tmp")))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _DEEDS:
            os.write(file, f"{event} {arguments!r:.100}; ".encode())
        elif (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        ):
            path = "/dev/null" if isinstance(arguments[0], int) else str(Path(os.fsdecode(arguments[0])).absolute())
            if ".." in path or not path.startswith(inside):
                os.write(file, f"wrote {path}; ".encode(errors="replace"))

    sys.addaudithook(hook)
