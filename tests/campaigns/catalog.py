"""Campaign name to its module; a campaign is one module and one line here."""

from __future__ import annotations

from importlib import import_module

from tests.campaigns.frame import Campaign

MODULES = {
    "kills": "tests.campaigns.kills",
    "groups": "tests.campaigns.groups",
    "writes": "tests.campaigns.writes",
    "changes": "tests.campaigns.changes",
    "disks": "tests.campaigns.disks",
    "full": "tests.campaigns.full",
    "repeats": "tests.campaigns.repeats",
    "predictions": "tests.campaigns.predictions",
    "signals": "tests.campaigns.signals",
    "outside": "tests.campaigns.outside",
    "races": "tests.campaigns.races",
    "configs": "tests.campaigns.configs",
    "expressions": "tests.campaigns.expressions",
    "broken_csv": "tests.campaigns.broken_csv",
    "hostile_runs": "tests.campaigns.hostile_runs",
    "damage": "tests.campaigns.damage",
    "imports": "tests.campaigns.imports",
    "terminal": "tests.campaigns.terminal",
}


def campaign(name: str) -> Campaign:
    """Return a campaign by its name."""
    found: Campaign = import_module(MODULES[name]).CAMPAIGN
    return found
