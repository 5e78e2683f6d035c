"""The config's sections: every key, its type, its default and what it means.

The README's reference and the JSON Schema are made from these classes, so a field's description is documentation.
Sections hold plain values and specs (`objects.py`); values that may be written in several ways are normalized
before they come here, so code that reads a config meets one form only.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dlrun.config.objects import ObjectSpec, Path, PrepareSpec


class Section(BaseModel):
    """A mapping in the config that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


class ReadConfig(Section):
    """How text files are read; pandas's words."""

    encoding: str | None = Field(None, description="cp949, latin-1, ...; default: utf-8, or as its first bytes say")
    sep: str | None = Field(None, description="what stands between fields; default: a comma, a tab for .tsv")
    header: int | None = Field(0, description="the line with the columns' names; null where there is none")
    names: tuple[str, ...] | None = Field(None, description="the columns' names, for a file without a header")
    usecols: tuple[str, ...] | None = Field(None, description="read these columns only")
    skiprows: int = Field(0, ge=0, description="lines to leave out at the top")
    comment: str | None = Field(None, description="the rest of a line after this character is left out")
    skipinitialspace: bool = Field(False, description="leave out spaces after the separator")
    quotechar: str = Field('"', description="the character around fields that hold a separator")
    decimal: str = Field(".", description="the decimal point")
    thousands: str | None = Field(None, description="the thousands separator")
    dtype: dict[str, str] = Field(default_factory=dict, description="column to dtype: {zip: str}")
    na_values: tuple[str, ...] = Field((), description="further texts that mean a missing value")
    keep_default_na: bool = Field(True, description="whether '', NA, NaN, null, None mean a missing value")
    true_values: tuple[str, ...] = Field((), description="texts that mean true")
    false_values: tuple[str, ...] = Field((), description="texts that mean false")
    parse_dates: tuple[str, ...] = Field((), description="columns to read as times")
    date_format: str | None = Field(None, description="how these times are written: %d/%m/%Y")
    sheet_name: str | int = Field(0, description="the sheet of an xlsx file")
    color_mode: Literal["grayscale", "rgb", "rgba"] = Field("rgb", description="for a folder of images")
    image_size: tuple[int, int] | None = Field(None, description="for a folder of images: [height, width]")
    interpolation: Literal[
        "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"
    ] = Field("bilinear", description="for a folder of images that are resized")


class SplitConfig(Section):
    """Which rows train, validate and test."""

    test: float | int | str | None = Field(None, description="a fraction, a number of rows, or a date (with time)")
    validation: float | int | str | None = Field(
        None, description="likewise; a fraction is of the rows left after the test"
    )
    seed: int | None = Field(None, description="default: the run's seed")
    shuffle: bool | None = Field(
        None, description="false takes the last rows; default: true, but false with a window or time"
    )
    stratify: bool | str = Field(False, description="true (by the class target) or a column's name")
    group: str | None = Field(None, description="a column: rows with the same value stay in one part")
    column: str | None = Field(None, description="a column that names each row's part: train, validation, test")
    time: str | None = Field(None, description="a time column; test and validation are then dates")
    embargo: int = Field(0, ge=0, description="rows left out between parts")
    folds: int | None = Field(
        None, ge=2, description="cross-validation: so many parts take turns as the test rows, whatever `test` says"
    )
    fold: int | None = Field(None, ge=1, description="which of the folds is the test part, from 1; `dlrun cv` runs all")
    max_train_size: int | None = Field(
        None, ge=1, description="with folds in order of time: train on at most the latest so many rows"
    )


class FrequencyConfig(Section):
    """A row for every step of the clock; those that lack are filled, go into windows, and are never a label."""

    every: str = Field(description="the step, as pandas writes it: min, 15min, h, D, W, MS, QS, YS")
    fill: Literal["previous", "interpolate", "zero"] = Field(
        "previous", description="how rows that lack get their numbers: the row before, a straight line, or 0"
    )


