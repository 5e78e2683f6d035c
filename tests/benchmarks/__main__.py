"""The command: `python -m tests.benchmarks [CASE...]`, from the repository's root."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.benchmarks.cases import CASES
from tests.benchmarks.compare import DONE, NOT_SUPPORTED, Result, compare, say
from tests.benchmarks.data import case_file, data_folder, make_case_data, ready
from tests.benchmarks.listing import measure_listing
from tests.benchmarks.measure import run_command, workplace
from tests.benchmarks.report import print_results
from tests.benchmarks.scaling import measure_scaling
from tests.benchmarks.seeds import measure_seeds
from tests.benchmarks.sides import SIDES
from tests.benchmarks.start import measure_start

NAMES = ("start", *CASES, "seeds", "ls", "scaling")
PACKAGES = ("dlrun", "tensorflow", "keras", "numpy", "pandas", "scikit-learn", "pyarrow")
WARM_UP = "import keras, pandas, pyarrow, sklearn.model_selection"
ABOUT = """\
dlrun against hand-written Keras scripts: the same rows, network, batch size and epochs, each in a fresh process, in
turn. The script reads with pandas, scales with scikit-learn, fits with Keras's defaults, and scores the test rows;
dlrun also keeps a run folder with scores of all parts, predictions and plots. A ratio above 1 means that dlrun is
faster (or smaller). Epochs count with their validation. Nothing else should run on the machine meanwhile."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the cases and print them; 1 where one failed."""
    options = _parse(arguments)
    folder = data_folder()
    with workplace() as empty:  # the first start of all would pay for reading the disk
        run_command([sys.executable, "-c", WARM_UP], empty)
    document: dict[str, Any] = {"environment": _environment(), "repeats": options.repeats, "cases": {}}
    for name in options.cases or NAMES:
        document["cases"][name] = _measure(name, folder, options)
        document["environment"]["load_at_end"] = os.getloadavg()[0]
        if options.json:
            _write(options.json, document)  # after each case, for a long measurement may be broken off
    print_results(document["cases"], Console(width=None if sys.stdout.isatty() else 120))
    held = {DONE, NOT_SUPPORTED}
    return int(any(result["status"] not in held for result in document["cases"].values()))


def _measure(name: str, folder: Path, options: argparse.Namespace) -> Result:
    sides = SIDES if options.side == "both" else (options.side,)
    say(f"{name} ...")
    if name == "scaling":
        return measure_scaling(folder, options.repeats, sides, options.full)
    case = CASES["small" if name in ("start", "seeds", "ls") else name]
    file = case_file(case.name)
    table = ready(folder / file, make_case_data, case.name)
    if name == "start":
        return measure_start(case, table, options.repeats)
    if name == "ls":
        return measure_listing(case, table, repeats=options.repeats)
    if name == "seeds":
        return measure_seeds(case, table, options.repeats)
    return compare(case, table, options.repeats, sides)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=ABOUT, formatter_class=raw)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"default: all of {', '.join(NAMES)}")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="runs of each side; default: 3")
    parser.add_argument("--side", choices=("both", *SIDES), default="both", help="measure one side alone")
    parser.add_argument("--full", action="store_true", help="scaling up to 10,000,000 rows and 10,000 columns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.cases if name not in NAMES]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    return options


def _environment() -> dict[str, Any]:
    return {
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {package: _version(package) for package in PACKAGES},
        "load_at_start": os.getloadavg()[0],
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _write(path: Path, document: dict[str, Any]) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main())
