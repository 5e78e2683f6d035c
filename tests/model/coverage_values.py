"""What the coverage test gives to each argument of Keras, where neither its default nor its type says something."""

from __future__ import annotations

from typing import Any

from dlrun.keras_catalog import KerasEntry, Parameter, keras_entry

# Never part of a config, and why.
LEFT_OUT = {
    "Lambda": "takes a Python function",
    "LambdaCallback": "takes Python functions",
    "LearningRateScheduler": "takes a Python function",
    "JaxLayer": "takes a Python function",
    "FlaxLayer": "takes a Flax module",
    "TorchModuleWrapper": "takes a Torch module",
    "TFSMLayer": "runs what another model's file holds",
    "InputLayer": "dlrun makes the inputs itself",
    "Wrapper": "a base class that does nothing",
    "CallbackList": "dlrun makes the list itself",
    "History": "dlrun keeps the history itself",
    "ProgbarLogger": "dlrun shows progress itself",
    "RemoteMonitor": "sends data over the network",
    "MultiOptimizer": "takes an object of no kind, and has no learning rate",
    **dict.fromkeys(("Layer", "Optimizer", "LearningRateSchedule", "Loss", "Metric"), "a base class"),
    **dict.fromkeys(("Callback", "Initializer", "Regularizer", "Constraint"), "a base class"),
}
# Arguments that no config can give a value to, and why.
ARGUMENTS_LEFT_OUT = {
    "quantization_config": "an object of keras.quantizers, for a model that is trained already",
    "gptq_unpacked_column_size": "set by Keras when a model is quantized",
}
FAILS_IN_KERAS = {("ReversibleEmbedding", "weights"): "no attribute 'tie_weights'"}

