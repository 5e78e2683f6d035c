"""Categories that were not there in training, in words."""

from __future__ import annotations

from collections.abc import Mapping


def unseen_sentences(unseen: Mapping[str, int], rows: str) -> list[str]:
    """Say how many cells of each column hold a category that the training rows do not have.

    Args:
        unseen: Column to number of cells: `Preprocessor.unseen`.
        rows: Which rows these are: "test rows".
    """
    return [
        f"{rows}: {count:,} cell{'s' if count > 1 else ''} of '{column}' hold{'' if count > 1 else 's'} a category "
        f"not seen in training; the network gets zeros"
        for column, count in unseen.items()
    ]
