"""What was done to the table, and what preprocessing learned from the training rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlrun.plots.style import number, shorten
from dlrun.report.section import Section, Source

_MOST_VALUES = 8
_MOST_COLUMNS = 100
Cell = dict[str, Any]


def preparation_section(source: Source) -> Section:
    """Return the section of prepare and preprocessing steps."""
    config = source.config
    assert config.data is not None and config.fit is not None
    learned = _learned(source)
    window = config.preprocessing.window
    content = {
        "prepare": [{"type": step.type, "told": value_words(step.value)} for step in config.data.prepare],
        "blocks": [_block(block) for block in learned.get("columns", [])],
        "inputs": [_input(name, found) for name, found in learned.get("inputs", {}).items()],
        "classes": learned.get("targets", {}).get("classes", []),
        "scaled": [
            {"target": item["target"], "steps": [_step(step, [item["target"]]) for step in item["steps"]]}
            for item in learned.get("targets", {}).get("scaled", [])
            if item["steps"]
        ],
        "window": value_words(window.model_dump(exclude_none=True)) if window is not None else "",
        "resample": [spec.type for spec in config.preprocessing.resample],
        "class_weight": value_words(config.fit.class_weight) if config.fit.class_weight else "",
        "known": bool(learned),
    }
    return Section("preparation", "Preparation", "Everything here was learned from the training rows alone.", content)


def value_words(value: Any) -> str:
    """Return a value of a config in a line: `length 12, horizon 1`."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {value_words(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        shown = [value_words(item) for item in value[:_MOST_VALUES]]
        return ", ".join(shown) + (f", … ({len(value):,})" if len(value) > _MOST_VALUES else "")
    if isinstance(value, float):
        return number(value)
    if hasattr(value, "type") and hasattr(value, "args"):
        return f"{value.type} {value_words(value.args)}".strip() if value.args else str(value.type)
    return shorten(str(value), 60) if value is not None else "–"


def _learned(source: Source) -> dict[str, Any]:
    """Return preprocessing.json; empty where the run did not come so far.

    Raises:
        RunError: If it is not what training writes.
    """
    run = source.dir
    if not run.has(run.preprocessing):
        return {}
    _ = source.run.preprocessor  # is made of it, which finds out whether all that is shown here stands there
    found: dict[str, Any] = run.read_json(run.preprocessing)
    return found


def _input(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "shape": shape_words(found.get("shape", ())), "features": list(found.get("features") or [])}


def shape_words(shape: Sequence[Any]) -> str:
    """Return a shape as Keras prints it: `(rows, 12)` is `12`, `8 × 8 × 1` of an image."""
    return " × ".join("?" if size is None else f"{size:,}" for size in shape) or "1"


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    names = [str(name) for name in block["names"]]
    return {
        "columns": names,
        "kind": "category" if block.get("category") else str(block.get("reading")),
        "steps": [_step(step, names) for step in block["steps"]],
        "shape": shape_words(block.get("shape", ())),
    }


def _step(step: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return a step with what it learned of each column."""
    state = step.get("state") or {}
    by_column = {key: value for key, value in state.items() if isinstance(value, list) and len(value) == len(names)}
    rows = [[name, *(value_words(value[i]) for value in by_column.values())] for i, name in enumerate(names)]
    others = {key: value for key, value in state.items() if key not in by_column and _is_short(value)}
    return {
        "type": str(step["type"]),
        "arguments": value_words(step.get("arguments") or {}),
        "keys": list(by_column),
        "rows": rows[:_MOST_COLUMNS] if by_column else [],
        "others": value_words(others) if others else "",
    }


def _is_short(value: Any) -> bool:
    return not isinstance(value, (dict, list)) or len(value) <= 1000


def chips(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give keys of a config with their values in words."""
    yield from ((key, value_words(value)) for key, value in values.items() if value not in (None, (), {}, ""))
