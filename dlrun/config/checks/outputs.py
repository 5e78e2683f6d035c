"""Targets, outputs, and what is keyed by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dlrun.config.checks.split import has_validation
from dlrun.config.config import Config
from dlrun.config.heads import MARGIN_LOSSES, Head, heads_of, is_for_numbers, loss_class
from dlrun.config.objects import Path
from dlrun.errors import Problem, did_you_mean


def check_keys(config: Config) -> Iterator[Problem]:
    """Find outputs, losses, metrics and weights whose target does not exist, or that lack targets they need."""
    targets = config.data.target if config.data is not None else ()
    if config.outputs and targets:
        yield from _unknown_keys(config, ("outputs",), config.outputs, targets, "target")
        for target in targets:
            if target not in config.outputs:
                fix = f"Add {target}: layer."
                yield config.problem(("outputs",), f"no output for the target '{target}'", fix)
    if config.compile is None:
        return
    for name in ("loss", "loss_weights", "metrics", "weighted_metrics"):
        yield from _check_keyed(config, ("compile", name), getattr(config.compile, name))
    if isinstance(config.compile.loss, dict):
        for target in config.outputs:
            if target not in config.compile.loss:
                yield config.problem(("compile", "loss"), f"no loss for the output '{target}'", f"Add {target}: ....")


def check_threshold(config: Config) -> Iterator[Problem]:
    """Find a threshold that cannot be chosen: there is none, there are several, or there are no validation rows."""
    if config.evaluate.best_threshold is None:
        return
    path, heads = ("evaluate", "best_threshold"), heads_of(config)
    binary = [head for head in heads if head.task == "binary"]
    is_one = sum(len(head.targets) for head in binary) == 1 and loss_class(binary[0].loss) not in MARGIN_LOSSES
    if heads and not binary:
        fix = "It is for two classes: one sigmoid unit and binary_crossentropy."
        yield config.problem(path, "the network has no threshold that could be chosen", fix)
    elif heads and not is_one:
        what = "one threshold is chosen, for one target of two classes that has probabilities"
        yield config.problem(path, what, "Leave it out; `dlrun evaluate --best-threshold` looks at each target.")
    elif not has_validation(config):
        what = "a threshold is chosen on validation rows, and there are none"
        yield config.problem(path, what, "Add data.split.validation: 0.2, or fit.validation_split.")
    if "threshold" in config.evaluate.model_fields_set:
        yield config.problem(("evaluate", "threshold"), "there is a best_threshold, too", "Take one of the two out.")


def _check_keyed(config: Config, path: Path, value: Any) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        if not config.outputs:
            fix = "Name the layers under outputs: {target: layer}, or write it without targets."
            yield config.problem(path, f"{path[-1]} is keyed by target, but there are no outputs", fix)
        else:
            yield from _unknown_keys(config, path, value, config.outputs, "output")
    elif value and len(config.outputs) > 1:
        first = next(iter(config.outputs))
        fix = f"Write {path[-1]}: {{{first}: ..., ...}}."
        yield config.problem(path, f"with several outputs {path[-1]} is keyed by target", fix)


def _unknown_keys(
    config: Config, path: Path, found: Iterable[str], known: Iterable[str], word: str
) -> Iterator[Problem]:
    known = list(known)
    for key in found:
        if key not in known:
            fix = did_you_mean(key, known)
            yield config.key_problem((*path, key), f"'{key}' is no {word}", fix)


def check_tasks(config: Config) -> Iterator[Problem]:
    """Find options that mean something only for another task: class weights, resampling, the positive class."""
    heads = heads_of(config)
    if not heads:
        return
    tasks = {head.output or target: head.task for head in heads for target in (head.targets or ("",))}
    losses = " and ".join(dict.fromkeys(head.loss.type for head in heads))
    if config.fit is not None and config.fit.class_weight is not None:
        yield from _check_class_weight(config, heads, losses)
    if config.preprocessing.resample and is_for_numbers(heads):
        what = f"there are no classes to make even: the loss {losses} is for numbers"
        yield config.problem(("preprocessing", "resample"), what, "Remove it.")
    known = all(head.task != "regression" for head in heads) or is_for_numbers(heads)
    if config.evaluate.positive is not None and known and "binary" not in tasks.values():
        what = f"there is no positive class: the loss {losses} is not for two classes"
        yield config.problem(("evaluate", "positive"), what, "Remove it.")
    yield from _check_target_steps(config, tasks)


def _check_target_steps(config: Config, tasks: Mapping[str, str]) -> Iterator[Problem]:
    targets = config.data.target if config.data is not None else ()
    for target, steps in config.preprocessing.target.items():
        path = ("preprocessing", "target", target) if target else ("preprocessing", "target")
        if target and targets and target not in targets:
            yield config.key_problem(path, f"'{target}' is no target", did_you_mean(target, targets))
            continue
        concerned = [tasks.get(name) for name in ([target] if target else tasks)]
        is_class = bool(concerned) and all(task in {"binary", "multiclass"} for task in concerned)
        if is_class and any(spec.type != "none" for spec in steps):
            what = "the loss is for classes, whose labels are numbered by themselves"
            yield config.problem(path, what, "Remove it.")


def _check_class_weight(config: Config, heads: tuple[Head, ...], losses: str) -> Iterator[Problem]:
    path = ("fit", "class_weight")
    weights = config.fit.class_weight if config.fit is not None else None
    if is_for_numbers(heads):
        yield config.problem(path, f"there are no classes to weigh: the loss {losses} is for numbers", "Remove it.")
        return
    if not isinstance(weights, dict):
        return
    if not config.outputs:
        yield from _check_weights(config, path, weights)
        return
    for key, value in weights.items():
        if key not in config.outputs:
            fix = did_you_mean(key, config.outputs) or "With outputs it is keyed by target."
            yield config.key_problem((*path, key), f"'{key}' is no output", fix)
        elif is_for_numbers(tuple(head for head in heads if head.output == key)):
            yield config.problem((*path, key), f"'{key}' has no classes to weigh", "Remove it.")
        elif isinstance(value, dict):
            yield from _check_weights(config, (*path, key), value)
        elif value != "balanced":
            yield config.problem((*path, key), "expected balanced, or {label: weight}")


def _check_weights(config: Config, path: Path, weights: Mapping[str, Any]) -> Iterator[Problem]:
    for label, weight in weights.items():
        if not isinstance(weight, int | float) or isinstance(weight, bool) or weight < 0:
            yield config.problem((*path, label), f"expected a weight, a number from 0, got {weight!r}")