class DataConfig(Section):
    """Where the rows come from and what is done to the table before it is split."""

    source: tuple[str, ...] = Field(description="a file, a glob, a folder of images, or a list of them")
    validation_source: tuple[str, ...] | None = Field(None, description="validation rows in files of their own")
    test_source: tuple[str, ...] | None = Field(None, description="test rows in files of their own")
    read: ReadConfig = Field(default_factory=ReadConfig, description="how text files are read")
    target: tuple[str, ...] = Field((), description="the column to predict, or a list of them")
    features: tuple[str, ...] | None = Field(None, description="the columns to learn from; default: all but the target")
    drop: tuple[str, ...] = Field((), description="columns that leave the features")
    categorical: tuple[str, ...] = Field((), description="columns of integer codes that are categories")
    time: str | None = Field(None, description="the clock of a series")
    frequency: FrequencyConfig | None = Field(None, description="with a window: a row for every step, as in `h`")
    prepare: tuple[PrepareSpec, ...] = Field((), description="table steps, in order")
    split: SplitConfig = Field(default_factory=SplitConfig, description="which rows train, validate and test")
    stream: bool | None = Field(
        None, description="keep rows on disk, for data larger than memory; default: by the data's size"
    )


class WindowConfig(Section):
    """Rows of a series to examples (see the time-series chapter)."""

    length: int = Field(ge=1, description="rows in an example")
    horizon: int = Field(1, ge=1, description="rows in its label")
    gap: int = Field(0, ge=0, description="rows between the two")
    stride: int = Field(1, ge=1, description="rows from one example to the next")
    series: str | None = Field(None, description="a column that tells series apart")


class PreprocessingConfig(Section):
    """What is learned from training rows and done to every column."""

    numeric: tuple[ObjectSpec, ...] = Field((), description="steps for every numeric feature column")
    categorical: tuple[ObjectSpec, ...] = Field(
        (ObjectSpec("one_hot"),), description="steps for text, boolean and category columns; default: one_hot"
    )
    columns: dict[str, tuple[ObjectSpec, ...]] = Field(default_factory=dict, description="steps for single columns")
    target: dict[str, tuple[ObjectSpec, ...]] = Field(
        default_factory=dict, description="steps for the target, undone in results; keyed by target ('' = every target)"
    )
    window: WindowConfig | None = Field(None, description="examples made of consecutive rows")
    resample: tuple[ObjectSpec, ...] = Field((), description="make classes even, in training rows only")


class InputConfig(Section):
    """One input of the network: columns, or (for a model without data) a shape."""

    columns: tuple[str, ...] = Field((), description="the columns, or encoded ones, that go in")
    shape: tuple[int | None, ...] | None = Field(None, description="for a model without data")
    dtype: str | None = Field(None, description="for a model without data")


class CompileConfig(Section):
    """Arguments of `model.compile`; keyed by target where there are `outputs`."""

    optimizer: ObjectSpec = Field(ObjectSpec("rmsprop"), description="default, as in Keras: rmsprop")
    loss: ObjectSpec | dict[str, ObjectSpec] = Field(description="one loss, or one per target")
    loss_weights: dict[str, float] | None = Field(None, description="target to weight")
    metrics: tuple[ObjectSpec, ...] | dict[str, tuple[ObjectSpec, ...]] = Field((), description="Keras metrics")
    weighted_metrics: tuple[ObjectSpec, ...] | dict[str, tuple[ObjectSpec, ...]] = Field(
        (), description="Keras metrics that respect class and sample weights"
    )
    jit_compile: bool = Field(False, description="compile with XLA; on a CPU it slows small networks down")
    mixed_precision: Literal["mixed_float16", "mixed_bfloat16"] | None = Field(
        None, description="mixed_float16 or mixed_bfloat16: layers compute in 16 bits, for GPUs; default: float32"
    )
    steps_per_execution: int | None = Field(
        None, ge=1, description="batches in one call; chosen by itself if not given"
    )


class CheckpointConfig(Section):
    """How often everything that `dlrun resume` needs is kept."""

    minutes: float = Field(10.0, gt=0.0, description="inside an epoch, after so many minutes")
    epochs: int | None = Field(
        None, ge=1, description="after every so many epochs; default: as often as takes less than 5 % of the time"
    )


class TimeLimitConfig(Section):
    """When training stops by itself, to be resumed later; hours and minutes add up."""

    hours: float = Field(0.0, ge=0.0, description="of training since the last start")
    minutes: float = Field(0.0, ge=0.0, description="further minutes")

    @property
    def seconds(self) -> float:
        """The limit in seconds."""
        return 3600 * self.hours + 60 * self.minutes


