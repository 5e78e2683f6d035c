"""Which runs are meant: conditions such as `metrics.val_loss<0.3`, `fit.epochs>=50`, `tags=good`.

What a condition looks at, its key, is a fact (name, state, tags, note, created, epochs, best_epoch, parameters), a
score (`metrics.rmse` of the part that counts, `metrics.test.rmse`, `metrics.val_loss` as Keras calls it), or a setting
of the config (`fit.epochs`, `layers.0.Dense.units`).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.metrics_file import PARTS, judged_part
from dlrun.run_facts import Facts

_PLAIN = ("name", "state", "tags", "note", "created", "epochs", "best_epoch", "parameters")
_METRICS = "metrics."
_PREFIXES = {"val_": "validation", "test_": "test", "train_": "train"}
_CONDITION = re.compile(r"\s*(?P<key>[^<>=!~]+?)\s*(?P<operator><=|>=|!=|==|=|<|>|~)\s*(?P<value>.*?)\s*")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "==": operator.eq,
}  # fmt: skip
_ORDERS = ("<", "<=", ">", ">=")

SettingsOf = Callable[[Facts], Mapping[str, Any]]


@dataclass(frozen=True)
class Condition:
    """A condition on runs.

    Args:
        key: What it looks at.
        operator: `<`, `<=`, `>`, `>=`, `=` (or `==`), `!=`, or `~` (holds the text).
        value: What it is held against, as it was written.
    """

    key: str
    operator: str
    value: str

    def holds(self, found: Any) -> bool:
        """Tell whether it holds for a value; a run that has none fulfils nothing but `!=`.

        Raises:
            ConfigError: If a number is to be smaller or larger than a text.
        """
        if self.operator == "!=":
            return not Condition(self.key, "=", self.value).holds(found)
        if found is None:
            return False
        if isinstance(found, list):  # a tag, or a column, among several
            return any(self.holds(item) for item in found)
        if self.operator == "~":
            return self.value.casefold() in str(found).casefold()
        number, wanted = _number(found), _number(self.value)
        if number is not None and wanted is None and self.operator in _ORDERS:
            what = f"'{self.key}' is a number, and '{self.value}' is none"
            raise ConfigError(Problem(what, f"Write it like '{self.key}{self.operator}{number:.4g}'."))
        if number is not None and wanted is not None:
            return _COMPARISONS[self.operator](number, wanted)
        return _COMPARISONS[self.operator](_text(found), self.value)


def parse_condition(text: str) -> Condition:
    """Return the condition that is written as `key<value`.

    Raises:
        ConfigError: If it is none.
    """
    match = _CONDITION.fullmatch(text)
    if match is None or not match["value"]:
        fix = "Write it like 'metrics.rmse<4', 'fit.epochs>=50' or 'tags=good', in quotes."
        raise ConfigError(Problem(f"'{text}' is no condition on runs", fix))
    return Condition(match["key"], match["operator"], match["value"])


def may_be_setting(key: str) -> bool:
    """Tell whether a run's settings are to be looked at for a key."""
    return key not in _PLAIN and not key.startswith(_METRICS)


def value_of(key: str, facts: Facts, settings_of: SettingsOf) -> Any:
    """Return what a run has under a key; None where it has nothing there."""
    if key in _PLAIN:
        return _fact(key, facts)
    if key.startswith(_METRICS):
        return _score(key.removeprefix(_METRICS), facts.get("metrics") or {})
    found = settings_of(facts).get(key)
    return found if found is not None else _score(key, facts.get("metrics") or {})


def known_keys(facts: Iterable[Facts], settings_of: SettingsOf) -> list[str]:
    """Return every key that one of the runs has something under, for `did_you_mean`."""
    keys = dict.fromkeys(_PLAIN)
    for one in facts:
        metrics = one.get("metrics") or {}
        keys |= {f"{_METRICS}{part}.{name}": None for part in reversed(PARTS) for name in metrics.get(part, {})}
        keys |= {f"{_METRICS}{name}": None for part in reversed(PARTS) for name in metrics.get(part, {})}
        keys |= dict.fromkeys(settings_of(one))
    return list(keys)


def check_keys(keys: Sequence[str], facts: Sequence[Facts], settings_of: SettingsOf) -> None:
    """Make sure that each key is one that some run has something under.

    Raises:
        ConfigError: With the nearest key that there is.
    """
    lacking = [key for key in keys if all(value_of(key, one, settings_of) is None for one in facts)]
    lacking = [key for key in lacking if key not in _PLAIN]
    if lacking and facts:
        known = known_keys(facts, settings_of)
        raise ConfigError(*(Problem(f"no run has '{key}'", did_you_mean(key, known)) for key in lacking))


def sort_key(value: Any) -> tuple[int, float, str]:
    """Return a key that puts numbers in order, then texts, then what is not there."""
    if value is None:
        return (2, 0.0, "")
    number = _number(value)
    return (0, number, "") if number is not None else (1, 0.0, str(value))


def _fact(key: str, facts: Facts) -> Any:
    if key == "best_epoch":
        return (facts.get("best") or {}).get("epoch")
    if key == "parameters":
        return (facts.get("metrics") or {}).get("parameters")
    return facts.get(key)


def _score(name: str, metrics: Mapping[str, Any]) -> float | None:
    part, _, rest = name.partition(".")
    if part in PARTS and rest in metrics.get(part, {}):
        return _float(metrics[part][rest])
    for prefix, of_part in _PREFIXES.items():
        if name.startswith(prefix) and name.removeprefix(prefix) in metrics.get(of_part, {}):
            return _float(metrics[of_part][name.removeprefix(prefix)])
    return _float(metrics.get(judged_part(metrics), {}).get(name))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
