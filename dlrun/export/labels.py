"""The lines of the labels: a function `labels(rows)`, and weights of the training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.config.heads import Head, heads_of
from dlrun.data.names import column_name
from dlrun.export.facts import Facts
from dlrun.export.source import Code, Lines, Unwritable, call, column, literal, prose, select
from dlrun.export.steps import describe, transformer

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.objects import ObjectSpec


class Labels:
    """Writes labels and weights.

    Args:
        config: The config.
        facts: Facts about its data.
        problems: Takes what cannot be written.

    Attributes:
        heads: The outputs of the network.
        setup: Lines that must come before the function.
    """

    def __init__(self, config: Config, facts: Facts, problems: Unwritable) -> None:
        self.config = config
        self.facts = facts
        self.problems = problems
        self.heads = heads_of(config)
        self.setup: Lines = []

    @property
    def is_named(self) -> bool:
        """Whether labels, predictions and weights are mappings keyed by target."""
        return any(head.output for head in self.heads)

    def lines(self) -> Lines:
        """Return the function `labels`, and note in `setup` what must come before it."""
        made = {head.output: self._of_head(head) for head in self.heads}
        entries = ", ".join(f"{literal(output)}: {code}" for output, code in made.items())
        body = f"return {{{entries}}}" if self.is_named else f"return {made['']}"
        return ["", "", "def labels(rows):", f'    """{self._doc()}"""', f"    {body}", "", ""]

    def _doc(self) -> str:
        if self.is_named:
            return "Return the labels of rows, by output."
        head = self.heads[0]
        if head.task == "multiclass":
            form = "one-hot classes" if head.one_hot else "numbers of classes"
            return f"Return the labels of rows as {form}."
        if head.task == "binary" and len(head.targets) == 1:
            classes = self.facts.classes[column_name(head.targets[0])]
            positive = f"1 for {prose(str(classes[-1]), 30)} and 0 otherwise" if classes != [0, 1] else "0 or 1"
            return f"Return the labels of rows, {positive}."
        return "Return the labels of rows."

    def _of_head(self, head: Head) -> Code:
        names = [column_name(name) for name in head.targets]
        if head.task == "multiclass":
            return self._multiclass(head, names[0])
        if head.task == "binary":
            return self._binary(names)
        return self._numbers(head, names)

    def _binary(self, names: list[str]) -> Code:
        pairs = {tuple(self.facts.classes[name]) for name in names}
        if pairs == {(0, 1)} and not any(isinstance(c, str) for pair in pairs for c in pair):
            return Code(f'{select("rows", names)}.to_numpy("float32")')
        if len(pairs) == 1:
            return Code(f'({select("rows", names)} == {literal(next(iter(pairs))[-1])}).to_numpy("float32")')
        each = [f"{column('rows', name)} == {literal(self.facts.classes[name][-1])}" for name in names]
        return Code(f'np.column_stack([{", ".join(each)}]).astype("float32")')

    def _multiclass(self, head: Head, name: str) -> Code:
        classes = self.facts.classes[name]
        if classes == list(range(len(classes))) and not any(isinstance(label, bool) for label in classes):
            codes = f"{column('rows', name)}.to_numpy()"
        else:
            variable = "encoder" if not self.is_named else f"encoders[{literal(name)}]"
            if self.is_named and "encoders = {}" not in self.setup:
                self.setup.append("encoders = {}")
            self.setup.append(f"{variable} = LabelEncoder().fit({column('train', name)})")
            codes = f"{variable}.transform({column('rows', name)})"
        if head.one_hot:
            return Code(f'np.eye({len(classes)}, dtype="float32")[{codes}]')
        return Code(f'{codes}.astype("int32")')

    def steps_of(self, name: str) -> tuple[ObjectSpec, ...]:
        """Return the steps of a target that is a number."""
        written = self.config.preprocessing.target
        return tuple(written[name] if name in written else written.get("", ()))

    def _numbers(self, head: Head, names: list[str]) -> Code:
        scaler = self.scaler(head)
        if scaler is None:
            return Code(f'{select("rows", names)}.to_numpy("float32")')
        return Code(f'{scaler}.transform({select("rows", names)}).astype("float32")')

    def scaler(self, head: Head) -> str | None:
        """Return the variable of the transformer that scales an output's targets; None where nothing does."""
        names = [column_name(name) for name in head.targets]
        steps = [self.steps_of(name) for name in head.targets]
        if head.task != "regression" or not any(spec.type != "none" for specs in steps for spec in specs):
            return None
        if len({describe(specs) for specs in steps}) > 1:
            self.problems.add("preprocessing.target", "targets of one output that are scaled in different ways")
        made = transformer(steps[0], self.facts.rows.get("train", 1), self.problems)
        variable = "target_scaler" if not self.is_named else f"target_scalers[{literal(head.output)}]"
        if self.is_named and "target_scalers = {}" not in self.setup:
            self.setup.append("target_scalers = {}")
        line = f"{variable} = {made}.fit({select('train', names)})"
        if line not in self.setup:
            self.setup.append(line)
        return variable

    # Weights

    def weight_lines(self, frame: str) -> Lines:
        """Return lines that make `weights`, a weight for each training row; nothing where all weigh the same.

        Args:
            frame: The expression of the training rows.
        """
        fit = self.config.fit
        assert fit is not None
        if fit.class_weight is None and fit.sample_weight is None:
            return []
        made = {head.output: self._weights(head, fit.class_weight, fit.sample_weight, frame) for head in self.heads}
        entries = ", ".join(f"{literal(output)}: {code}" for output, code in made.items())
        comment = ["# Each class counts as much as the others, however many rows it has."]
        comment = comment if fit.class_weight == "balanced" else []
        return [*comment, f"weights = {{{entries}}}" if self.is_named else f"weights = {made['']}"]

    def _weights(self, head: Head, wanted: Any, sample_weight: str | None, frame: str) -> Code:
        own = wanted.get(head.output) if isinstance(wanted, dict) and self.is_named else wanted
        factors: list[str] = []
        if own is not None and head.task != "regression":
            name = column_name(head.targets[0])
            if own == "balanced":
                factors.append(call("compute_sample_weight", "balanced", column(frame, name)))
            else:
                table = {self._label(name, text): float(weight) for text, weight in own.items()}
                factors.append(f"{column(frame, name)}.map({literal(table)}).fillna(1.0)")
        if sample_weight is not None:
            factors.append(column(frame, column_name(sample_weight)))
        if not factors:
            return Code(f'np.ones(len({frame}), dtype="float32")')
        product = " * ".join(factors)
        return Code(f'np.asarray({product}, dtype="float32")')

    def _label(self, name: str, text: Any) -> Any:
        """Return the label that a text in the config means."""
        from dlrun.preprocessing.labels import Labels as Known

        classes = self.facts.classes[name]
        code = Known(name, tuple(classes)).find(text)
        return classes[code] if code is not None else text
