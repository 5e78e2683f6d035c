"""The whole script, from its first line to its last."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config.layer_names import given_name
from dlrun.data.names import column_name
from dlrun.export.columns import Inputs
from dlrun.export.compile import Compile
from dlrun.export.definitions import definitions
from dlrun.export.facts import Facts
from dlrun.export.files import read_lines
from dlrun.export.fit import fit_lines
from dlrun.export.fit import order_lines as epoch_lines
from dlrun.export.imports import import_lines
from dlrun.export.labels import Labels
from dlrun.export.network import Network
from dlrun.export.prepare import Prepare
from dlrun.export.resample import resample_lines
from dlrun.export.scores import Scores
from dlrun.export.source import Lines, Unwritable, column, listed, literal, prose
from dlrun.export.split import split_lines
from dlrun.export.windows import example_lines, order_lines, window_lines

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.config.heads import Head

WIDTH = 88  # black's
_SETTINGS = [
    "# The number of threads changes the last bits of a sum, and training makes much of them.",
    "tf.config.threading.set_intra_op_parallelism_threads(2)",
    "tf.config.threading.set_inter_op_parallelism_threads(2)",
]
_DETERMINISM = "tf.config.experimental.enable_op_determinism()"


def script(config: Config, facts: Facts, beside: Path) -> str:
    """Return a Python script that trains what the config describes, with the same result.

    Args:
        config: The config.
        facts: Facts about its data.
        beside: The folder that it is written to; files below it are named relative to it.

    Raises:
        ConfigError: With a line for everything that such a script cannot do.
    """
    config.required()
    body = "\n".join(_Script(config, facts, beside).lines())
    whole = "\n".join([*_heading(config, facts), "", *import_lines(body), "", body, ""])
    return formatted(whole)


def formatted(source: str) -> str:
    """Return Python source in black's style."""
    import black

    return black.format_str(source, mode=black.Mode(line_length=WIDTH))


