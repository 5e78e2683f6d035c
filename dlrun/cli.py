"""The command line: collects the commands, and turns what goes wrong into one line each and an exit code.

To add a command: write `dlrun/commands/<verb>.py` with a function whose docstring is its help, and add it to
COMMANDS. A command imports what it needs in its body, so that `dlrun --help` answers at once.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from io import TextIOWrapper
from types import FrameType
from typing import Annotated

import typer

from dlrun.commands.check import check
from dlrun.commands.compare import compare
from dlrun.commands.config_show import config_show
from dlrun.commands.cv import cv
from dlrun.commands.diagnose import diagnose
from dlrun.commands.diff import diff
from dlrun.commands.evaluate import evaluate
from dlrun.commands.explain import explain
from dlrun.commands.export import export
from dlrun.commands.forecast import forecast
from dlrun.commands.import_model import import_model
from dlrun.commands.init import init
from dlrun.commands.inspect import inspect
from dlrun.commands.ls import ls
from dlrun.commands.plot import plot
from dlrun.commands.predict import predict
from dlrun.commands.recipes import recipes_app
from dlrun.commands.report import report
from dlrun.commands.rerun import rerun
from dlrun.commands.resume import resume
from dlrun.commands.rm import rm
from dlrun.commands.schema import schema
from dlrun.commands.show import show
from dlrun.commands.summary import summary
from dlrun.commands.tag import tag
from dlrun.commands.train import train
from dlrun.console.text import clean
from dlrun.errors import DlrunError, of_the_machine
from dlrun.signals import INTERRUPTED, given_again_if_lost

COMMANDS = (
    init,
    check,
    inspect,
    train,
    cv,
    resume,
    rerun,
    evaluate,
    diagnose,
    predict,
    forecast,
    plot,
    report,
    summary,
    ls,
    show,
    compare,
    diff,
    tag,
    rm,
    export,
    explain,
    schema,
)
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
USAGE = """Deep learning experiments from one YAML file.

    \b
    dlrun init houses.csv                  a first config for your own table
    dlrun explain Dense                    a layer, a loss, a step, a key: what it does, how it is written
    dlrun check configs/iris_8_3.yaml      is the config right? answers at once
    dlrun train configs/iris_8_3.yaml      train it; everything is kept in runs/iris_8_3-001
    dlrun evaluate                         scores of the latest run, beside a naive baseline
    dlrun diagnose                         what is wrong with it, and what to change next
    dlrun plot                             its learning curves and more, as PNG and SVG
    dlrun report                           all of it on one page, as HTML
    dlrun predict new.csv                  predictions for new rows

    A run is named by its folder, by its name (iris_8_3-001), or not at all: the latest.

    \b
    Exit codes: 0 done, 2 config or arguments, 3 data, 4 state of the run, 5 diverged,
    74 disk, 130 interrupted, 143 terminated.
    """

app = typer.Typer(
    help=USAGE,
    context_settings=SETTINGS,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich would take a user's "[x]" for markup, and importing it takes time
    pretty_exceptions_enable=False,
)
for command in COMMANDS:
    app.command(command.__name__)(command)
app.command("import")(import_model)
config_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at what a config amounts to.")
config_app.command("show")(config_show)
app.add_typer(config_app, name="config")
app.add_typer(recipes_app, name="recipes")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"dlrun {version('dlrun')}")
        raise typer.Exit


@app.callback()
def dlrun(
    version: Annotated[
        bool, typer.Option("--version", help="Show dlrun's version.", callback=_show_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; may stand anywhere.")] = False,
) -> None:
    """Take the options that belong to no command."""


def main() -> None:
    """Run the command line and leave with the command's exit code, whatever signals come while Python ends."""
    # Done after all handlers at exit that are registered later, as by what a command imports; those registered before
    # still follow. Then only memory is given back.
    atexit.register(_set_signals, signal.SIG_IGN)
    code = run(sys.argv[1:])
    _set_signals(lambda *_: os._exit(code))
    sys.exit(code)


def _set_signals(handler: signal.Handlers | Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; whatever a user can cause takes one line each on stderr.

    Args:
        arguments: What stands after `dlrun`. `--debug` is taken out wherever it stands.
    """
    _prepare_process()
    terminated = False

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal terminated
        terminated = terminated or number == signal.SIGTERM
        raise KeyboardInterrupt(number)  # a run ends at SIGTERM as it does at Ctrl-C

    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, interrupt)}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell may have Ctrl-C ignored
        before[signal.SIGINT] = signal.signal(signal.SIGINT, interrupt)
    try:
        with given_again_if_lost():
            code = _run_command([a for a in arguments if a != "--debug"], debug="--debug" in arguments)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return INTERRUPTED + signal.SIGTERM if terminated else code


def _run_command(arguments: list[str], debug: bool) -> int:
    try:
        app(arguments, prog_name="dlrun")  # Typer always leaves through SystemExit
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except DlrunError as error:
        return _report(error, debug)
    except (OSError, MemoryError) as error:
        return _report(of_the_machine(error), debug)
    return 0


def _report(error: DlrunError, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    for problem in error.problems:
        print(clean(problem), file=sys.stderr)
    return error.exit_code


def _prepare_process() -> None:
    gc.set_threshold(50_000, 10, 10)  # a command makes many objects and little garbage
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no Korean must not end the run