# What a class cannot be made without, or only works together with another argument.
NEEDED: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"},
    "Bidirectional": {"layer": {"LSTM": 3}},
    "CategoryEncoding": {"num_tokens": 5},
    "Discretization": {"bin_boundaries": [0.2, 0.5]},
    "Dot": {"axes": 1},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 4},
    "GroupNormalization": {"groups": 2},
    "HashedCrossing": {"num_bins": 5},
    "LossScaleOptimizer": {"inner_optimizer": {"Adam": {"learning_rate": 0.01}}},
    "MeanMetricWrapper": {"fn": "mean_squared_error"},
    "Permute": {"dims": [2, 1]},
    "PiecewiseConstantDecay": {"boundaries": [5, 10], "values": [0.1, 0.05, 0.01]},
    "Pipeline": {"layers": [{"Rescaling": 0.5}, "RandomFlip"]},
    "RNN": {"cell": {"LSTMCell": 3}},
    "Reshape": {"target_shape": [4, 2]},
    "SpectralNormalization": {"layer": {"Dense": 3}},
    "StackedRNNCells": {"cells": [{"LSTMCell": 3}, {"GRUCell": 2}]},
    "TimeDistributed": {"layer": {"Dense": 3}},
    "Normalization": {"mean": [0.5], "variance": [2.0]},
    "StringLookup": {"vocabulary": ["a", "b"]},
    "IntegerLookup": {"vocabulary": [1, 2]},
    "TextVectorization": {"vocabulary": ["a", "b"]},
    "BackupAndRestore": {"backup_dir": "backup"},
    "CSVLogger": {"filename": "log.csv"},
    "ModelCheckpoint": {"filepath": "best.keras"},
    "OrbaxCheckpoint": {"directory": "orbax"},
    "GroupQueryAttention": {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2},
    "IoU": {"num_classes": 2, "target_class_ids": [0]},
    "OneHotIoU": {"num_classes": 2, "target_class_ids": [0, 1]},
}
BY_TYPE: dict[str, Any] = {
    "initializers": {"RandomNormal": {"stddev": 0.1}},
    "regularizers": {"L1L2": {"l1": 0.25, "l2": 0.5}},
    "constraints": {"MaxNorm": {"max_value": 3}},
    "activations": "tanh",
    "schedules": {"ExponentialDecay": {"initial_learning_rate": 0.5, "decay_steps": 10, "decay_rate": 0.5}},
    "layers": {"LSTM": 3},
    "optimizers": {"SGD": 0.1},
    "int+": 2,
    "int": 2,
    "fraction": 0.25,
    "float": 0.5,
    "list": [0.25, 0.75],
    "str": "named",
}
# Arguments of which neither the default nor the type says what to give.
VALUES: dict[str, Any] = {
    "dtype": "float32",
    "reverse_dtype": "float32",
    "data_format": "channels_last",
    "bounding_box_format": "xywh",
    "factor": 0.5,
    "fill_value": 0.5,
    "flash_attention": False,
    "verbose": 1,
    "salt": 7,
    "max_tokens": 6,
    "num_bins": 5,
    "num_classes": 2,
    "thresholds": [0.25, 0.75],
    "output_padding": 0,
    "noise_shape": [2, 1],
    "axis": [1],
    "baseline": 0.5,
    "initial_value_threshold": 0.5,
    "ema_overwrite_frequency": 10,
    "gradient_accumulation_steps": 2,
    "clipnorm": 0.5,
    "clipvalue": 0.5,
    "global_clipnorm": 0.5,
    "loss_scale_factor": 2.0,
    "max_value": 2,
    "vocabulary": ["a", "b"],
    "idf_weights": [0.5, 1.5],
    "height": 4,
    "width": 4,
    "threshold": 0.25,
    "top_k": 2,
    "ignore_class": 0,
    "class_id": 1,
    "input_axes": [0],
    "output_axes": [1],
    "decay_steps": 10,
    "decay_rate": 0.5,
    "lora_rank": 2,
    "lora_alpha": 4,
    "weights": [[[0.5, 1.5], [2.5, 3.5]]],
    **dict.fromkeys(("brightness_factor", "contrast_factor", "hue_factor", "saturation_factor"), 0.25),
}
OF_ONE_CLASS: dict[tuple[str, str], Any] = {
    ("AUC", "thresholds"): [0.0, 0.5, 1.0],
    ("AUC", "num_labels"): 3,
    ("AUC", "label_weights"): [0.5, 0.25, 0.25],
    ("Activation", "activation"): "relu",
    ("BatchNormalization", "renorm_clipping"): {"rmax": 3.0, "rmin": 0.5, "dmax": 5.0},
    ("Bidirectional", "backward_layer"): {"LSTM": {"units": 3, "go_backwards": True}},
    ("Dot", "axes"): [1, 1],
    ("Embedding", "weights"): [[[0.5, 1.5], [2.5, 3.5]]],
    ("Hashing", "mask_value"): "",
    ("Hashing", "dtype"): "int32",
    **{(n, "output_mode"): "multi_hot" for n in ("StringLookup", "IntegerLookup", "TextVectorization")},
    ("HashedCrossing", "output_mode"): "one_hot",
    ("IntegerLookup", "mask_token"): 0,
    ("RandomPosterization", "factor"): 4,
    ("RandomTranslation", "height_factor"): 0.25,
    ("RandomTranslation", "width_factor"): 0.25,
    ("STFTSpectrogram", "fft_length"): 512,
    ("IntegerLookup", "vocabulary_dtype"): "int64",
    ("MaxNumBoundingBoxes", "max_number"): 3,
    ("MultiHeadAttention", "attention_axes"): [1],
    ("MultiHeadAttention", "output_shape"): 6,
    ("MultiHeadAttention", "value_dim"): 3,
    ("Muon", "exclude_layers"): ["dense"],
    ("PReLU", "shared_axes"): [1],
    ("ReversibleEmbedding", "logit_soft_cap"): 5.0,
    ("StringLookup", "mask_token"): "m",
    ("TensorBoard", "embeddings_metadata"): {"embedding": "words.tsv"},
    ("TextVectorization", "ngrams"): [1, 2],
    ("TextVectorization", "output_sequence_length"): 4,
    ("EinsumDense", "bias_axes"): "c",
    ("Resizing", "interpolation"): "nearest",
}
# Arguments that want another beside them.
TOGETHER: dict[tuple[str, str], dict[str, Any]] = {
    ("AUC", "num_labels"): {"multi_label": True},
    ("AUC", "label_weights"): {"multi_label": True},
    ("IntegerLookup", "idf_weights"): {"output_mode": "tf_idf"},
    ("StringLookup", "idf_weights"): {"output_mode": "tf_idf"},
    ("TextVectorization", "idf_weights"): {"output_mode": "tf_idf"},
    ("IntegerLookup", "pad_to_max_tokens"): {"output_mode": "multi_hot", "max_tokens": 6},
    ("StringLookup", "pad_to_max_tokens"): {"output_mode": "multi_hot", "max_tokens": 6},
    **{(n, "sparse"): {"output_mode": "one_hot"} for n in ("Discretization", "Hashing", "HashedCrossing")},
    **{(n, "sparse"): {"output_mode": "multi_hot"} for n in ("StringLookup", "IntegerLookup", "TextVectorization")},
    ("ModelCheckpoint", "save_weights_only"): {"filepath": "best.weights.h5", "save_weights_only": True},
    ("ModelCheckpoint", "initial_value_threshold"): {"save_best_only": True},
    **{(n, "salt"): {"oov_method": "farmhash"} for n in ("StringLookup", "IntegerLookup")},
    ("TextVectorization", "pad_to_max_tokens"): {"output_mode": "multi_hot", "max_tokens": 6},
}
# In place of an argument that the class needs.
INSTEAD = {("Discretization", "num_bins"): "bin_boundaries"}


def needed(kind: str, name: str) -> dict[str, Any]:
    """Return the arguments without which a class cannot be made."""
    entry = keras_entry(kind, name)
    assert entry is not None
    given = NEEDED.get(name, {})
    return given | {p.name: value_of(entry, p) for p in entry.parameters if p.required and p.name not in given}


def value_of(entry: KerasEntry, parameter: Parameter) -> Any:
    """Return a value for an argument: another than its default where its type tells one."""
    for table, key in ((OF_ONE_CLASS, (entry.name, parameter.name)), (VALUES, parameter.name)):
        if key in table and (table is OF_ONE_CLASS or parameter.default is None):
            return table[key]
    if isinstance(parameter.default, bool):
        return not parameter.default
    if parameter.choices:
        return next(choice for choice in reversed(parameter.choices) if choice != parameter.default)
    if parameter.default is not None and "initializers" not in parameter.types:
        return parameter.default
    return next(BY_TYPE[t] for t in parameter.types if t in BY_TYPE)


def with_argument(kind: str, name: str, parameter: Parameter) -> dict[str, Any]:
    """Return the arguments for a class with one more than it needs."""
    entry = keras_entry(kind, name)
    assert entry is not None
    given = {**needed(kind, name), **TOGETHER.get((name, parameter.name), {})}
    given.pop(INSTEAD.get((name, parameter.name), ""), None)
    return given if parameter.name in given else {**given, parameter.name: value_of(entry, parameter)}
