"""What a campaign is, and how one is run: trials made from a seed, tried one by one or by several processes.

To add a campaign: write a module with `CAMPAIGN = Campaign(...)`, and add its line to `catalog.py`.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

HEAVY = {"tensorflow", "keras", "pandas", "numpy", "sklearn", "matplotlib"}


def nothing_to_prepare(place: Path) -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Campaign:
    """A campaign.

    Args:
        name: What it is called on the command line.
        about: What holds if it holds, in one sentence.
        trials: From a seed, and whether only the fast part is wanted, to the trials: small values that can be sent to
            another process. The fast part stays below a few seconds; it runs in pytest.
        attempt: Tries one in a folder that belongs to this process; an empty text if dlrun held, else what happened.
        prepare: Makes in a folder what all trials start from; `attempt` finds it in `place.parent / "prepared"`.
        own_process: Whether trials need a process in which nothing else ran before.
    """

    name: str
    about: str
    trials: Callable[[int, bool], Sequence[Any]]
    attempt: Callable[[Any, Path], str]
    prepare: Callable[[Path], None] = nothing_to_prepare
    own_process: bool = False


@dataclass
class Figures:
    """What came out of a campaign."""

    name: str
    about: str
    tried: int = 0
    held: int = 0
    seconds: float = 0.0
    failures: list[dict[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.name}: {self.tried:,} tried, {self.held:,} held ({self.seconds:.0f} s)"


def _deaf(figures: Figures, trials: int) -> None:
    """Hear nothing."""


def run_campaign(
    campaign: Campaign,
    *,
    seed: int = 0,
    fast: bool = False,
    most: int = 0,
    jobs: int = 1,
    hear: Callable[[Figures, int], None] = _deaf,
) -> Figures:
    """Try everything, and return the figures.

    Args:
        campaign: The campaign.
        seed: Other seeds make other trials.
        fast: Only the part that runs in pytest.
        most: Try at most so many, evenly chosen; 0 tries all.
        jobs: How many processes try at a time.
        hear: Called after each trial with the figures so far, and how many trials there are.
    """
    figures = Figures(campaign.name, campaign.about)
    began = time.perf_counter()
    trials = campaign.trials(seed, fast)
    trials = share(trials, True, most) if most else trials
    with tempfile.TemporaryDirectory(prefix="dlrun-campaign-") as folder:
        prepared = Path(folder, "prepared")
        prepared.mkdir()
        campaign.prepare(prepared)
        for trial, why in _outcomes(campaign, trials, Path(folder), jobs):
            figures.tried += 1
            figures.held += not why
            if why:
                figures.failures.append({"trial": repr(trial)[:300], "why": why})
            hear(figures, len(trials))
    figures.seconds = time.perf_counter() - began
    return figures


def _outcomes(campaign: Campaign, trials: Sequence[Any], folder: Path, jobs: int) -> Iterator[tuple[Any, str]]:
    if jobs == 1 and not campaign.own_process:
        place = _make_place(folder)
        yield from ((trial, _attempt(campaign.attempt, trial, place)) for trial in trials)
        return
    context = multiprocessing.get_context("spawn")
    chunk = max(1, min(50, len(trials) // (4 * jobs)))
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_process, initargs=(folder,)) as pool:
        yield from zip(trials, pool.map(partial(_attempt_here, campaign.attempt), trials, chunksize=chunk), strict=True)


def _make_place(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=folder, prefix="place-"))


_place = Path()


def _start_process(folder: Path) -> None:
    global _place
    _place = _make_place(folder)


def _attempt_here(attempt: Callable[[Any, Path], str], trial: Any) -> str:
    return _attempt(attempt, trial, _place)


def _attempt(attempt: Callable[[Any, Path], str], trial: Any, place: Path) -> str:
    try:
        return attempt(trial, place)
    except Exception as error:  # whatever it is, dlrun should not have let it out
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"[:500]


def heavy_modules() -> set[str]:
    """Return which of the libraries that take seconds to import have been imported."""
    return HEAVY & set(sys.modules)


def share(trials: Iterable[Any], fast: bool, number: int) -> list[Any]:
    """Return all trials, or for the fast part `number` of them, evenly from first to last."""
    every = list(trials)
    if not fast or len(every) <= number:
        return every
    return [every[position * len(every) // number] for position in range(number)]
