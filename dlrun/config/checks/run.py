"""The list of all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dlrun.config.checks.callbacks import check_callbacks
from dlrun.config.checks.columns import check_names
from dlrun.config.checks.heads import check_heads
from dlrun.config.checks.layers import check_graph, check_joins
from dlrun.config.checks.monitors import check_monitors
from dlrun.config.checks.outputs import check_keys, check_tasks, check_threshold
from dlrun.config.checks.recurrent import check_sequences
from dlrun.config.checks.split import check_frequency, check_split, check_validation
from dlrun.config.checks.stream import check_stream
from dlrun.config.config import Config
from dlrun.config.objects import Path
from dlrun.errors import Problem

Check = Callable[[Config], Iterator[Problem]]

CHECKS: tuple[tuple[Check, frozenset[str]], ...] = (
    (check_graph, frozenset({"layers", "inputs", "outputs", "data"})),
    (check_joins, frozenset({"layers"})),
    (check_sequences, frozenset({"layers", "preprocessing"})),
    (check_heads, frozenset({"layers", "outputs", "compile", "data", "preprocessing"})),
    (check_keys, frozenset({"outputs", "compile", "data", "fit"})),
    (check_tasks, frozenset({"outputs", "compile", "data", "fit", "preprocessing", "evaluate"})),
    (check_threshold, frozenset({"outputs", "compile", "data", "fit", "evaluate"})),
    (check_split, frozenset({"data", "compile", "outputs", "preprocessing"})),
    (check_frequency, frozenset({"data", "preprocessing"})),
    (check_validation, frozenset({"data", "fit"})),
    (check_stream, frozenset({"data", "preprocessing"})),
    (check_monitors, frozenset({"callbacks", "compile", "data", "fit", "outputs"})),
    (check_callbacks, frozenset({"callbacks", "compile"})),
    (check_names, frozenset({"data", "preprocessing", "inputs", "fit"})),
)


def check_config(config: Config, bad: Iterable[Path] = ()) -> list[Problem]:
    """Return everything that the checks find.

    Args:
        config: A config whose values are valid one by one.
        bad: Where problems are known already; checks that read these sections are left out, since what they would
            find might only follow from those problems.
    """
    broken = {str(path[0]) for path in bad if path}
    return [problem for check, sections in CHECKS if not sections & broken for problem in check(config)]
