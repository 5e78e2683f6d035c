"""The imports of a script, found from the names that its code uses."""

from __future__ import annotations

import ast

from dlrun.export.source import Lines

_MODULES = {
    "glob": "import glob",
    "hashlib": "import hashlib",
    "Path": "from pathlib import Path",
    "keras": "import keras",
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "tf": "import tensorflow as tf",
}
_STANDARD = ("glob", "hashlib", "Path")
_FROM = {
    "keras": ("layers",),
    "sklearn.base": ("BaseEstimator", "TransformerMixin"),
    "sklearn.compose": ("make_column_transformer",),
    "sklearn.impute": ("MissingIndicator", "SimpleImputer"),
    "sklearn.metrics": (
        "accuracy_score", "average_precision_score", "classification_report", "confusion_matrix", "f1_score",
        "log_loss", "mean_absolute_error", "mean_absolute_percentage_error", "precision_score", "r2_score",
        "recall_score", "roc_auc_score", "root_mean_squared_error",
    ),
    "sklearn.model_selection": (
        "GroupKFold", "GroupShuffleSplit", "KFold", "StratifiedKFold", "TimeSeriesSplit", "train_test_split",
    ),
    "sklearn.pipeline": ("make_pipeline", "make_union"),
    "sklearn.preprocessing": (
        "FunctionTransformer", "KBinsDiscretizer", "LabelEncoder", "MinMaxScaler", "OneHotEncoder", "OrdinalEncoder",
        "PowerTransformer", "QuantileTransformer", "RobustScaler", "StandardScaler",
    ),
    "sklearn.utils.class_weight": ("compute_sample_weight",),
}  # fmt: skip


def import_lines(body: str) -> Lines:
    """Return the imports that `body` needs, in the order in which isort puts them."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    standard = [line for name, line in _MODULES.items() if name in used and name in _STANDARD]
    others = [line for name, line in _MODULES.items() if name in used and name not in _STANDARD]
    for module, names in _FROM.items():
        wanted = [name for name in names if name in used]
        if wanted:
            others.append(f"from {module} import {', '.join(wanted)}")
    return [*standard, *([""] if standard else []), *others]
