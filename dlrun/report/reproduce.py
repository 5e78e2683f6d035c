"""How to do it again: config, commands, seeds, versions, hashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.report.section import Section, Source, in_shell

_LARGEST_CONFIG = 2**20


def reproduce_section(source: Source) -> Section:
    """Return the section of all that the run can be repeated with."""
    run, config = source.dir, source.config
    name = source.called
    split = config.data.split.seed if config.data is not None else None
    environment = run.read_json(run.environment) if run.has(run.environment) else {}
    environment = environment if isinstance(environment, dict) else {}
    content = {
        "commands": [
            (f"dlrun rerun {name}", "the same experiment in a new folder"),
            (f"dlrun evaluate {name}", "its scores again"),
            (f"dlrun train {in_shell(run.path / 'config.yaml')}", "from the config alone"),
        ],
        "seeds": [("seed", config.seed)] + ([("split seed", split)] if split is not None else []),
        "given": run.read_text(run.config, _LARGEST_CONFIG) if run.has(run.config) else "",
        "resolved": run.read_text(run.resolved, _LARGEST_CONFIG),
        "packages": list(_mapping(environment.get("packages")).items()),
        "machine": list(_machine(environment)),
        "hashes": sorted(_mapping(run.record.get("sha256")).items()),
        "damaged": sorted(source.damaged),
    }
    return Section("reproduce", "Reproduce", "The same config, data, seed and machine give the same weights.", content)


def _machine(environment: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = ("python", "platform", "machine", "processor", "cores", "devices", "deterministic", "git_commit")
    told = [(name.replace("_", " "), environment.get(name)) for name in names]
    return [(name, ", ".join(map(str, v)) if isinstance(v, list) else str(v)) for name, v in told if v is not None]


def _mapping(value: Any) -> dict[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, Mapping) else {}
