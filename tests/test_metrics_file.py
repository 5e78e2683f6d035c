from __future__ import annotations

import pytest

from dlrun.metrics_file import judged_part


@pytest.mark.parametrize(
    ("parts", "judged"),
    [
        (["train"], "train"),
        (["train", "validation"], "validation"),
        (["test", "train"], "test"),
        ({"rows": {"train": 3}, "train": {"rmse": 1}, "validation": {"rmse": 1}, "test": {"rmse": 1}}, "test"),
        ({"rows": {}, "train": {"rmse": 1}, "validation": {"rmse": 1}}, "validation"),
        ([], "train"),
    ],
)
def test_the_part_that_counts(parts: list[str] | dict[str, dict[str, int]], judged: str) -> None:
    assert judged_part(parts) == judged
