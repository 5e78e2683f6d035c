"""Which rows train, validate and test: forms of the split that exclude each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dlrun.config.config import Config
from dlrun.config.heads import heads_of, is_for_numbers
from dlrun.config.schema import SplitConfig
from dlrun.errors import Problem

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SPLIT = ("data", "split")


def has_validation(config: Config) -> bool:
    """Tell whether there is, or may be, a validation part."""
    data, fit = config.data, config.fit
    if fit is not None and fit.validation_split > 0:
        return True
    if data is None:
        return False
    return data.split.validation is not None or data.validation_source is not None or data.split.column is not None


def check_split(config: Config) -> Iterator[Problem]:
    """Find sizes that cannot be, and forms of the split that exclude each other."""
    if config.data is None:
        return
    split = config.data.split
    for part in ("test", "validation"):
        yield from _check_size(config, split, part)
    yield from _check_order(config, split)
    yield from _check_forms(config, split)
    yield from _check_folds(config, split)
    yield from _check_window(config, split)
    if split.stratify is True:
        heads = heads_of(config)
        if is_for_numbers(heads):
            fix = "Name a column of classes, or remove it."
            what = f"the target has no classes to stratify by: the loss {heads[0].loss.type} is for numbers"
            yield config.problem((*_SPLIT, "stratify"), what, fix)


def _check_size(config: Config, split: SplitConfig, part: str) -> Iterator[Problem]:
    size = getattr(split, part)
    path = (*_SPLIT, part)
    if isinstance(size, str):
        if split.time is None:
            fix = "For a date name its column: time: column."
            yield config.problem(path, f"expected a fraction or a number of rows, got text '{size}'", fix)
        elif not _DATE.match(size):
            yield config.problem(path, f"expected a date, got text '{size}'", "Write it as 2019-01-31.")
    elif isinstance(size, float) and not 0 < size < 1:
        yield config.problem(path, f"expected a fraction between 0 and 1, or a number of rows, got {size}")
    elif isinstance(size, int) and size < 1:
        yield config.problem(path, f"expected at least one row, got {size}", "Leave it out for none.")


def _check_order(config: Config, split: SplitConfig) -> Iterator[Problem]:
    validation, test = split.validation, split.test
    if isinstance(validation, str) and isinstance(test, str) and validation >= test:
        what = f"validation begins at {validation}, not before the test at {test}"
        yield config.problem((*_SPLIT, "validation"), what, "Each date is the first moment of its part.")


def _check_forms(config: Config, split: SplitConfig) -> Iterator[Problem]:
    forms = [name for name in ("column", "time", "group") if getattr(split, name) is not None]
    for other in forms[1:]:
        what = f"split.{other} and split.{forms[0]} exclude each other"
        yield config.problem((*_SPLIT, other), what, "Keep one of them.")
    if not forms:
        if split.stratify and split.shuffle is False:
            fix = "Remove shuffle: false, or stratify."
            yield config.problem((*_SPLIT, "stratify"), "stratify needs shuffled rows", fix)
        return
    form = forms[0]
    excluded = {
        "column": ("test", "validation", "stratify", "shuffle", "embargo", "folds"),
        "time": ("stratify", "shuffle"),
        "group": ("stratify",),
    }[form]
    for name in excluded:
        value = getattr(split, name)
        if value not in (None, False, 0):
            what = f"split.{name} has no meaning with split.{form}, which already says which rows go where"
            yield config.problem((*_SPLIT, name), what, "Remove one of the two.")


def _check_folds(config: Config, split: SplitConfig) -> Iterator[Problem]:
    if split.folds is None:
        for name in ("fold", "max_train_size"):
            if getattr(split, name) is not None:
                yield config.problem((*_SPLIT, name), f"split.{name} has no meaning without split.folds")
        return
    if split.fold is None:
        fix = "Write fold: 1 beside it, or run all of them with `dlrun cv`."
        yield config.problem((*_SPLIT, "folds"), "which of the folds is the test part?", fix)
    elif split.fold > split.folds:
        yield config.problem((*_SPLIT, "fold"), f"there is no fold {split.fold} of {split.folds}")
    if config.data is not None and config.data.test_source is not None:
        yield config.problem((*_SPLIT, "folds"), "the test rows are given by data.test_source already", "Keep one.")
    if split.max_train_size is not None and not is_walk_forward(config):
        what = "split.max_train_size has no meaning where rows are shuffled"
        yield config.problem((*_SPLIT, "max_train_size"), what, "Give split.time, or shuffle: false.")


def is_walk_forward(config: Config) -> bool:
    """Tell whether folds follow one another in order of time."""
    if config.data is None:
        return False
    split = config.data.split
    in_order = split.time is not None or config.preprocessing.window is not None
    return split.shuffle is False or (in_order and split.shuffle is None)


def _check_window(config: Config, split: SplitConfig) -> Iterator[Problem]:
    if config.preprocessing.window is None:
        return
    if split.shuffle is True:
        fix = "Remove it: parts of a series are cut in the order of time."
        yield config.problem((*_SPLIT, "shuffle"), "rows of a series cannot be shuffled before windows are cut", fix)
    for name in ("stratify", "group"):
        if getattr(split, name):
            yield config.problem((*_SPLIT, name), f"split.{name} would take a series apart", "Remove it, or window.")


def check_frequency(config: Config) -> Iterator[Problem]:
    """Find a frequency without a window or a clock."""
    data = config.data
    if data is None or data.frequency is None:
        return
    if config.preprocessing.window is None:
        what = "a frequency fills holes for windows, and there is no preprocessing.window"
        yield config.problem(("data", "frequency"), what, "Remove it, or write preprocessing: {window: {length: 24}}.")
    if data.time is None and data.split.time is None:
        yield config.problem(("data", "frequency"), "a frequency needs a clock", "Write time: <column> beside it.")


def check_validation(config: Config) -> Iterator[Problem]:
    """Find parts that are asked for twice."""
    if config.data is None:
        return
    data, split, fit = config.data, config.data.split, config.fit
    validations = {
        ("data", "split", "validation"): split.validation is not None,
        ("data", "validation_source"): data.validation_source is not None,
        ("fit", "validation_split"): fit is not None and fit.validation_split > 0,
    }
    asked = [path for path, given in validations.items() if given]
    for path in asked[1:]:
        what = f"the validation rows are given by {config.where(asked[0])} already"
        yield config.problem(path, what, "Keep one of the two.")
    if split.test is not None and data.test_source is not None and split.folds is None:
        what = "the test rows are given by data.split.test already"
        yield config.problem(("data", "test_source"), what, "Keep one of the two.")
