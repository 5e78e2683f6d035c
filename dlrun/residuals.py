"""What residuals of forecasts tell: whether they depend on those before, and whether they are normal.

The formulas are statsmodels' and SciPy's, number for number (tests hold them together); importing statsmodels would
take longer than training a small network. Evaluation and plots both use them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FEWEST = 12  # residuals; of less nothing can be read
_SURE = 0.05


def autocorrelation(values: Array, lags: int) -> Array:
    """Return the correlation of values with themselves 1..lags before."""
    centred = values - values.mean()
    total = float(centred @ centred)
    return np.array([float(centred[lag:] @ centred[:-lag]) / total if total else 0.0 for lag in range(1, lags + 1)])


def ljung_box(values: Array, lags: int) -> float:
    """Return the p value of the Ljung-Box test (1978) that the first `lags` autocorrelations are 0."""
    from scipy.special import chdtrc

    count = len(values)
    correlation = autocorrelation(values, lags)
    statistic = count * (count + 2) * float((correlation**2 / (count - np.arange(1, lags + 1))).sum())
    return float(chdtrc(lags, statistic))


def jarque_bera(values: Array) -> float:
    """Return the p value of the Jarque-Bera test (1980) that skewness and kurtosis are a normal distribution's."""
    from scipy.special import chdtrc

    spread = values.std()
    if not spread:
        return 1.0
    z = (values - values.mean()) / spread
    skewness, excess = float((z**3).mean()), float((z**4).mean()) - 3
    return float(chdtrc(2, len(values) / 6 * (skewness**2 + excess**2 / 4)))


def lags_of(values: Array) -> int:
    """Return how many lags are looked at: a fifth of the values, at most 40."""
    return max(1, min(40, len(values) // 5))


def dependence_words(series: Sequence[Array]) -> str:
    """Say what the Ljung-Box test means for the residuals of one series or several."""
    known = [values for values in series if len(values) >= FEWEST]
    if not known:
        return "too few residuals to tell whether they depend on those before"
    lags = min(10, min(map(lags_of, known)))
    p_values = [ljung_box(values, lags) for values in known]
    test = f"Ljung-Box over {lags} lag{'s' if lags > 1 else ''}"
    if len(known) == 1:
        if p_values[0] < _SURE:
            depend = "residuals depend on those before: something is left to learn"
            return f"{test}: {_p_words(p_values[0])}, so {depend}"
        return f"{test}: {_p_words(p_values[0])}, so no dependence on those before can be seen"
    count, by_chance = sum(p < _SURE for p in p_values), _SURE * len(known)
    more = count > by_chance + 2 * np.sqrt(by_chance * (1 - _SURE))
    meaning = "more than by chance: something is left to learn" if more else "no more than by chance"
    return f"{test}: residuals depend on those before in {count} of {len(known)} series, {meaning}"


def shape_words(residuals: Array) -> str:
    """Say what mean, spread and the Jarque-Bera test mean."""
    mean, spread, p = float(residuals.mean()), float(residuals.std()), jarque_bera(residuals)
    biased = len(residuals) > 1 and abs(mean) > 2 * spread / np.sqrt(len(residuals))
    side = "low" if mean > 0 else "high"
    words = f"mean {mean:.3g}, spread {spread:.3g}"
    words += f" (forecasts are too {side} on the average)" if biased else ""
    normal = "not normally distributed" if p < _SURE else "normally distributed, as far as can be seen"
    return f"{words}; {normal} (Jarque-Bera {_p_words(p)})"


def _p_words(p: float) -> str:
    return "p < 0.001" if p < 1e-3 else f"p = {p:.2g}"
