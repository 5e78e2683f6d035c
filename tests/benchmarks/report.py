"""The results as tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.benchmarks.cases import EPOCH, WHOLE
from tests.benchmarks.compare import DONE, MEMORY, NOT_SUPPORTED

MEBIBYTE = 2**20


def print_results(results: dict[str, Any], console: Console) -> None:
    """Print what was measured of each case."""
    for name, result in results.items():
        console.print(f"[bold]{escape(name)}[/]: {escape(result['about'])}", highlight=False)
        if "commands" in result:
            console.print(_commands(result))
        elif "curves" in result:
            for curve_name, curve in result["curves"].items():
                _print_curve(curve_name, curve, console)
        elif result["status"] == DONE:
            console.print(_figures(result))
        if result["status"] != DONE:
            style = "yellow" if result["status"] == NOT_SUPPORTED else "red"
            console.print(f"[{style}]{result['status']}[/]: {escape(result['message'])}", highlight=False)
        console.print()


def _figures(result: dict[str, Any]) -> Table:
    table = _table("", "script", "dlrun", "script / dlrun", "goal")
    for name, figure in result["figures"].items():
        show = megabytes if name == MEMORY else seconds
        table.add_row(
            name, show(figure.get("script")), show(figure.get("dlrun")), times(figure["ratio"]), _goal(figure)
        )
    for name, score in result["scores"].items():
        table.add_row(name, plain(score.get("script")), plain(score.get("dlrun")), "", "")
    return table


def _commands(result: dict[str, Any]) -> Table:
    table = _table("", "time", "peak memory", "goal")
    for name, figures in result["commands"].items():
        table.add_row(name, seconds(figures["seconds"]), megabytes(figures["peak_bytes"]), _goal(figures, seconds))
    return table


def _print_curve(title: str, curve: dict[str, Any], console: Console) -> None:
    if curve["status"] != DONE:
        return
    console.print(title, highlight=False)
    sides = list(curve["exponents"])
    headings = [f"{side}: {what}" for side in sides for what in ("whole", "epoch", "memory / float32")]
    table = _table("rows x columns", *headings)
    for index, point in enumerate(curve["points"]):
        cells = [f"{point['rows']:,} x {point['columns']:,}"]
        for side in sides:
            cells += [seconds(point["figures"][figure][side]) for figure in (WHOLE, EPOCH)]
            cells.append(times(curve["memory"][side][index]))
        table.add_row(*cells)
    console.print(table)
    powers = _table("exponent of time against size", *sides)
    for name in next(iter(curve["exponents"].values())):
        powers.add_row(name, *(plain(curve["exponents"][side][name]) for side in sides))
    console.print(powers)


def _table(*headings: str) -> Table:
    table = Table()
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="left" if index == 0 else "right")
    return table


def _goal(figure: dict[str, Any], show: Callable[[float], str] | None = None) -> str:
    if figure.get("held") is None:
        return ""
    verdict = "[green]held[/]" if figure["held"] else "[red]missed[/]"
    return f"{(show or times)(figure['goal'])} {verdict}"


def seconds(value: float | None) -> str:
    """Return `12.3 s`, `4.56 s`, `7.8 ms`."""
    if value is None:
        return "–"
    if value < 0.1:
        return f"{value * 1000:.1f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def megabytes(value: float | None) -> str:
    """Return `512 MiB`."""
    return "–" if value is None else f"{value / MEBIBYTE:,.0f} MiB"


def times(value: float | None) -> str:
    """Return `4.56 x`."""
    return "–" if value is None else f"{value:.2f} x"


def plain(value: float | None) -> str:
    """Return four significant digits, or a large number whole."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
