"""What `dlrun train` does with several configs or seeds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.training.several import Outcome, SeveralProgress


def configs_and_changes(arguments: Sequence[str], command: str = "train") -> tuple[list[Path], list[str]]:
    """Tell configs from changes: what holds a `=` or begins with `~` is a change.

    Args:
        arguments: Both.
        command: The command that they are given to.

    Raises:
        ConfigError: If no config is left.
    """
    from dlrun.errors import ConfigError, Problem

    changes = [argument for argument in arguments if "=" in argument or argument.startswith("~")]
    files = [Path(argument) for argument in arguments if argument not in changes]
    if not files:
        raise ConfigError(Problem("no config is named", f"Write dlrun {command} CONFIG."))
    return files, changes


def load_several(files: Sequence[Path], seeds: int | None, changes: Sequence[str], trust: bool) -> list[Config]:
    """Return the configs of all runs; whatever is wrong in any file is told at once.

    Raises:
        ConfigError, DataError: If something is.
    """
    from functools import partial

    from dlrun.commands.table_columns import table_columns
    from dlrun.training.seeds import gathered, with_seeds

    load = partial(with_seeds, count=seeds or 1, overrides=changes, trust=trust, columns_of=table_columns)
    return [config for configs in gathered(partial(load, file) for file in files) for config in configs]


def train_and_show(
    configs: Sequence[Config],
    *,
    runs_dir: Path,
    jobs: int | None,
    trust: bool,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train them, show how it goes and what came of it, and leave with the worst exit code."""
    from dlrun.console.quiet import QuietSeveralView
    from dlrun.console.several import labels_of, several_view
    from dlrun.training.several import Stopped, train_several

    def begin(progress: SeveralProgress) -> list[Outcome]:
        return train_several(configs, runs_dir=runs_dir, jobs=jobs, progress=progress, trust=trust, resume=resume)

    labels = labels_of(configs)
    try:
        if as_json or quiet:
            outcomes = begin(QuietSeveralView())
        else:
            with several_view(labels) as view:
                outcomes = begin(view)
    except Stopped as stopped:
        _show(stopped.outcomes, labels, as_json, quiet)
        raise
    _show(outcomes, labels, as_json, quiet)
    raise typer.Exit(max((outcome.exit_code for outcome in outcomes), default=0))


def _show(outcomes: Sequence[Outcome], labels: Sequence[str], as_json: bool, quiet: bool) -> None:
    from dlrun.console.several_results import several_document, show_several, some_of
    from dlrun.console.text import clean
    from dlrun.files import json_text

    if as_json:
        print(json_text(several_document(outcomes)), end="")
    elif quiet:
        print("".join(f"{outcome.run.path}\n" for outcome in outcomes if outcome.run is not None), end="")
    else:
        show_several(outcomes, labels)
    sys.stdout.flush()
    met: dict[str, list[str]] = {}  # what went wrong in several runs is said once
    for label, outcome in zip(labels, outcomes, strict=True):
        for problem in outcome.problems:
            met.setdefault(str(problem), []).append(label)
    for problem, runs in met.items():
        print(clean(f"{some_of(runs)}: {problem}"), file=sys.stderr)
