"""The names that an object in a config may have: Keras's, and those of dlrun's own steps."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.catalog import PREPROCESSING_STEPS, RESAMPLERS, keras_entry, keras_names
from dlrun.config.graph_layers import own_parameters
from dlrun.keras_catalog import KerasEntry, Parameter
from dlrun.own_names import OwnNames
from dlrun.plugins import plugin_entries, plugin_entry
from dlrun.registry import Registry

STEPS = "preprocessing"
RESAMPLING = "resample"
STEP_REGISTRIES: dict[str, Registry] = {STEPS: PREPROCESSING_STEPS, RESAMPLING: RESAMPLERS}
KIND_WORDS = {
    "layers": "layer",
    "optimizers": "optimizer",
    "schedules": "learning-rate schedule",
    "losses": "loss",
    "metrics": "metric",
    "callbacks": "callback",
    "initializers": "initializer",
    "regularizers": "regularizer",
    "constraints": "constraint",
    "activations": "activation",
    STEPS: "preprocessing step",
    RESAMPLING: "resampling",
}


@dataclass(frozen=True)
class Known:
    """What is known of a name: the kind it was found in, its canonical spelling, its parameters."""

    kind: str
    name: str
    parameters: tuple[Parameter, ...]
    refused: str = ""
    own: bool = False  # whether it is the user's, or an installed package's


def look_up(name: str, kinds: tuple[str, ...]) -> Known | None:
    """Return what is known of `name` in the first of `kinds` that has it, or None."""
    for kind in kinds:
        registry = STEP_REGISTRIES.get(kind)
        if registry is not None and name in registry:
            return Known(kind, name, ())
        entry = keras_entry("layers" if kind == STEPS else kind, name) if kind != RESAMPLING else None
        if entry is not None:
            refused = entry.refused or (_trained(entry) if kind == STEPS else "")
            return Known(kind, entry.name, entry.parameters, refused)
        own = own_parameters(name) if kind == "layers" else None
        if own is not None:
            return Known(kind, name, own)
    return None


def look_up_own(own: OwnNames, name: str, kinds: tuple[str, ...]) -> Known | None:
    """Return what the user's files, or an installed package, say of a name that neither Keras nor dlrun has."""
    for kind in kinds:
        entry = own.find(kind, name) or plugin_entry(kind, name)
        if entry is not None:
            return Known(kind, name, entry.parameters, own=True)
    return None


def own_spellings(own: OwnNames, kind: str) -> list[str]:
    """Return the names that the user's files and installed packages add to a kind."""
    return [e.name for e in (*own.entries, *plugin_entries(kind)) if e.kind == kind]


def spellings(kind: str) -> list[str]:
    """Return every spelling that a kind knows, for the nearest name."""
    if kind == RESAMPLING:
        return list(RESAMPLERS)
    names = keras_names("layers" if kind == STEPS else kind)
    entries = [keras_entry("layers" if kind == STEPS else kind, name) for name in names]
    if kind == STEPS:
        return [*PREPROCESSING_STEPS, *(e.name for e in entries if e is not None and not _trained(e))]
    return [spelling for e in entries if e is not None for spelling in (e.name, *e.aliases)]


def _trained(entry: KerasEntry) -> str:
    """Say why a layer is no preprocessing step: it has weights that training changes, or wraps another layer."""
    if any(n.endswith("_initializer") or n in {"layer", "cell", "cells"} for n in entry.parameter_names):
        return "It is trained with the network: put it under layers."
    return ""


def example(kind: str) -> str:
    """Return how an object of a kind is written, for a message."""
    return {
        "layers": "Dense: 8, or Dense: {units: 8, activation: relu}",
        "optimizers": "adam, or Adam: {learning_rate: 0.001}",
        "callbacks": "EarlyStopping: {patience: 5}",
        STEPS: "standard, or impute: median",
    }.get(kind, "its name, or Name: {argument: value}")
