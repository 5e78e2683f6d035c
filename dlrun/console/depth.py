"""What an evaluation in depth says: tables, each with what it means in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from dlrun.console.scores import show_class_report
from dlrun.console.terminal import heading, is_interactive, say, say_whole, screen, table
from dlrun.console.text import clean, count, digits_for, number
from dlrun.evaluation.calibration import BINS
from dlrun.evaluation.scores import better_or_worse

if TYPE_CHECKING:
    from rich.progress import Progress

    from dlrun.evaluation.importance import Importance
    from dlrun.training.depth.calibration import TargetCalibration
    from dlrun.training.depth.evaluate import InDepth
    from dlrun.training.depth.groups import ColumnGroups
    from dlrun.training.depth.importance import TargetImportance
    from dlrun.training.depth.threshold import ChosenThreshold
    from dlrun.training.depth.worst import WorstRows

_MOST_COLUMNS = 40  # of the table of importances
_BAR = 20
_LONGEST_CELL, _LONGEST_ALONE = 32, 90  # letters; where there are few inputs, as a message, more of them are shown


def show_depth(run: str, found: InDepth) -> None:
    """Print everything that was found.

    Args:
        run: The run as commands name it.
        found: What was found.
    """
    if found.part == "train":
        say("note: the network has learned from these rows; what it is worth on others is told by test rows")
    for target, report in found.reports.items():
        show_class_report(target, found.part, report)
    for chosen in found.thresholds:
        _show_threshold(run, chosen)
    for calibration in found.calibrations:
        _show_calibration(calibration)
    for importance in found.importances:
        _show_importance(importance)
    for worst in found.worst:
        _show_worst(worst)
    for groups in found.groups:
        _show_groups(groups)


def say_files(files: Sequence[Path]) -> None:
    """Name the files that were written, one a line; a figure's two forms are one."""
    say()
    for file in files:
        if file.suffix != ".svg":
            say_whole(f"written: {file}{' and .svg' if file.suffix == '.png' else ''}")


def _show_threshold(run: str, chosen: ChosenThreshold) -> None:
    heading(f"{chosen.target}: the threshold that is best by {chosen.metric} on the validation rows")
    say(
        f"{chosen.threshold:g} (now {chosen.before:g}): there {chosen.metric} is {number(chosen.value)} instead of "
        f"{number(chosen.value_before)}, on {count(chosen.chosen_on, 'row')}, {chosen.chosen_positive:,} of them "
        f"'{clean(chosen.positive)}'."
    )
    rows = []
    for metric, change in chosen.changes.items():
        digits = digits_for([change.before, change.after])
        pair = (change.low, change.high)
        between = "" if None in pair else f"{number(change.low, digits)} to {number(change.high, digits)}"
        same = change.before == change.after
        told = (
            "" if same else "within noise" if change.is_noise else better_or_worse(metric, change.after - change.before)
        )
        difference = number(change.after - change.before, digits)
        rows.append([metric, number(change.before, digits), number(change.after, digits), difference, between, told])
    heading(f"on {count(chosen.rows, f'{_part(chosen.part)} row')}")
    headers = ["", f"at {chosen.before:g}", f"at {chosen.threshold:g}", "difference", "95 % interval", "verdict"]
    table(headers, rows, right=headers[1:5])
    say()
    say(chosen.outcome)
    for sentence in chosen.cautions:
        say(sentence)
    if chosen.threshold != chosen.before:
        say("To keep it, write it into the config; it changes no weight:")
        say_whole(f"  evaluate: {{threshold: {chosen.threshold:g}}}")
        say_whole(f"  dlrun predict {run} FILE --threshold {chosen.threshold:g}")


def _show_calibration(found: TargetCalibration) -> None:
    heading(f"{found.target}: calibration on the {_part(found.part)} rows, by the probability told of {found.about}")
    low, high = found.curve.shares()
    rows = [
        [
            f"{place / BINS:.1f} to {(place + 1) / BINS:.1f}", f"{n:,}", number(told, 3), number(came, 3),
            number(told - came, 3), f"{number(start, 3)} to {number(end, 3)}",
        ]
        for place, n, told, came, start, end in zip(
            found.curve.number.tolist(), found.curve.rows.tolist(), found.curve.told.tolist(),
            found.curve.came.tolist(), low.tolist(), high.tolist(), strict=True,
        )
    ]  # fmt: skip
    table(["told", "rows", "mean told", "came true", "too high by", "95 % of came true"], rows)
    say()
    say(f"Expected calibration error {number(found.curve.error)}; Brier score {number(found.brier)}. {found.reading}")
    if found.classes:
        errors = ", ".join(f"{clean(name)} {number(curve.error, 3)}" for name, curve in found.classes.items())
        say(f"Of each class against the rest: {errors}.")


