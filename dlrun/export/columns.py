"""The lines that turn rows into the network's inputs: a function `inputs(rows)`, fitted on the training rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dlrun.catalog import keras_entry
from dlrun.data.columns import base_column
from dlrun.data.names import column_name
from dlrun.export.facts import Facts
from dlrun.export.keras_objects import keras_object
from dlrun.export.source import Code, Lines, Unwritable, literal
from dlrun.export.steps import EXPANDING, STEPS, cells_dtype, describe, encoder_of_one, transformer
from dlrun.preprocessing.keras_layer import TAKE_TEXT, is_one_to_one, learns
from dlrun.preprocessing.plan import specs_of

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.objects import ObjectSpec

_ORDER = "# One entry after the other, so that the features stand in the order of the columns."


def _is_shared(spec: ObjectSpec) -> bool:
    """Tell whether columns with such a step may share a transformer."""
    own = spec.type in STEPS or spec.type == "none"
    return spec.type not in EXPANDING and (own or is_one_to_one(spec.type, spec.args))


@dataclass(frozen=True)
class _Entry:
    """Columns that share a transformer; None leaves them as they are."""

    transformer: Code | None
    columns: list[str]


class Inputs:
    """Writes the preprocessing of the features.

    Args:
        config: The config.
        facts: Facts about its data.
        problems: Takes what cannot be written.
    """

    def __init__(self, config: Config, facts: Facts, problems: Unwritable) -> None:
        self.config = config
        self.facts = facts
        self.problems = problems
        self.setup: Lines = []
        self.names = self._names()

    def _names(self) -> dict[str, list[str]]:
        """Return input to what goes in: columns, or encoded features."""
        if self.config.inputs:
            return {k: [column_name(n) for n in given.columns or (k,)] for k, given in self.config.inputs.items()}
        return {next(iter(self.facts.shapes), "features"): list(self.facts.features)}

    def lines(self) -> Lines:
        """Return the function `inputs`, and note in `setup` what must come before it."""
        made = {name: self._input(name, columns) for name, columns in self.names.items()}
        if len(made) == 1:
            body = [f"return {next(iter(made.values()))}"]
        else:
            entries = ", ".join(f"{literal(name)}: {code}" for name, code in made.items())
            body = [f"return {{{entries}}}"]
        doc = "Return the inputs of rows, by name." if len(made) > 1 else "Return the input of rows."
        return ["", "", "def inputs(rows):", f'    """{doc}"""', *(f"    {line}" for line in body), "", ""]

    def _input(self, name: str, columns: list[str]) -> Code:
        """Return what makes an input of `rows`, and note in `setup` what must come before."""
        kinds = [self.facts.kinds.get(column, "") for column in columns]
        several = len(self.names) > 1
        dtype = literal(self.facts.shapes[name][1] if name in self.facts.shapes else "float32")
        if kinds == ["tensor"]:
            return self._tensor(name, columns[0], dtype)
        if layer := self._keras_layer(columns):
            return self._by_layer(layer, name, columns, dtype)
        entries = self._entries(columns)
        if len(entries) == 1:
            entry = entries[0]
            listed = f"columns[{literal(name)}]" if several else "columns"
            self._keep("columns", name, literal(entry.columns))
            if entry.transformer is None:
                return Code(f"rows[{listed}].to_numpy({dtype})")
            made, rows = entry.transformer, f"[{listed}]"
        else:
            made, rows = self._column_transformer(entries), ""
        fitted = f"{made}.fit(train{rows})"
        self._keep("preprocess", name, Code(fitted))
        own = f"preprocess[{literal(name)}]" if several else "preprocess"
        result = f"{own}.transform(rows{rows})"
        if "FunctionTransformer" in made:  # may give a DataFrame
            return Code(f"np.asarray({result}, dtype={dtype})")
        return Code(f"{result}.astype({dtype})")

    def _keep(self, variable: str, name: str, value: Code) -> None:
        """Note `variable = value`, or with several inputs `variable[name] = value`."""
        if len(self.names) == 1:
            self.setup.append(f"{variable} = {value}")
            return
        if f"{variable} = {{}}" not in self.setup:
            self.setup.append(f"{variable} = {{}}")
        self.setup.append(f"{variable}[{literal(name)}] = {value}")

    def _tensor(self, key: str, name: str, dtype: Code) -> Code:
        """Return what makes an input of a column with several axes."""
        specs = [spec for spec in specs_of(self.config, name, "tensor") if spec.type != "none"]
        array = f"arrays[{literal(name)}]"
        if not specs:
            return Code(f"{array}[rows.index].astype({dtype})")
        own = f"preprocess[{literal(key)}]" if len(self.names) > 1 else "preprocess"
        if len(specs) == 1 and specs[0].type not in STEPS:
            self._keep("preprocess", key, keras_object("layers", specs[0].type, dict(specs[0].args), self.problems))
            if learns(specs[0].type, specs[0].args):
                self.setup.append(f'{own}.adapt({array}[train.index].astype("float32"))')
            return Code(f'np.asarray({own}({array}[rows.index].astype("float32"))).astype({dtype})')
        if any(spec.type not in STEPS or spec.type in ("one_hot", *EXPANDING) for spec in specs):
            return self.problems.add(f"preprocessing.columns.{name}", "such steps over a column with several axes")
        made = transformer(specs, self.facts.rows.get("train", 1), self.problems)
        self._keep("preprocess", key, Code(f"{made}.fit({array}[train.index].reshape(-1, 1))"))
        cells = f"{array}[rows.index]"
        shape = f"(-1, *{array}.shape[1:])"
        return Code(f"{own}.transform({cells}.reshape(-1, 1)).reshape({shape}).astype({dtype})")

    def _keras_layer(self, columns: list[str]) -> ObjectSpec | None:
        """Return the Keras layer that is the only step of all columns, if there is one."""
        specs = [self._specs(name) for name in columns]
        same = len({describe(found) for found in specs}) == 1
        only = specs[0][0] if same and len(specs[0]) == 1 else None
        if only is None or only.type in STEPS or keras_entry("layers", only.type) is None:
            return None
        if cells_dtype(only.type, self.facts.is_number(columns[0])) == "text":
            return None
        return only if len(columns) == 1 or is_one_to_one(only.type, only.args) else None

    def _by_layer(self, spec: ObjectSpec, name: str, columns: list[str], dtype: Code) -> Code:
        args: dict[str, Any] = dict(spec.args)
        variable = "vectorize" if spec.type == "TextVectorization" else "preprocess"
        several = len(self.names) > 1
        own = f"{variable}[{literal(name)}]" if several else variable
        self._keep(variable, name, keras_object("layers", spec.type, args, self.problems))
        taken = cells_dtype(spec.type, self.facts.is_number(columns[0]))
        frame = literal(columns[0] if spec.type == "TextVectorization" else columns)
        cells = f"[{frame}].to_numpy({'dtype=object' if taken == 'object' else literal(taken)})"
        if learns(spec.type, spec.args):
            self.setup.append(f"{own}.adapt(train{cells})")
        return Code(f"np.asarray({own}(rows{cells})).astype({dtype})")

    def _specs(self, name: str) -> tuple[ObjectSpec, ...]:
        """Return the steps of a column; texts all have the length of the longest in training where none is given."""
        found = []
        for spec in specs_of(self.config, name, self.facts.kinds.get(name, "numeric")):
            if spec.type == "TextVectorization" and spec.args.get("output_mode", "int") == "int":
                key = next(key for key, columns in self.names.items() if name in columns)
                length = spec.args.get("output_sequence_length") or self.facts.shapes[key][0][0]
                spec = replace(spec, args={**spec.args, "output_sequence_length": length})
            if spec.type in ("hash", *TAKE_TEXT) and self.facts.dtypes.get(name) == "bool":
                self.problems.add(f"preprocessing.columns.{name}", f"{spec.type} of true and false")
            found.append(spec)
        return tuple(found)

    def _entries(self, columns: list[str]) -> list[_Entry]:
        entries = []
        for _, found in groupby(columns, self._group_key(columns)):
            names = list(found)
            if names[0] not in self.facts.kinds:
                entries.append(self._encoded(names[0]))
                continue
            if self.facts.kinds[names[0]] == "tensor":
                self.problems.add("data.features", f"a tensor column among other features: {names[0]}")
            specs = self._specs(names[0])
            is_number = self.facts.is_number(names[0])
            made = transformer(specs, self.facts.rows.get("train", 1), self.problems, is_number)
            if self.facts.kinds[names[0]] == "time":
                seconds = Code("FunctionTransformer(seconds)")
                made = Code(f"make_pipeline({seconds}, {made})") if made is not None else seconds
            entries.append(_Entry(made, names))
        return entries

    def _group_key(self, columns: list[str]) -> Any:
        places = {name: place for place, name in enumerate(columns)}

        def key(name: str) -> Any:
            if name not in self.facts.kinds:
                return name
            specs = self._specs(name)
            alone = self.facts.kinds[name] == "time"
            alone = alone or not all(map(_is_shared, specs))
            return places[name] if alone else describe(specs)

        return key

    def _encoded(self, name: str) -> _Entry:
        """Return the entry of an encoded feature named alone: `ShelveLoc_Good`."""
        base = base_column(name, self.facts.kinds)
        text = name[len(base) + 1 :]
        is_number = self.facts.is_number(base)
        category: Any = text
        if is_number:
            category = int(text) if text.lstrip("-").isdigit() else float(text)
        return _Entry(encoder_of_one(self._specs(base), category, self.problems), [base])

    def _column_transformer(self, entries: list[_Entry]) -> Code:
        """Return a transformer of several entries; one that stands more than once gets a name."""
        counts: dict[str, int] = {}
        for entry in entries:
            if entry.transformer is not None:
                counts[entry.transformer] = counts.get(entry.transformer, 0) + 1
        named = {code: self._name_of(code) for code, count in counts.items() if count > 1}
        for code, variable in named.items():
            line = f"{variable} = {code}"
            if line not in self.setup:
                self.setup.append(line)
        if _ORDER not in self.setup:
            self.setup.append(_ORDER)
        as_it_is = Code(literal("passthrough"))
        made = []
        for entry in entries:
            done = as_it_is if entry.transformer is None else named.get(entry.transformer, entry.transformer)
            made.append(f"({done}, {literal(entry.columns)})")
        return Code(f"make_column_transformer({', '.join(made)})")

    def _name_of(self, code: str) -> str:
        """Return the variable for a transformer: `numeric`, `categorical`, or `steps_2`."""
        preprocessing = self.config.preprocessing
        num_train = self.facts.rows.get("train", 1)
        for name, specs in (("numeric", preprocessing.numeric), ("categorical", preprocessing.categorical)):
            if transformer(specs, num_train, Unwritable()) == code:
                return name
        taken = sum(line.startswith("steps_") for line in self.setup)
        return f"steps_{taken + 1}"
