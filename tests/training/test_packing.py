from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.training.packing import Array, NotPackable, pack, unpack

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner, max_size=3)
    ),
    max_leaves=8,
)


def there_and_back(value: Any) -> Any:
    arrays: list[Array] = []
    return unpack(json.loads(json.dumps(pack(value, arrays), allow_nan=False)), arrays)


@given(PLAIN)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    found = there_and_back(value)
    assert found == value
    assert repr(found) == repr(value)


def test_arrays_scalars_and_nan_come_back() -> None:
    value = {"best": [np.arange(6, dtype="float32").reshape(2, 3)], "rate": np.float32(0.1), "loss": math.nan}
    found = there_and_back(value)
    assert (found["best"][0] == value["best"][0]).all()  # type: ignore[index]
    assert (found["best"][0].dtype, found["rate"], type(found["rate"])) == ("float32", np.float32(0.1), np.float32)
    assert math.isnan(found["loss"])


@pytest.mark.parametrize("value", [print, {1, 2}, [object()], {"a": open}, np.array([None])])
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(NotPackable):
        pack(value, [])


@pytest.mark.parametrize("packed", [{"kind": "array", "value": 0}, {"kind": "os.system", "value": "x"}, {}])
def test_what_pack_did_not_make_is_refused(packed: Any) -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        unpack(packed, [])