class _Script:
    def __init__(self, config: Config, facts: Facts, beside: Path) -> None:
        self.config = config
        self.facts = facts
        self.beside = beside
        self.problems = Unwritable()
        if config.code:
            self.problems.add("code", "your own Python files are part of the run; import them into a script of yours")
        if config.evaluate.best_threshold is not None:
            self.problems.add("evaluate.best_threshold", "write the threshold that was found: evaluate.threshold")
        self.labels = Labels(config, facts, self.problems)
        self.windowed = config.preprocessing.window is not None

    def lines(self) -> Lines:
        """Return the script without docstring and imports.

        Raises:
            ConfigError: If something cannot be written.
        """
        network = Network(self.config, self.facts, self.problems, self.beside)
        made = [
            *self._constants(),
            *self._rows(),
            *self._features(),
            *(self._windows() if self.windowed else self._arrays()),
            *self._weights(),
            "# Seeded here, so that the initial weights are those of the run.",
            "keras.utils.set_random_seed(SEED)",
            *network.lines(),
            *Compile(self.config, self.problems).lines(),
            "model.summary()",
            *self._training(),
            *Scores(self.config, self.facts, self.labels, self.problems).lines(),
        ]
        self.problems.raise_if_any()
        return made

    def _constants(self) -> Lines:
        _, section, fit = self.config.required()
        return [
            f"SEED = {self.config.seed}",
            f"EPOCHS = {fit.epochs}",
            f"BATCH_SIZE = {fit.batch_size}",
            "",
            *_SETTINGS,
            *([] if section.jit_compile else [_DETERMINISM]),
            "",
        ]

    def _rows(self) -> Lines:
        """Return the lines from the files to the parts."""
        data = self.config.data
        assert data is not None
        own = {"validation": data.validation_source, "test": data.test_source}
        separate = {part: files for part, files in own.items() if files is not None}
        prepare = Prepare(self.config, self.facts, self.problems)
        begin = prepare.function() if prepare.is_function else []
        if not separate:
            return [
                *begin,
                "# The rows.",
                *self._table(data.source),
                *self._cut(),
                *self._again(prepare),
                *self._back(),
                "",
            ]
        if self.windowed or len({Path(f).suffix for files in (data.source, *separate.values()) for f in files}) > 1:
            self.problems.add("data", "parts in files of their own, with a window or in different formats")
        table = self._table(data.source)
        others = {part: self._table(files) for part, files in separate.items()}
        lines: Lines = [*begin, "# The rows of the training file.", *table, *self._cut(), *self._again(prepare)]
        for part, made in others.items():
            lines += [f"# The rows of the {part} file.", *made, f"{part} = data"]
        return [*lines, ""]

    def _table(self, sources: tuple[str, ...]) -> Lines:
        """Return lines after which `data` holds the prepared rows that have a label, in order of time with a window."""
        lines = read_lines(self.config, self.facts, sources, self.beside, self.problems)
        prepare = Prepare(self.config, self.facts, self.problems)
        if prepare.is_function:
            lines += ["raw = data", 'part = pd.Series("", index=raw.index)', "data = prepare(raw, part)"]
        else:
            lines += prepare.lines()
        lines += order_lines(self.config) if self.windowed else []
        if not self.facts.loses_rows:
            return lines
        lines += [] if prepare.is_function else self._whole()
        filled = [name for name in self._targets() if name in prepare.filled_inside]
        if filled and not self.config.evaluate.imputed_labels:
            known = f"raw.loc[data.index, {literal(filled)}].notna().all(axis=1)"
            lines += ["# A label that was filled in is none.", f"data = data[{known}]"]
        return [*lines, f"data = data.dropna(subset={literal(self._targets())})"]

    def _whole(self) -> Lines:
        """Return the line that keeps all rows that a window may look back at, labelled or not."""
        if not self.windowed:
            return []
        past = [name for name in self._targets() if name in self.facts.features]
        return [f"whole = data.dropna(subset={literal(past)})" if past else "whole = data"]

    def _back(self) -> Lines:
        """Return lines after which `data` has all rows again, for the windows."""
        if not self.windowed or not self.facts.loses_rows:
            return []
        lines = ["# Rows without a label are in no part, and windows may look back at them.", "data = whole"]
        classes = [column_name(n) for head in self.labels.heads if head.task == "multiclass" for n in head.targets]
        if classes:
            anyone = ", ".join(f"{literal(name)}: {column('train', name)}.iloc[0]" for name in classes)
            lines[-1] = f"data = whole.fillna({{{anyone}}})  # an encoder takes classes alone"
        return lines

    def _targets(self) -> list[str]:
        assert self.config.data is not None
        return [column_name(name) for name in self.config.data.target]

    def _again(self, prepare: Prepare) -> Lines:
        """Return lines that prepare the rows once more, now that it is known which are training rows."""
        if not prepare.is_function:
            return []
        data = self.config.data
        assert data is not None
        own = {"validation": data.validation_source, "test": data.test_source}
        parts = [part for part in self.facts.parts if own.get(part) is None]
        lines = ["", "# Once more, so that no training value comes from a row of another part."]
        lines += [f"part[{part}.index] = {literal(part)}" for part in parts]
        lines += ["data = prepare(raw, part)", *(order_lines(self.config) if self.windowed else [])]
        if self.facts.loses_rows:
            lines += [*self._whole(), f"data = data.dropna(subset={literal(self._targets())})"]
        kept = "data.loc[{0}.index[{0}.index.isin(data.index)]]"
        return [*lines, *(f"{part} = {kept.format(part)}" for part in parts)]

    def _cut(self) -> Lines:
        made = split_lines(self.config, self.problems)
        absent = [part for part in ("validation", "test") if part not in self.facts.rows]
        return ["", *(line for line in made if not line.startswith(tuple(f"{part} = " for part in absent)))]

    def _features(self) -> Lines:
        inputs = Inputs(self.config, self.facts, self.problems)
        functions = [*inputs.lines(), *self.labels.lines()]
        setup = [*inputs.setup, *self.labels.setup]
        learns = any(".fit(" in line or ".adapt(" in line for line in setup)
        comment = "# Means and whatever else is learned of columns is learned from the training rows alone."
        return [*definitions(setup), *([comment] if learns else []), *setup, *functions]

    def _arrays(self) -> Lines:
        return [*(f"x_{part}, y_{part} = inputs({part}), labels({part})" for part in self.facts.parts), ""]

    def _windows(self) -> Lines:
        window = self.config.preprocessing.window
        assert window is not None
        head = self.labels.heads[0]
        forms = {_label_form(self.config, head) for head in self.labels.heads}
        if len(forms) > 1:
            self.problems.add("outputs", "windows with outputs of different forms")
        several = len(self.facts.shapes) > 1
        return [
            *window_lines(self.config, self.facts, self.problems),
            *example_lines(several, _label_form(self.config, head), self.labels.is_named),
            *(f"{part}_rows, x_{part}, y_{part} = examples({literal(part)})" for part in self._trained()),
            "",
        ]

    def _trained(self) -> list[str]:
        return [part for part in self.facts.parts if part != "test"]

    def _weights(self) -> Lines:
        """Return lines that choose and weigh the training rows."""
        frame = "train"
        lines: Lines = []
        if self.config.preprocessing.resample:
            lines = resample_lines(self.config, self.facts, self.problems)
            frame = "train.iloc[chosen]"
        elif self.windowed:
            frame = "train_rows.iloc[::HORIZON]"
        return [*lines, *self.labels.weight_lines(frame)]

    def _training(self) -> Lines:
        fit = self.config.fit
        assert fit is not None
        weighted = fit.class_weight is not None or fit.sample_weight is not None
        resampled = bool(self.config.preprocessing.resample)
        x, y = ("x_resampled", "y_resampled") if resampled else ("x_train", "y_train")
        if resampled and not fit.shuffle:
            self.problems.add("fit.shuffle", "resampled rows in a fixed order")
        tensors = f"({x}, {y}, weights)" if weighted else f"({x}, {y})"
        num_rows = "len(chosen)" if resampled else self._num_rows()
        has_validation = "validation" in self.facts.rows
        return [
            *epoch_lines(self.config, num_rows, tensors),
            *fit_lines(self.config, has_validation, weighted, self.problems),
        ]

    def _num_rows(self) -> str:
        if not self.windowed:
            return "len(train)"
        return f"len(train_rows){' // HORIZON'}"


