"""A verdict: what a run suffers from, how that is seen, and what to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Change = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """One thing that was found.

    Args:
        name: `overfitting`, `good`, ....
        evidence: What was measured, by name.
        reason: How it is seen and what it means, in a sentence or two with the numbers.
        remedy: What to do about it.
        change: Key of the run's resolved config to its new value, None to take it out; empty where no change of
            the config is a remedy.
    """

    name: str
    evidence: Mapping[str, Any]
    reason: str
    remedy: str
    change: Change = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """All that was found, the cause to look at first in front.

    Args:
        verdicts: At least one; "good" stands alone.
        not_judged: What could not be looked at, a sentence each.
    """

    verdicts: tuple[Verdict, ...]
    not_judged: tuple[str, ...] = ()

    @property
    def main(self) -> Verdict | None:
        """The verdict to act on first; None where nothing could be judged."""
        return self.verdicts[0] if self.verdicts else None