def _show_importance(found: TargetImportance) -> None:
    units = "windows" if found.windows else "rows"
    some = "" if found.rows == found.all_rows else f" of {found.all_rows:,}"
    heading(
        f"{found.target}: how much worse {found.metric} becomes when a column is shuffled ({number(found.base)} now; "
        f"{found.rows:,}{some} {_part(found.part)} {units}, {count(found.repeats, 'shuffle')} each)"
    )
    largest = max((one.mean for one in found.columns), default=0.0)
    digits = digits_for([one.mean for one in found.columns])
    rows = []
    for one in found.columns[:_MOST_COLUMNS]:
        pair = one.between
        between = "" if pair is None else f"{number(pair[0], digits)} to {number(pair[1], digits)}"
        bar = "█" * max(0, round(_BAR * one.mean / largest)) if largest > 0 else ""
        rows.append([one.column, number(one.mean, digits), between, bar if one.is_needed else _why_not(one)])
    table(["", "worse by", "95 % interval", " "], rows, right=["worse by", "95 % interval"])
    if len(found.columns) > _MOST_COLUMNS:
        say(f"and {len(found.columns) - _MOST_COLUMNS} further columns, which matter less")
    say()
    say(" ".join(found.reading))
    if some:
        say(f"note: {found.rows:,} {units} were drawn by chance to keep it short; --rows takes more or fewer.")


def _why_not(column: Importance) -> str:
    return "better without" if column.is_harmful else "not more than chance"


def _show_worst(found: WorstRows) -> None:
    frame = found.frame
    heading(f"{found.target}: the worst {count(len(frame), f'{_part(found.part)} row')}, by {_MEASURES[found.measure]}")
    headers = [str(name) for name in frame.columns]
    longest = _LONGEST_CELL if len(found.inputs) > 3 else _LONGEST_ALONE
    columns = [_cells(frame.iloc[:, place].tolist(), longest) for place in range(len(headers))]
    widths = [max(map(len, [header, *cells])) + 2 for header, cells in zip(headers, columns, strict=True)]
    first = len(headers) - len(found.inputs)
    shown = first
    while shown < len(headers) and sum(widths[: shown + 1]) <= screen().width:
        shown += 1
    texts = [
        header
        for header, place in zip(headers, range(len(headers)), strict=True)
        if frame.dtypes.iloc[place].kind not in "iufb"
    ]
    right = [header for header in headers[:shown] if header not in texts]
    table(headers[:shown], list(zip(*columns[:shown], strict=True)), right=right)
    say()
    what = "squared residuals" if found.measure == "residual" else "log loss"
    say(f"They make {_percent(found.share)} of the {what} of all {_part(found.part)} rows.")
    if found.windows and found.inputs:
        say("The inputs are those of the last row of each window.")
    if shown < len(headers):
        say(f"{count(len(headers) - shown, 'further input')} in the csv file: {', '.join(headers[shown:][:8])}")


def _percent(share: float) -> str:
    """Return a share with about two digits: `28 %`, `0.31 %`, `100 %`."""
    percent = 100 * share
    if 0 < percent < 0.01:
        return "less than 0.01 %"
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.2g} %"


_MEASURES = {
    "residual": "the size of the residual (true minus predicted)",
    "log_loss": "log loss (how sure it was of something else)",
}


def _cells(values: Sequence[Any], longest: int) -> list[str]:
    """Return a column's cells: numbers with the same digits after the point, long text cut."""
    known = [value for value in values if isinstance(value, float) and math.isfinite(value)]
    digits = 0 if all(value.is_integer() for value in known) else digits_for(known)
    return [_cell(value, digits, longest) for value in values]


def _cell(value: Any, digits: int, longest: int) -> str:
    if value is None or value != value:
        return "–"
    if isinstance(value, float):
        return f"{value:.{digits}f}"
    text = clean(value).removesuffix(" 00:00:00")
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _show_groups(found: ColumnGroups) -> None:
    about = "" if found.is_feature else ", which the network does not know"
    about = ", the target itself" if found.column == found.target else about
    heading(f"{found.target}: {found.metric} on the {_part(found.part)} rows by {found.column}{about}")
    digits = digits_for([group.score for group in found.groups])
    rows = []
    for group in found.groups:
        told = "few rows" if group.is_small else ""
        if group.is_different:
            told = better_or_worse(found.metric, group.difference or 0.0) + (", few rows" if group.is_small else "")
        rows.append([
            group.label, f"{group.rows:,}", number(group.score, digits), _pair(group.between, digits),
            number(group.difference, digits), _pair(group.difference_between, digits), told,
        ])  # fmt: skip
    headers = [found.column, "rows", found.metric, "95 % interval", "minus the rest", "95 % interval ", " "]
    table(headers, rows, right=headers[1:6])
    say()
    say(" ".join(found.reading))


def _pair(pair: tuple[float, float] | None, digits: int) -> str:
    return "–" if pair is None else f"{number(pair[0], digits)} to {number(pair[1], digits)}"


def _part(part: str) -> str:
    return "training" if part == "train" else part


class DepthView:
    """Shows how far a closer look is: a bar in a terminal, nothing elsewhere.

    Args:
        silent: Whether nothing is shown at all.
    """

    def __init__(self, silent: bool) -> None:
        self._silent = silent or not is_interactive()
        self._bar: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def report(self, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` steps are done and what is next."""
        if self._silent:
            return
        if self._bar is None:
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.fields[what]}", markup=False), BarColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=screen(), transient=True)
            self._task = self._bar.add_task("", total=total, what="")
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total, what=clean(what)[:_LONGEST_CELL])
