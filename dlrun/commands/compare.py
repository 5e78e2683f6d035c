"""`dlrun compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, Form, RunsDir


def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Runs' folders or names, two or more.")],
    plot: Annotated[bool, typer.Option("--plot", help="Draw them over one another, too.")] = False,
    runs_dir: RunsDir = RUNS_DIR,
    form: Form = "table",
    as_json: AsJson = False,
) -> None:
    """Compare runs: what differs in their configs, their scores, and whether that is more than noise.

    \b
    dlrun compare boston_8_1-001 boston_8_4_1-001
    dlrun compare boston_8_1 wide           all seeds of each, pair by pair
    dlrun compare iris_8_3-cv iris_8_8_3-cv  fold by fold
    dlrun compare boston_8_1 wide --format markdown
    dlrun compare boston_8_1 wide --plot

    A name without a number stands for its newest run that has scores, and for all that differ from it in the seed or
    fold alone. The others are held against the first: with several seeds or folds by Student's t on the differences of
    those that belong together, with one run each over test rows that are drawn again. A difference counts as larger
    than noise if its 95 % interval leaves out 0; if it does not, dlrun says how many seeds would show a difference of
    that size four times out of five.
    """
    from dlrun.console.comparison import comparison_document, show_comparison
    from dlrun.console.tables import FORMS
    from dlrun.console.text import clean
    from dlrun.errors import ConfigError, Problem, did_you_mean
    from dlrun.files import json_text
    from dlrun.training.compare import compare as compare_runs

    if form not in FORMS:
        raise ConfigError(Problem(f"unknown format '{form}'", did_you_mean(form, FORMS), "--format"))
    if len(runs) < 2:
        raise ConfigError(Problem("one run alone cannot be compared", "Name another: dlrun compare RUN OTHER."))
    comparison = compare_runs(runs, runs_dir)
    if as_json:
        print(json_text(comparison_document(comparison)), end="")
    else:
        show_comparison(comparison, form)
    if plot:
        from dlrun.plots.write import write_plots

        files = write_plots([group.runs[0] for group in comparison.groups])
        if not as_json:
            print("".join(f"{clean(file)}\n" for file in files), end="")
