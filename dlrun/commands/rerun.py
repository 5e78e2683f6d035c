"""`dlrun rerun`."""

from __future__ import annotations

from dlrun.commands.options import RUNS_DIR, AsJson, Run, RunsDir, Trust


def rerun(run: Run = None, runs_dir: RunsDir = RUNS_DIR, trust: Trust = False, as_json: AsJson = False) -> None:
    """Repeat a finished run from its record, and say whether the weights agree bit for bit.

    \b
    dlrun rerun
    dlrun rerun iris_8_3-001 --json

    The repetition is a run of its own. If config, data, code, packages, processor or threads are not what they were,
    each difference is listed. Leaves with exit code 4 if the weights are not the same.
    """
    import typer

    from dlrun.console.progress import training_view
    from dlrun.console.terminal import say
    from dlrun.files import json_text
    from dlrun.training.progress import SILENT
    from dlrun.training.rerun import rerun as repeat

    if as_json:
        result = repeat(run, runs_dir=runs_dir, progress=SILENT, trust=trust)
        document = {"run": str(result.before.path), "rerun": str(result.run.dir.path)}
        facts = {"same_weights": result.same_weights, "differing": result.differing, "changes": result.changes}
        print(json_text({**document, **facts}), end="")
    else:
        with training_view() as view:
            result = repeat(run, runs_dir=runs_dir, progress=view, trust=trust)
        say()
        for sentence in result.verdict:
            say(sentence)
    if not result.same_weights:
        raise typer.Exit(4)
