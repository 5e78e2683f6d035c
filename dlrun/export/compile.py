"""The line of `model.compile`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.catalog import keras_entry
from dlrun.config.checks.monitors import metric_name
from dlrun.config.heads import Head, heads_of
from dlrun.config.objects import ObjectSpec
from dlrun.export.keras_objects import object_of
from dlrun.export.source import Code, Lines, Unwritable, call, literal

if TYPE_CHECKING:
    from dlrun.config import Config

# Without these, Keras gives one number per class; a line of the history holds one per metric.
_ONE_NUMBER = {"average": "macro", "class_aggregation": "uniform_average"}


class Compile:
    """Writes how the network learns.

    Args:
        config: The config.
        problems: Takes what cannot be written.
    """

    def __init__(self, config: Config, problems: Unwritable) -> None:
        self.config = config
        self.problems = problems

    def lines(self) -> Lines:
        """Return the call of `model.compile`."""
        section = self.config.compile
        assert section is not None
        heads = heads_of(self.config)
        optimizer = section.optimizer
        plain = not optimizer.args and keras_entry("optimizers", optimizer.type) is not None
        options: dict[str, Any] = {
            "optimizer": optimizer.type.lower() if plain else object_of(optimizer, "optimizers", self.problems),
            "loss": self._keyed({head.output: self._named(head.loss, "losses") for head in heads}),
        }
        if section.loss_weights:
            options["loss_weights"] = dict(section.loss_weights)
        for key in ("metrics", "weighted_metrics"):
            written = getattr(section, key)
            made = {head.output: self._metrics(written, head) for head in heads}
            if any(made.values()):
                options[key] = self._keyed(made)
        if section.steps_per_execution:
            options["steps_per_execution"] = section.steps_per_execution
        options["jit_compile"] = section.jit_compile
        return [call("model.compile", **options)]

    def _keyed(self, by_output: dict[str, Any]) -> Any:
        return by_output.get("", by_output)

    def _named(self, spec: ObjectSpec, kind: str) -> Code:
        entry = keras_entry(kind, spec.type)
        if not spec.args and entry is not None and spec.type != entry.name:
            return literal(spec.type)  # a spelling that Keras takes as text: mse
        return object_of(spec, kind, self.problems)

    def _metrics(self, written: Any, head: Head) -> list[Code]:
        specs = written.get(head.output, ()) if isinstance(written, dict) else written
        return [self._metric(spec, head) for spec in specs]

    def _metric(self, spec: ObjectSpec, head: Head) -> Code:
        if spec.type.lower() in ("accuracy", "acc") and not spec.args:
            several = head.task == "binary" and len(head.targets) > 1
            return call("keras.metrics.BinaryAccuracy", name=spec.type) if several else literal(spec.type)
        entry = keras_entry("metrics", spec.type)
        if entry is None or not entry.is_class:
            return self._named(spec, "metrics")
        given: dict[str, Any] = {} if "name" in spec.args else {"name": metric_name(spec)}
        for argument, value in _ONE_NUMBER.items():
            if argument in entry.parameter_names and spec.args.get(argument) is None:
                given[argument] = value
        if spec.type != entry.name and not spec.args and list(given) == ["name"]:
            return literal(spec.type)  # Keras calls it as it is spelt
        return object_of(spec, "metrics", self.problems, **given)
