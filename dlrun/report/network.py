"""The network: a picture with shapes and parameters, and how it learns."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from dlrun.config.resolved import as_run_errors
from dlrun.report.diagram import MOST_LAYERS, diagram
from dlrun.report.preparation import shape_words, value_words
from dlrun.report.section import Section, Source

if TYPE_CHECKING:
    from dlrun.model.describe import LayerRow


def network_section(source: Source) -> Section:
    """Return the section of the network; its shapes come from building it once more, without its weights."""
    rows = _layers(source)
    parameters = sum(row.parameters for row in rows)
    trainable = sum(row.trainable_parameters for row in rows)
    outputs = {layer: target for target, layer in source.config.outputs.items()} or (
        {rows[-1].name: ", ".join(source.record["targets"])} if rows else {}
    )
    content = {
        "picture": diagram(rows, outputs) if 0 < len(rows) <= MOST_LAYERS else None,
        "layers": [_row(row) for row in rows],
        "settings": _settings(source),
    }
    kept = f", {parameters - trainable:,} of them not trainable" if parameters != trainable else ""
    layers = sum(bool(row.connected_to) for row in rows)
    about = f"{layers} layer{'s' * (layers != 1)}, {parameters:,} parameters{kept}."
    return Section("network", "Network", about, content)


def _layers(source: Source) -> list[LayerRow]:
    """Return a row for each input and layer; none where the run did not come so far as to learn its preprocessing."""
    run = source.run
    if not run.dir.has(run.dir.preprocessing):
        return []
    inputs = run.preprocessor  # starts Keras
    from dlrun.model.budget import weights_within
    from dlrun.model.build import build_network
    from dlrun.model.describe import layer_rows
    from dlrun.training.network import network_inputs

    with contextlib.ExitStack() as around:
        around.enter_context(as_run_errors())
        if run.dir.has(run.dir.arrays):
            around.enter_context(weights_within(run.dir.arrays.stat().st_size))
        return layer_rows(build_network(run.config, network_inputs(inputs), read_weights=False))


def _row(row: LayerRow) -> dict[str, Any]:
    shape = row.output_shape[0] if row.output_shape and isinstance(row.output_shape[0], tuple) else row.output_shape
    return {
        "name": row.name,
        "type": row.type,
        "shape": shape_words(shape[1:]),
        "parameters": row.parameters,
        "takes": ", ".join(row.connected_to),
    }


def _settings(source: Source) -> list[tuple[str, str]]:
    _, compile_, fit = source.config.required()
    told = [("optimizer", value_words(compile_.optimizer)), ("loss", value_words(compile_.loss))]
    told += [("metrics", value_words(compile_.metrics))] if compile_.metrics else []
    told += [("loss_weights", value_words(compile_.loss_weights))] if compile_.loss_weights else []
    told += [("epochs", f"{fit.epochs:,}"), ("batch_size", f"{fit.batch_size:,}")]
    told += [("callbacks", value_words(source.config.callbacks))] if source.config.callbacks else []
    return told
