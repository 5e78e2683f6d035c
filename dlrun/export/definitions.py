"""Functions and classes that a script has where it needs them."""

from __future__ import annotations

from collections.abc import Iterable

from dlrun.export.source import Lines, literal
from dlrun.preprocessing.keras_layer import GIVEN

DEFINITIONS = {
    "fill_by_line": '''
def fill_by_line(values, clock):
    """Fill gaps by a line over the clock; what lacks before the first value stays so."""
    known = values.dropna()
    if known.empty:
        return values
    known = known.iloc[clock[known.index].argsort(kind="stable")]
    line = np.interp(clock[values.index], clock[known.index], known, left=np.nan)
    return values.fillna(pd.Series(line, values.index))
''',
    "hash_bins": '''
def hash_bins(cells, num_bins):
    """Return a bin for every cell, by a hash of its text: the same on every machine."""

    def bin_of(cell):
        is_whole = isinstance(cell, float) and cell.is_integer()
        text = str(int(cell)) if is_whole else str(cell)
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % num_bins

    return pd.DataFrame(cells).map(bin_of)
''',
    "FunctionTransformer(seconds)": '''
def seconds(times):
    """Return times as seconds since 1970."""
    return (times - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
''',
    "KerasStep": '''
class KerasStep(TransformerMixin, BaseEstimator):
    """A preprocessing layer of Keras among the steps of scikit-learn."""

    def __init__(self, layer, arguments, dtype):
        self.layer, self.arguments, self.dtype = layer, arguments, dtype

    def fit(self, x, y=None):
        self.layer_ = self.layer(**self.arguments)
        given = any(self.arguments.get(key) is not None for key in GIVEN)
        if hasattr(self.layer_, "adapt") and not given:
            self.layer_.adapt(self._cells(x))
        return self

    def transform(self, x):
        return np.asarray(self.layer_(self._cells(x)))

    def _cells(self, x):
        cells = np.asarray(x, dtype=self.dtype)
        return cells[:, 0] if self.layer is layers.TextVectorization else cells
'''.replace("GIVEN", literal(GIVEN)),
    "FunctionTransformer(as_text)": '''
def as_text(cells):
    """Return numbers as text: 3.0 as 3."""

    def text_of(cell):
        is_whole = isinstance(cell, float) and cell.is_integer()
        return str(int(cell)) if is_whole else str(cell)

    return pd.DataFrame(cells).map(text_of).to_numpy(dtype=object)
''',
}


def definitions(lines: Iterable[str]) -> Lines:
    """Return the definitions that some lines need, as lines."""
    written = list(lines)
    needed = [text for name, text in DEFINITIONS.items() if any(name in line for line in written)]
    return [line for text in needed for line in text.splitlines()]
