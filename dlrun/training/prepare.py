"""From a config to a network that is ready to train: what `train` and `check --build` share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.data.memory import release
from dlrun.errors import ConfigError, DlrunError
from dlrun.training.engine import Engine
from dlrun.training.network import network_inputs
from dlrun.training.progress import Progress
from dlrun.training.results import Made
from dlrun.training.rows import examples_of, row_numbers, training_examples
from dlrun.training.runtime import start_keras_for
from dlrun.training.track import check_tracking
from dlrun.training.windows import check_windows

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.data.table import Dataset
    from dlrun.preprocessing.preprocessor import Preprocessor
    from dlrun.training.graphs import Graphs


@dataclass(frozen=True)
class Prepared:
    """Everything that training needs; nothing has been written yet.

    Args:
        dataset: The data; rows in memory have given up the columns that nothing but the inputs is made of.
        preprocessor: What was learned.
        model: The network.
        engine: Trains it.
        made: Part to its examples, where they were made already.
    """

    dataset: Dataset
    preprocessor: Preprocessor
    model: Any
    engine: Engine
    made: dict[str, Made]

    def give_up_rows(self) -> None:
        """Keep no examples any more: nothing but plots, drawn from the run's files, comes after the scores."""
        self.made.clear()
        self.engine.give_up_rows()
        release()


def prepare(config: Config, progress: Progress, trust: bool = False, graphs: Graphs | None = None) -> Prepared:
    """Read the data, learn the preprocessing, build and compile the network, and make the graphs.

    Whatever is wrong with the config, the data or the network comes up here.

    Args:
        config: The config.
        progress: Hears how it goes.
        trust: Whether the config's own code may run.
        graphs: Those of a run in this process whose config differs in its seed alone.

    Raises:
        ConfigError: If the config is wrong, alone or for this data.
        DataError: If the data cannot be used.
        RunError: If the config names code that is not trusted.
    """
    _, _, fit = config.required()
    check_tracking(config, trust)
    progress.phase("starting Keras")
    start_keras_for(config)
    _load_user_code(config, trust)

    progress.phase("reading the data")
    dataset = _load_dataset(config)
    _find_season(dataset)
    train, validation = dataset.examples["train"], dataset.examples.get("validation")
    for note in (*config.notes, *dataset.notes):
        progress.note(note)

    progress.phase("preprocessing")
    preprocessor = adapt(config, dataset)
    made = _make_examples(config, dataset, preprocessor)
    plain = made.get("train")
    train_examples = training_examples(config, preprocessor, train, plain.examples if plain else None)
    validation_examples = None
    if validation is not None:
        own = made.get("validation")
        validation_examples = own.examples if own else examples_of(preprocessor, validation)

    progress.phase("building the network")
    model = _build(config, dataset, preprocessor)
    _check_callbacks(config)
    engine = Engine(
        model, train_examples, validation_examples, settings=fit, seed=config.seed,
        steps_per_execution=config.compile.steps_per_execution if config.compile else None, graphs=graphs,
    )  # fmt: skip
    _trace(config, engine)
    rows = {part: len(table) for part, table in dataset.examples.items()}
    inputs = {name: shape.shape for name, shape in network_inputs(preprocessor).items()}
    for note in _scaling_notes(config):  # of training, so not before it is known to begin
        progress.note(note)
    progress.prepared(rows, inputs, model.count_params())
    return Prepared(dataset, preprocessor, model, engine, made)


def _load_user_code(config: Config, trust: bool) -> None:
    from dlrun.model.user_code import load_user_code

    load_user_code(config, trust)


def _load_dataset(config: Config) -> Dataset:
    from dlrun.data.load import load_dataset

    dataset = load_dataset(config)
    release()
    return dataset


def _find_season(dataset: Dataset) -> None:
    """Find the season in the training rows where neither the config nor the clock tells it."""
    from dlrun.training.series_scores import season_of_values

    series = dataset.series
    if series is None or series.season is not None:
        return
    series.season = season_of_values(series.examples["train"], dataset.targets)
    if series.season is not None:
        found = f"A season of {series.season} rows was found in the training values, for the forecast last_season"
        dataset.notes.append(f"{found}; evaluate: {{season: ...}} tells another.")


def adapt(config: Config, dataset: Dataset) -> Preprocessor:
    """Learn the preprocessing from the training rows."""
    from dlrun.preprocessing.preprocessor import Preprocessor

    train = dataset.parts["train"]
    columns = train.columns([*dataset.features, *dataset.targets])
    rows = row_numbers(train)
    return Preprocessor.adapt(config, columns, dataset.kinds, dataset.features, dataset.targets, rows)


def _make_examples(config: Config, dataset: Dataset, preprocessor: Preprocessor) -> dict[str, Made]:
    """Return the examples of rows in memory, which then give up the columns that these were made of.

    The smallest part goes first: so there is never much more in memory than the columns, or the examples.
    """
    from dlrun.data.columns import special_columns

    kept = {*dataset.targets, *special_columns(config)}
    made = {}
    for part, rows in sorted(dataset.parts.items(), key=lambda item: len(item[1])):
        if dataset.series is None and rows.disk is None:
            examples = examples_of(preprocessor, rows)
            made[part] = Made(examples, preprocessor.unseen)
            rows.without({*preprocessor.features, *dataset.features} - kept)
    release()
    return made


def _build(config: Config, dataset: Dataset, preprocessor: Preprocessor) -> Any:
    from dlrun.model.build import build_model
    from dlrun.model.compile import compile_model
    from dlrun.model.heads import check_heads, output_shapes

    model = build_model(config, network_inputs(preprocessor))
    num_classes = {target: len(labels) for target, labels in preprocessor.classes.items()}
    label_kinds = {target: dataset.kinds[target] for target in dataset.targets}
    check_heads(config, output_shapes(model), num_classes, label_kinds)
    if dataset.series is not None:
        check_windows(config, output_shapes(model), preprocessor)
    compile_model(model, config)
    return model


def _check_callbacks(config: Config) -> None:
    """Build the callbacks once for nothing, so that their mistakes come up before there is a run folder."""
    from pathlib import Path

    from dlrun.model.callbacks import build_callbacks

    build_callbacks(config, Path("checkpoints"))


def _trace(config: Config, engine: Engine) -> None:
    from dlrun.model.explain import explain, place_in

    try:
        engine.trace()
    except DlrunError:
        raise
    except Exception as error:  # Keras raises whatever a loss or metric that does not fit leads to
        place = place_in(config.code, error)
        where = f" (in {place[0]}:{place[1]})" if place else ""
        raise ConfigError(config.problem(("compile",), f"{explain(error)}{where}")) from error


def _scaling_notes(config: Config) -> list[str]:
    if not config.preprocessing.target:
        return []
    return ["the target is scaled: while training, loss and metrics are in scaled units; results are in its own"]
