"""The command: `python -m tests.campaigns [NAME...]`, from the repository's root."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.campaigns.catalog import MODULES, campaign
from tests.campaigns.frame import Figures, run_campaign

SHOWN = 20  # failures on the screen; the JSON has all of them


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaigns, print `N tried, N held` for each; 1 where one did not hold."""
    options = _parse(arguments)
    found: list[Figures] = []
    for name in options.names or MODULES:
        figures = run_campaign(
            campaign(name), seed=options.seed, fast=options.fast, most=options.most, jobs=options.jobs, hear=_tell
        )
        found.append(figures)
        print(figures, flush=True)
        for failure in figures.failures[:SHOWN]:
            print(f"  {failure['trial']}\n    {failure['why']}")
        if options.json:
            document = {"seed": options.seed, "fast": options.fast, "campaigns": [asdict(f) for f in found]}
            options.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any(figures.held != figures.tried or not figures.tried for figures in found))


def _tell(figures: Figures, trials: int) -> None:
    """Show on stderr how far a campaign is."""
    if figures.tried * 20 // trials != (figures.tried - 1) * 20 // trials:
        done = f"{figures.tried:,} of {trials:,} tried, {figures.held:,} held"
        print(f"{figures.name}: {done}", file=sys.stderr, flush=True)
        for failure in figures.failures[-1:]:
            print(f"  the last that did not: {failure['trial']}: {failure['why']}", file=sys.stderr, flush=True)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *MODULES], help=f"of {', '.join(MODULES)}")
    parser.add_argument("--seed", type=int, default=0, help="other seeds make other trials")
    parser.add_argument("--fast", action="store_true", help="only the part that runs in pytest")
    parser.add_argument("--most", type=int, default=0, metavar="N", help="only so many trials of each, evenly chosen")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
