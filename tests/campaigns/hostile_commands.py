"""The commands that open what a stranger made, how each is called, and what it may answer.

To add a command: a line here. `RUN` stands for the hostile folder, `BOX` for the sandbox around it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.campaigns.hostile_kinds import Kind
from tests.campaigns.sample import RUN, SERIES

# Kinds whose config must not be trained, whatever else is learned anew.
CONFIGS = ("the config", "the network", "a hidden huge network", "a callback")
# What every config may do that somebody trains on purpose: these show what it names to whoever trains it.
ORDINARY = ("the config asks for the environment", "the config extends a file")


class Command(NamedTuple):
    """A command.

    Args:
        words: What stands after `dlrun`.
        like: The command in `Kind.refused` that reads as much of the run, so refuses the same; empty if none does.
        codes: What it may exit with where it need not refuse.
        trains: Whether it trains the run's config, which hostile ones must not be.
        run: Which of the honest runs is made hostile.
    """

    words: str
    like: str = ""
    codes: frozenset[int] = frozenset({0, 4})
    trains: bool = False
    run: str = RUN


ANY = frozenset({0, 2, 3, 4})  # config, data and run may be what is wrong
COMMANDS = {
    "evaluate": Command("evaluate RUN", "evaluate"),
    "evaluate in depth": Command(
        "evaluate RUN --best-threshold f1 --calibration --worst 3 --by colour --importance --repeats 1",
        "evaluate",
        frozenset({0, 2, 4}),
    ),
    "predict": Command("predict RUN BOX/fruit.csv", "predict"),
    "plot": Command("plot RUN", "plot"),
    "show": Command("show RUN", "show"),
    "ls": Command("ls --runs-dir BOX/runs", codes=frozenset({0})),
    "resume": Command("resume RUN", codes=frozenset({0, 3, 4}), trains=True),
    "rerun": Command("rerun RUN --runs-dir BOX/home/runs", codes=frozenset({0, 3, 4}), trains=True),
    "cv": Command(
        "cv RUN/resolved.yaml fit.epochs=1 --folds 2 --jobs 1 --quiet --runs-dir BOX/home/runs", codes=ANY, trains=True
    ),
    "compare": Command("compare RUN BOX/other/fruit-001"),
    "diff": Command("diff BOX/other/fruit-001 RUN", codes=ANY),
    "report": Command("report RUN"),
    "report of two": Command("report RUN BOX/other/fruit-001"),
    "diagnose": Command("diagnose RUN --apply -o BOX/home/next.yaml"),
    "export": Command("export RUN -o BOX/home/script.py", codes=ANY),
    "export --to keras": Command("export RUN --to keras -o BOX/home/network.keras", codes=ANY),
    "forecast": Command("forecast RUN -o BOX/home/ahead.csv", "predict", frozenset({0, 2, 3, 4}), run=SERIES),
    "tag": Command("tag RUN good -m remember"),
    "rm": Command("rm RUN --yes"),
    "import": Command("import RUN/model.keras -o BOX/home/imported.yaml", codes=ANY),
    "init": Command("init RUN/predictions.csv -o BOX/home/first.yaml", codes=ANY),
    "explain": Command("explain Mine --code RUN/mine.py", codes=ANY),
}


def arguments(name: str, run: Path, box: Path) -> list[str]:
    """Return what stands after `dlrun`, for a run in a sandbox."""
    return [word.replace("RUN", str(run)).replace("BOX", str(box)) for word in COMMANDS[name].words.split()]


def allowed_codes(name: str, kind_name: str, kind: Kind) -> frozenset[int]:
    """Return the exit codes that are in order for a command on a kind of hostile run."""
    command = COMMANDS[name]
    if is_ordinary(name, kind_name):
        return command.codes
    if command.trains and kind.refused and kind_name.startswith(CONFIGS):
        return command.codes - {0}
    if name in kind.refused or (command.like in kind.refused and command.like):
        return frozenset(kind.allowed)
    return command.codes


def is_ordinary(name: str, kind_name: str) -> bool:
    """Tell whether a kind does nothing that this command is not there for: `cv` trains a config, not a run."""
    return name == "cv" and kind_name in ORDINARY
