"""Whole commands while the disk is full, read-only or broken: any one call that writes fails, and nothing is lost.

`strace` takes hold of a command and lets one system call of its main thread fail. The command must exit with 74 and say
so in a line; afterwards `resume`, or the command once more, must come to the files of a run that met no fault.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from functools import cache, partial
from pathlib import Path

from tests.campaigns.forks import Done, run_command, traced
from tests.campaigns.frame import Campaign
from tests.campaigns.sample import RUN, make_project

CALLS = ("openat", "write", "pwrite64", "fsync", "rename", "mkdir", "ftruncate")
ERRORS = ("ENOSPC", "EROFS", "EIO")
COMMANDS = ("train", "resume", "predict", "plot", "evaluate", "report", "export", "tag")
OUTPUTS = {"predict": "out.csv", "export": "script.py"}  # of commands that write beside the run
RESULTS = ("checkpoints/final.npz", "history.csv", "metrics.json", "predictions.csv")
EPOCHS = "fit={epochs: 4, batch_size: 16, checkpoint: {epochs: 1}}"  # not by time: the calls are counted
TRIES = 3
OLD = "what was there before\n"
_OPENS_TO_WRITE = re.compile(r"O_WRONLY|O_RDWR|O_CREAT")

Trial = tuple[str, str, int, str]


def trials(seed: int, fast: bool) -> list[Trial]:
    """Return command, system call, which of those that write into the sandbox fails, and how; the errors take turns."""
    if shutil.which("strace") is None:
        return [("strace", "is missing", 0, "")]
    if fast:
        return [("train", "write", 12, "ENOSPC")]
    with tempfile.TemporaryDirectory() as folder:
        place, project = Path(folder, "place"), Path(folder, "prepared")
        place.mkdir()
        project.mkdir()
        make_project(project)
        found = [
            (command, call, which)
            for command in COMMANDS
            for call, numbers in _writes(command, place).items()
            for which in range(len(numbers))
        ]
    return [(*trial, ERRORS[(number + seed) % len(ERRORS)]) for number, trial in enumerate(found)]


@cache
def _writes(command: str, place: Path) -> dict[str, list[int]]:
    """Return system calls to the numbers of those that write into the sandbox, of a command that meets no fault."""
    box, log = _sandbox(command, place), place / "log"
    done = run_command(_arguments(command, box), place, watch=partial(traced, log=log, calls=CALLS))
    assert done.code == 0, done.output
    found: dict[str, list[int]] = {call: [] for call in CALLS}
    counts = dict.fromkeys(CALLS, 0)
    for line in log.read_text(errors="replace").splitlines():
        call = line.partition("(")[0]
        if call not in counts:
            continue
        counts[call] += 1
        if str(box) in line and (call != "openat" or _OPENS_TO_WRITE.search(line)):
            found[call].append(counts[call])
    return found


def prepare(place: Path) -> None:
    """Write the project."""
    make_project(place)


def attempt(trial: Trial, place: Path) -> str:
    """Run the command with its fault, look, and put it right."""
    if trial[0] == "strace":
        return "strace is missing, so no system call was made to fail (apt install strace)"
    for _ in range(TRIES):
        done, box, hit = _with_fault(trial, place)
        if str(box) in hit and "O_RDONLY" not in hit:
            break
        _writes.cache_clear()  # this process has imported something since, so the command opens fewer files
    else:
        return f"it was another call that failed: {hit:.200}"
    why = _fault(trial[0], done, box, place)
    return f"{why} after {hit:.200}" if why else ""


def _with_fault(trial: Trial, place: Path) -> tuple[Done, Path, str]:
    """Run the command, and return what became of it, its sandbox, and the call that failed."""
    command, call, which, error = trial
    number = _writes(command, place)[call][which]
    box, log = _sandbox(command, place), place / "log"
    watch = partial(traced, log=log, calls=CALLS, inject=f"{call}:error={error}:when={number}")
    done = run_command(_arguments(command, box), place, watch=watch)
    hit = next((line for line in log.read_text(errors="replace").splitlines() if "(INJECTED)" in line), "")
    return done, box, hit


def _fault(command: str, done: Done, box: Path, place: Path) -> str:
    """Return what is wrong after the fault, or empty text."""
    if done.code not in (0, 74) or "Traceback" in done.output:  # 0: the call that failed was not needed
        return f"exit {done.code}: {done.output[-300:]!r}"
    if done.code == 74 and "cannot write" not in done.output:
        return f"the disk is not told: {done.output[-300:]!r}"
    written = (box / OUTPUTS[command]).read_text("utf-8") if command in OUTPUTS else ""
    litter = [path.name for path in box.rglob(".*")]
    if done.code == 74 and litter:
        return f"left behind: {litter}"
    again = run_command(_again(command, box), place)
    if (again.code == 4 and "cut off before its config was written" in again.output) or _is_no_run(box):
        return ""  # nothing was begun
    if again.code:
        return f"then exit {again.code}: {again.output[-300:]!r}"
    if command in OUTPUTS and written not in (OLD, (box / OUTPUTS[command]).read_text("utf-8")):
        return "neither the old file nor a whole new one"
    return _differing(command, box, place)


def _again(command: str, box: Path) -> list[str]:
    return ["resume", str(box / RUN), "--quiet"] if command == "train" else _arguments(command, box)


def _is_no_run(box: Path) -> bool:
    return not (box / RUN / "run.json").exists()


def _differing(command: str, box: Path, place: Path) -> str:
    """Return which files are not those of a run that met no fault."""
    whole = _whole(place) / RUN
    differing = [name for name in RESULTS if (box / RUN / name).read_bytes() != (whole / name).read_bytes()]
    from dlrun.run_dir import RunDir

    run = RunDir(box / RUN)
    damaged = [] if command in ("predict", "evaluate", "export") else run.damaged()
    plots = sorted(path.name for path in (whole / "plots").iterdir())
    missing = [name for name in plots if not (box / RUN / "plots" / name).is_file()]
    faults = {"other bits in": differing, "not as sealed:": damaged, "missing:": missing}
    return "; ".join(f"{what} {', '.join(names)}" for what, names in faults.items() if names)


def _sandbox(command: str, place: Path) -> Path:
    """Return a folder with what the command starts from: no run, a stopped one, or a whole one."""
    box = place / "box"
    shutil.rmtree(box, ignore_errors=True)
    if command == "train":
        box.mkdir()
    else:
        shutil.copytree(_stopped(place) if command == "resume" else _whole(place), box)
    for name in OUTPUTS.values():
        (box / name).write_text(OLD, encoding="utf-8")
    return box


def _arguments(command: str, box: Path) -> list[str]:
    project = box.parent.parent / "prepared"
    table = str(project / "fruit.csv")
    return {
        "train": ["train", str(project / "fruit.yaml"), EPOCHS, "--runs-dir", str(box), "--quiet"],
        "resume": ["resume", str(box / RUN), "--quiet"],
        "predict": ["predict", str(box / RUN), table, "--output", str(box / "out.csv")],
        "plot": ["plot", str(box / RUN)],
        "evaluate": ["evaluate", str(box / RUN)],
        "report": ["report", str(box / RUN)],
        "export": ["export", str(box / RUN), "--output", str(box / "script.py"), "--force"],
        "tag": ["tag", str(box / RUN), "good", "--note", "to be kept"],
    }[command]


@cache
def _whole(place: Path) -> Path:
    """Return a runs folder with the run that all others must come to."""
    return _trained(place, "whole")


@cache
def _stopped(place: Path) -> Path:
    """Return a runs folder with a run that was out of time after its first batches."""
    from dlrun.run_dir import RunDir

    runs = _trained(place, "stopped", "fit.time_limit={minutes: 1e-9}")
    run = RunDir(runs / RUN)
    text = run.resolved.read_text(encoding="utf-8")
    run.write_text(run.resolved, re.sub(r"minutes: 1.0*e-0?9", "hours: 1", text))
    run.seal(run.resolved)
    assert run.state == "interrupted", run.state
    return runs


def _trained(place: Path, name: str, *overrides: str) -> Path:
    arguments = _arguments("train", place / name)
    done = run_command([*arguments[:3], *overrides, *arguments[3:]], place)
    assert done.code == 0, done.output
    return place / name


CAMPAIGN = Campaign(
    "disks",
    "A full, read-only or broken disk at any call of a command that writes: exit 74, and nothing is lost.",
    trials,
    attempt,
    prepare,
    own_process=True,
)