class FitConfig(Section):
    """Arguments of `model.fit`."""

    epochs: int = Field(ge=1, description="how often all training rows are seen")
    batch_size: int = Field(32, ge=1, description="rows in a batch")
    shuffle: bool = Field(True, description="another order of training rows in every epoch")
    validation_split: float = Field(0.0, ge=0.0, lt=1.0, description="the last fraction of the training rows validates")
    validation_batch_size: int | None = Field(None, ge=1, description="default: batch_size")
    validation_freq: int = Field(1, ge=1, description="validate every so many epochs")
    class_weight: Literal["balanced"] | dict[str, Any] | None = Field(
        None, description="balanced, or label to weight; keyed by target where there are `outputs`"
    )
    sample_weight: str | None = Field(None, description="a column with a weight for each row")
    checkpoint: CheckpointConfig = Field(
        default_factory=CheckpointConfig, description="how often everything that `dlrun resume` needs is kept"
    )
    time_limit: TimeLimitConfig | None = Field(None, description="when to stop by itself, to be resumed later")


class EvaluateConfig(Section):
    """How results are judged."""

    threshold: float = Field(0.5, ge=0.0, le=1.0, description="probability from which a row counts as positive")
    best_threshold: (
        Literal[
            "accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "macro_f1", "jaccard",
            "matthews_corrcoef",
        ]
        | None
    ) = Field(None, description="in place of threshold: the best by this score on validation rows")  # fmt: skip
    positive: str | None = Field(None, description="the positive class; default: the one that sorts last")
    season: int | None = Field(
        None,
        ge=1,
        description="rows in a season, for last_season; default: by the clock, else found in the training rows",
    )
    imputed_labels: bool = Field(False, description="train on and score labels that were missing in the file")


class MlflowConfig(Section):
    """A run that MLflow keeps too; MLflow's words."""

    tracking_uri: str | None = Field(
        None, description="default: MLFLOW_TRACKING_URI, else sqlite:///mlflow.db; such a path lies in the runs' folder"
    )
    experiment_name: str | None = Field(None, description="default: the config's name")
    run_name: str | None = Field(None, description="default: that of the run's folder")
    tags: dict[str, str] = Field(default_factory=dict, description="tags of the run: {team: vision}")
    log_models: bool = Field(False, description="keep model.keras there, too")


class TrackConfig(Section):
    """Where a run is kept besides its folder."""

    mlflow: MlflowConfig | None = Field(None, description="in MLflow; `track: mlflow` is enough")


class Sections(Section):
    """A whole config: `extends` aside, which is resolved before."""

    name: str = Field(pattern=r"^\w[\w.-]{0,63}$", description="of the run's folder; default: the file's stem")
    seed: int = Field(0, ge=0, lt=2**32, description="of split, initial weights, order of rows and dropout")
    vars: dict[str, Any] = Field(default_factory=dict, description="values to use as ${vars.name}")
    data: DataConfig | None = Field(None, description="where the rows come from")
    preprocessing: PreprocessingConfig = Field(
        default_factory=PreprocessingConfig, description="what is learned from training rows and done to every column"
    )
    inputs: dict[str, InputConfig] = Field(default_factory=dict, description="named inputs of the network")
    blocks: dict[str, Any] = Field(default_factory=dict, description="layers written once, to be used by their name")
    layers: tuple[ObjectSpec, ...] = Field(description="the network, from inputs to outputs")
    outputs: dict[str, str] = Field(default_factory=dict, description="target to the layer that predicts it")
    compile: CompileConfig | None = Field(None, description="optimizer, loss, metrics")
    fit: FitConfig | None = Field(None, description="epochs, batch_size and the like")
    callbacks: tuple[ObjectSpec, ...] = Field((), description="Keras callbacks")
    evaluate: EvaluateConfig = Field(default_factory=EvaluateConfig, description="how results are judged")
    track: TrackConfig = Field(
        default_factory=TrackConfig, description="where runs are kept besides their folders: mlflow"
    )
    sweep: dict[str, Any] = Field(default_factory=dict, description="values to try")
    code: tuple[str, ...] = Field((), description="the user's own Python files; run only with --trust")


def section_classes() -> dict[Path, type[Section]]:
    """Return every section by the path at which it stands; () is the whole config."""
    return {
        (): Sections,
        ("data",): DataConfig,
        ("data", "read"): ReadConfig,
        ("data", "frequency"): FrequencyConfig,
        ("data", "split"): SplitConfig,
        ("preprocessing",): PreprocessingConfig,
        ("preprocessing", "window"): WindowConfig,
        ("compile",): CompileConfig,
        ("fit",): FitConfig,
        ("fit", "checkpoint"): CheckpointConfig,
        ("fit", "time_limit"): TimeLimitConfig,
        ("evaluate",): EvaluateConfig,
        ("track",): TrackConfig,
        ("track", "mlflow"): MlflowConfig,
    }
