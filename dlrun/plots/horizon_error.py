"""How the error grows with the steps ahead, beside forecasts that cost nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlrun.plots.forecasts import forecast_targets
from dlrun.plots.results import judged_part, load_metrics, part_title
from dlrun.plots.style import COLOURS, MUTED, colours, finish, legend_above, new_figure, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlrun.run_dir import RunDir

_NAIVE: dict[str, Any] = {  # to dashes
    "last_value": (0, (1, 1)),
    "last_season": (0, (4, 2)),
    "moving_average": (0, (1, 3)),
    "linear": (0, (6, 1, 1, 1)),
}


def applies(run: RunDir) -> bool:
    """Tell whether the run looks several steps ahead."""
    return bool(_targets([run]))


def draw(runs: Sequence[RunDir]) -> dict[str, Figure]:
    """Draw one figure for each target: MAE by step."""
    return {target: _draw_target(runs, target) for target in _targets(runs)}


def _targets(runs: Sequence[RunDir]) -> list[str]:
    targets = dict.fromkeys(target for run in runs for target in forecast_targets(run))
    return [target for target in targets if any(len(_errors(_scores(run), target)) > 1 for run in runs)]


def _scores(run: RunDir) -> Mapping[str, Any]:
    return dict(load_metrics(run).get(judged_part(run), {}))


def _errors(scores: Mapping[str, Any], target: str) -> dict[int, float]:
    """Return step to MAE."""
    found = {}
    for name, value in scores.items():
        head, _, step = name.rpartition(".")
        if step.isdigit() and head in ("mae", f"{target}.mae") and value is not None:
            found[int(step)] = float(value)
    return found


def _draw_target(runs: Sequence[RunDir], target: str) -> Figure:
    figure = new_figure(6.6, 4.4)
    panel = figure.add_subplot()
    part = judged_part(runs[0])
    naive = load_metrics(runs[0]).get("baseline", {}).get(part, {})
    for name, dashes in _NAIVE.items():
        errors = _errors(naive.get(name, {}), target)
        if errors:
            panel.plot([*errors], [*errors.values()], color=MUTED, linewidth=1.3, linestyle=dashes,
                       label=name.replace("_", " "))  # fmt: skip
    for run, colour in zip(runs, colours(len(runs)) if len(runs) > 1 else [COLOURS[0]], strict=True):
        errors = _errors(_scores(run), target)
        label = shorten(run.name, 24) if len(runs) > 1 else "network"
        panel.plot([*errors], [*errors.values()], color=colour, marker="o", markersize=3.5, label=label)
    panel.set_ylim(bottom=0)
    panel.set_xlabel("steps ahead")
    panel.set_ylabel(f"MAE of {shorten(target)}")
    legend_above(panel, ncols=6)
    return finish(figure, f"Error by steps ahead, {shorten(target)}", part_title(part).capitalize())
