"""Two processes at one run folder: one writes, the other is told by which process; nobody shares a new folder."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

from tests.campaigns.frame import Campaign

NUMBER, FAST = 50, 2
KINDS = ("create", "write", "stale")


def trials(seed: int, fast: bool) -> list[tuple[str, int]]:
    """Return the kind of race and its number."""
    return [(kind, number) for number in range(1 if fast else NUMBER) for kind in KINDS]


def _create(gate: Any, place: Path, answers: Any) -> None:
    from dlrun.run_dir import RunDir

    gate.wait()
    answers.put(RunDir.create(place, "race").name)


def _write(gate: Any, place: Path, answers: Any) -> None:
    from dlrun.errors import RunError
    from dlrun.run_dir import RunDir
    from dlrun.training.writer import writer

    gate.wait()
    try:
        with writer(RunDir(place)):
            answers.put(("won", os.getpid()))
            time.sleep(1.0)
    except RunError as error:
        answers.put(("lost", str(error)))


def attempt(trial: tuple[str, int], place: Path) -> str:
    """Let two processes start at once."""
    from dlrun.run_dir import RunDir

    kind, _ = trial
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(2), context.Queue()
    run = RunDir.create(place, "one")
    if kind == "stale":
        _leave_stale(context, run.path)
    target, folder = (_create, place) if kind == "create" else (_write, run.path)
    processes = [context.Process(target=target, args=(gate, folder, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    if kind == "create":
        return "" if len(set(found)) == 2 else f"both got {found[0]}"
    outcomes = dict(found)
    told = str(outcomes.get("won")) in str(outcomes.get("lost")) or "is being written" in str(outcomes.get("lost"))
    return "" if sorted(outcomes) == ["lost", "won"] and told else f"{found}"


def _leave_stale(context: Any, run: Path) -> None:
    """Let a process be killed while it writes."""
    gate, answers = context.Barrier(1), context.Queue()
    process = context.Process(target=_write, args=(gate, run, answers))
    process.start()
    answers.get(timeout=120)
    os.kill(process.pid, signal.SIGKILL)
    process.join()


CAMPAIGN = Campaign("races", "Two processes at one folder: one writes, the other is told.", trials, attempt)
