import numpy as np
import pytest

from dlrun.data.memory import LEAST_BYTES, empty
from dlrun.training.device import ALIGNMENT, as_tensor


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_an_aligned_array_shares_its_memory(dtype: str) -> None:
    array = empty((LEAST_BYTES // 8, 2), dtype)
    assert array.shape == (LEAST_BYTES // 8, 2)
    assert array.ctypes.data % ALIGNMENT == 0
    array[:] = 1
    tensor = as_tensor(array)
    array[5, 1] = 7
    assert (tensor.shape, tensor.dtype.name, float(tensor[5, 1])) == (array.shape, dtype, 7.0)
    del array
    assert float(tensor[5, 1]) == 7.0  # the tensor keeps the memory


def test_whatever_does_not_lie_so_is_copied() -> None:
    whole = empty((2 * LEAST_BYTES, 2), "float32")
    whole[:] = np.arange(2)
    read_only = whole.view()
    read_only.flags.writeable = False
    for array in (whole[1:], whole[:, :1], read_only, whole.astype("float64"), whole[:3]):
        before = array.copy()
        tensor = as_tensor(array)
        whole[:] = 9
        np.testing.assert_array_equal(tensor.numpy(), before)
        whole[:] = np.arange(2)
