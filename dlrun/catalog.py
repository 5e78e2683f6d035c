"""What dlrun knows by name. One line here makes a new source, step or plot known everywhere.

To add a preprocessing step: write `dlrun/preprocessing/<name>.py` with a class like those beside it, and add its
line to PREPROCESSING_STEPS. To add a plot: write `dlrun/plots/<name>.py` with a function `draw`, and add its line
to PLOTS. Sources, prepare steps, resamplers and exports go the same way. Nothing is imported before it is used.

The names of Keras's own classes are not listed by hand: `keras_catalog.json` is made from Keras itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.keras_catalog import KerasEntry, Parameter, keras_entry, keras_names
from dlrun.registry import Registry

__all__ = [
    "EXPORTS",
    "PLOTS",
    "PREPARE_STEPS",
    "PREPROCESSING_STEPS",
    "REGISTRIES",
    "RESAMPLERS",
    "SOURCES",
    "KerasEntry",
    "Parameter",
    "keras_entry",
    "keras_names",
    "register",
]

T = TypeVar("T")

SOURCES = Registry(
    "file format",
    {
        ".csv": "dlrun.data.sources.text:read_text",
        ".tsv": "dlrun.data.sources.text:read_text",
        ".txt": "dlrun.data.sources.text:read_text",
        ".data": "dlrun.data.sources.text:read_text",
        ".parquet": "dlrun.data.sources.parquet:read_parquet",
        ".xlsx": "dlrun.data.sources.xlsx:read_xlsx",
        ".jsonl": "dlrun.data.sources.jsonl:read_jsonl",
        ".npz": "dlrun.data.sources.npz:read_npz",
        ".bmp": "dlrun.data.sources.images:read_image",
        ".gif": "dlrun.data.sources.images:read_image",
        ".jpeg": "dlrun.data.sources.images:read_image",
        ".jpg": "dlrun.data.sources.images:read_image",
        ".png": "dlrun.data.sources.images:read_image",
    },
)

PREPARE_STEPS = Registry(
    "prepare step",
    {
        "date_parts": "dlrun.data.prepare.date_parts:date_parts",
        "datetime": "dlrun.data.prepare.datetime:datetime",
        "derive": "dlrun.data.prepare.derive:derive",
        "drop": "dlrun.data.prepare.drop:drop",
        "drop_columns": "dlrun.data.prepare.drop_columns:drop_columns",
        "drop_duplicates": "dlrun.data.prepare.drop_duplicates:drop_duplicates",
        "drop_missing": "dlrun.data.prepare.drop_missing:drop_missing",
        "fill": "dlrun.data.prepare.fill:fill",
        "filter": "dlrun.data.prepare.filter:filter_rows",
        "interpolate": "dlrun.data.prepare.interpolate:interpolate",
        "lag": "dlrun.data.prepare.lag:lag",
        "map": "dlrun.data.prepare.map:map_values",
        "rename": "dlrun.data.prepare.rename:rename",
        "replace": "dlrun.data.prepare.replace:replace",
        "reverse_rows": "dlrun.data.prepare.reverse_rows:reverse_rows",
        "shift": "dlrun.data.prepare.shift:shift",
        "sort_by": "dlrun.data.prepare.sort_by:sort_by",
        "to_number": "dlrun.data.prepare.to_number:to_number",
    },
)

PREPROCESSING_STEPS = Registry(
    "preprocessing step",
    {
        "bucketize": "dlrun.preprocessing.bucketize:Bucketize",
        "clip": "dlrun.preprocessing.clip:Clip",
        "hash": "dlrun.preprocessing.hash:Hash",
        "impute": "dlrun.preprocessing.impute:Impute",
        "log1p": "dlrun.preprocessing.log1p:Log1p",
        "min_max": "dlrun.preprocessing.min_max:MinMax",
        "missing_indicator": "dlrun.preprocessing.missing_indicator:MissingIndicator",
        "none": "dlrun.preprocessing.none:NoStep",
        "one_hot": "dlrun.preprocessing.one_hot:OneHot",
        "ordinal": "dlrun.preprocessing.ordinal:Ordinal",
        "power": "dlrun.preprocessing.power:Power",
        "quantile": "dlrun.preprocessing.quantile:Quantile",
        "robust": "dlrun.preprocessing.robust:Robust",
        "standard": "dlrun.preprocessing.standard:Standard",
    },
)

RESAMPLERS = Registry(
    "resampling",
    {
        "oversample": "dlrun.preprocessing.resample:Oversample",
        "undersample": "dlrun.preprocessing.resample:Undersample",
    },
)

PLOTS = Registry(
    "plot",
    {
        "learning_curves": "dlrun.plots.learning_curves:draw",
        "confusion_matrix": "dlrun.plots.confusion_matrix:draw",
        "mistakes": "dlrun.plots.mistakes:draw",
        "roc": "dlrun.plots.roc:draw",
        "precision_recall": "dlrun.plots.precision_recall:draw",
        "predicted_actual": "dlrun.plots.predicted_actual:draw",
        "residuals": "dlrun.plots.residuals:draw",
        "forecast": "dlrun.plots.forecast:draw",
        "horizon_error": "dlrun.plots.horizon_error:draw",
        "residual_panel": "dlrun.plots.residual_panel:draw",
    },
)

EXPORTS = Registry(
    "export",
    {
        "python": "dlrun.export.to_python:to_python",
        "keras": "dlrun.export.to_keras:to_keras",
    },
)

REGISTRIES = {
    "source": SOURCES,
    "prepare": PREPARE_STEPS,
    "preprocessing": PREPROCESSING_STEPS,
    "resample": RESAMPLERS,
    "plot": PLOTS,
}


def register(kind: str, name: str) -> Callable[[T], T]:
    """Return a decorator that makes a class or function of the user's own known by name.

    Args:
        kind: What it is, a key of REGISTRIES: "source", "prepare", "preprocessing", "resample" or "plot".
        name: The name for configs; a file format's is its ending, with the dot.

    Raises:
        ConfigError: If there is no such kind.
    """
    if kind not in REGISTRIES:
        raise ConfigError(Problem(f"unknown kind '{kind}' in dlrun.register", did_you_mean(kind, REGISTRIES)))
    return REGISTRIES[kind].register(name)
