"""`dlrun ls`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, Form, RunsDir


def ls(
    conditions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CONDITION", help="'metrics.rmse<4', 'fit.epochs>=50', 'tags=good', 'name~iris'; all hold."
        ),
    ] = None,
    sort: Annotated[str | None, typer.Option(metavar="KEY", help="Order by this; default: by age.")] = None,
    descending: Annotated[bool, typer.Option("--desc", help="The largest first.")] = False,
    columns: Annotated[
        str | None, typer.Option(metavar="KEY,KEY", help="Show these, too: fit.epochs,metrics.mae.")
    ] = None,
    last: Annotated[int | None, typer.Option("--last", "-n", metavar="N", min=1, help="Only the last N.")] = None,
    runs_dir: RunsDir = RUNS_DIR,
    form: Form = "table",
    as_json: AsJson = False,
) -> None:
    """List the runs with their results.

    \b
    dlrun ls
    dlrun ls 'metrics.val_loss<0.3' 'fit.epochs>=50' --sort metrics.rmse
    dlrun ls tags=baseline --columns fit.batch_size,compile.optimizer.Adam.learning_rate
    dlrun ls --sort metrics.accuracy --desc -n 5 --format markdown
    dlrun ls --runs-dir elsewhere --json

    A KEY is a fact (name, state, tags, note, created, epochs, best_epoch, parameters), a score (metrics.rmse of the
    part that counts, metrics.train.rmse, metrics.val_loss), or a setting as it is changed on the command line
    (fit.epochs, layers.0.Dense.units). Conditions compare with <, <=, >, >=, =, != and ~ (holds this text); put them in
    quotes, since a shell takes < and > for files.
    """
    from dlrun.console.run_list import show_runs
    from dlrun.console.tables import FORMS
    from dlrun.errors import ConfigError, Problem, did_you_mean
    from dlrun.files import json_text
    from dlrun.run_dir import RunDir, age
    from dlrun.run_filter import check_keys, may_be_setting, parse_condition, sort_key, value_of
    from dlrun.run_index import gather_facts
    from dlrun.run_settings import settings_of

    if form not in FORMS:
        raise ConfigError(Problem(f"unknown format '{form}'", did_you_mean(form, FORMS), "--format"))
    wanted = [parse_condition(text) for text in conditions or ()]
    shown = [key.strip() for key in columns.split(",")] if columns else []
    keys = [*(c.key for c in wanted), *shown, *([sort] if sort else [])]
    facts = gather_facts(runs_dir, settings=as_json or any(map(may_be_setting, keys)))
    check_keys(keys, facts, settings_of)
    facts.sort(key=lambda one: age(one["name"], one["created"]))
    facts = [one for one in facts if all(c.holds(value_of(c.key, one, settings_of)) for c in wanted)]
    if sort:
        facts.sort(key=lambda one: sort_key(value_of(sort, one, settings_of)))
    if descending:
        facts.reverse()
    if last is not None:
        facts = facts[:last] if sort or descending else facts[-last:]
    if as_json:
        print(json_text(facts), end="")
    else:
        show_runs(facts, runs_dir, RunDir.left_out(runs_dir), columns=shown, form=form, asked=bool(wanted))