def _label_form(config: Config, head: Head) -> str:
    """Return what makes labels `(num_examples, horizon, num_targets)` those of an output."""
    window = config.preprocessing.window
    assert window is not None
    if head.task != "regression":
        return "[:, 0]"
    named = [spec for spec in config.layers if head.layer is not None and given_name(spec) == head.layer]
    units = (named[0] if named else config.layers[-1]).args.get("units")
    if units == window.horizon * len(head.targets):
        return "[:, 0]" if window.horizon == 1 else "[..., 0]" if len(head.targets) == 1 else ".reshape(len(y), -1)"
    return ""


def _heading(config: Config, facts: Facts) -> Lines:
    """Return the docstring."""
    from importlib.metadata import version

    from dlrun.keras_catalog import keras_version

    assert config.data is not None
    targets = listed(config.data.target)
    features = listed(facts.features)
    source = prose(Path(config.data.source[0]).name)
    first = f"Predict {targets} from {features} of {source} with Keras."
    origin = f"the run {prose(facts.from_run)}" if facts.from_run else f"the config {prose(config.name)}"
    text = (
        f"Written from {origin} by `dlrun export --to python` (dlrun {version('dlrun')}, Keras {keras_version()}). "
        "It does without dlrun and gives the same result: the same rows in each part and the same preprocessing, the "
        "same initial weights, the same order of rows in every epoch, and so the same scores."
    )
    return [f'"""{first}', "", *textwrap.wrap(text, WIDTH - 2), '"""']
