"""A series looked at before anything is trained: season, trend, stationarity, dependence on the past, in words."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FEWEST = 24  # values, of which anything can be said
_MOST_TESTED = 20_000  # the latest values, on which tests are made: they take time that grows with the square
_SURE = 0.05
_STRONG, _WEAK = 0.64, 0.3  # of season and trend, as shares of what varies


@dataclass(frozen=True)
class Look:
    """What a series is like.

    Args:
        count: How many values there are.
        mean: Their mean.
        spread: Their standard deviation.
        season: Rows in a season; None where none was told or found.
        found: Whether the season was found in the values, rather than told.
        seasonal: The share of what varies, besides the trend, that comes back each season: 0 to 1.
        trend: The share of what varies, besides the season, that is a slow movement: 0 to 1.
        adf: The p value of the augmented Dickey-Fuller test: small where the series is stationary.
        kpss: The p value of the KPSS test, which says 0.01 for less and 0.1 for more: small where it is not.
        acf: Correlations with the values 0, 1, 2.. before.
        pacf: Likewise, without what goes through the values between.
        sentences: What this means.
    """

    count: int
    mean: float
    spread: float
    season: int | None
    found: bool
    seasonal: float | None
    trend: float | None
    adf: float | None
    kpss: float | None
    acf: Array
    pacf: Array
    sentences: list[str] = field(default_factory=list)


def look_at(values: Array, season: int | None, *, told: bool = True) -> Look:
    """Look at the values of one series, in order of time.

    Args:
        values: Evenly spaced `(num_rows,)`, see `on_grid`.
        season: Rows in a season, if it is known.
        told: Whether the config tells it, rather than the clock.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)][-_MOST_TESTED:]
    spread = float(known.std()) if len(known) else 0.0
    mean = float(known.mean()) if len(known) else 0.0
    if len(known) < FEWEST or spread == 0:
        said = "All values are the same." if len(known) >= FEWEST else f"{len(known)} values are too few to tell."
        return Look(len(known), mean, spread, season, False, None, None, None, None, np.ones(1), np.ones(1), [said])
    found = season is None
    season = season or find_season(known)
    seasonal, trend = _strengths(known, season)
    adf, kpss = _stationarity(known)
    acf, pacf = _correlations(known, season)
    sentences = _sentences(season, _origin(season, found, told), seasonal, trend, adf, kpss, acf, len(known))
    return Look(len(known), mean, spread, season, found, seasonal, trend, adf, kpss, acf, pacf, sentences)


def on_grid(values: Array, ticks: Array) -> Array:
    """Return a series with a value at each step of its clock: straight lines over holes, so that seasons stay in step.

    Args:
        values: `(num_rows,)`, NaN where there is none.
        ticks: Each row's time in steps, in order.
    """
    known = np.isfinite(values)
    if not known.any():
        return values[:0]
    at, first = np.unique(np.round(ticks[known]).astype(np.int64), return_index=True)
    if at[-1] - at[0] > 3 * len(at):  # an irregular clock has no grid
        return values[known]
    return np.interp(np.arange(at[0], at[-1] + 1), at, values[known][first])


def find_season(values: Array) -> int | None:
    """Return the distance at which detrended values resemble themselves most, where that is seen clearly; else None."""
    count = len(values)
    detrended = values - np.polynomial.Polynomial.fit(np.arange(count), values, 1)(np.arange(count))
    most = min(count // 3, 800)
    size = 2 ** int(np.ceil(np.log2(2 * count)))
    spectrum = np.abs(np.fft.rfft(detrended, size)) ** 2
    acf = np.fft.irfft(spectrum, size)[: most + 1]
    if acf[0] <= 0:
        return None
    acf = acf / acf[0] / (1 - np.arange(most + 1) / count)  # each lag by as many pairs as it has
    peaks = [k for k in range(2, most) if acf[k] >= acf[k - 1] and acf[k] >= acf[k + 1] and acf[k] > _WEAK]
    if not peaks:
        return None
    best = max(acf[k] for k in peaks)
    return next(k for k in peaks if acf[k] > 0.9 * best)


def _strengths(values: Array, season: int | None) -> tuple[float | None, float | None]:
    """Return the strengths of season and trend (Wang, Smith and Hyndman 2006) by a centred moving average."""
    width = season or max(3, len(values) // 10)
    if len(values) < 2 * width + 2:
        return None, None
    kernel = np.ones(width) / width if width % 2 else np.r_[0.5, np.ones(width - 1), 0.5] / width
    trend = np.convolve(values, kernel, mode="valid")
    offset = (len(values) - len(trend)) // 2
    rest = values[offset : offset + len(trend)] - trend
    seasonal = np.zeros(len(rest))
    if season is not None:
        place = (np.arange(len(rest)) + offset) % season
        means = np.bincount(place, rest, minlength=season) / np.maximum(np.bincount(place, minlength=season), 1)
        seasonal = means[place]
    noise = rest - seasonal
    strength_of_trend = _share(noise, trend + noise)
    return (_share(noise, rest) if season is not None else None), strength_of_trend


def _share(noise: Array, whole: Array) -> float:
    variance = float(whole.var())
    return max(0.0, 1 - float(noise.var()) / variance) if variance else 0.0


def _stationarity(values: Array) -> tuple[float, float]:
    from statsmodels.tsa.stattools import adfuller, kpss

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # KPSS warns where p lies outside its table
        return float(adfuller(values, autolag="AIC")[1]), float(kpss(values, regression="c", nlags="auto")[1])


def _correlations(values: Array, season: int | None) -> tuple[Array, Array]:
    from statsmodels.tsa.stattools import acf, pacf

    lags = int(min(max(2 * (season or 20), 20), 200, len(values) // 2 - 1))
    return np.asarray(acf(values, nlags=lags, fft=True)), np.asarray(pacf(values, nlags=min(lags, 60), method="ywm"))


def _sentences(
    season: int | None, origin: str, seasonal: float | None, trend: float | None, adf: float, kpss: float, acf: Array,
    count: int,
) -> list[str]:  # fmt: skip
    said = []
    if season is None:
        said.append("No season was found.")
    else:
        strength = "" if seasonal is None else f", {_strength(seasonal)} ({seasonal:.2f} of 1)"
        said.append(f"A season of {season} rows ({origin}){strength}.")
    if trend is not None:
        said.append(f"The slow movement is {_strength(trend)} ({trend:.2f} of 1).")
    said.append(_stationary_words(adf, kpss))
    if len(acf) > 1 and acf[1] > 0.9:
        said.append(f"A value is much like the one before (correlation {acf[1]:.2f}): the last value is hard to beat.")
    elif len(acf) > 1 and abs(acf[1]) < 2 / np.sqrt(count):
        said.append("A value says next to nothing about the following one.")
    return said


def _origin(season: int | None, found: bool, told: bool) -> str:
    if found:
        return f"found in the values; evaluate: {{season: {season}}} keeps it"
    return "told by evaluate.season" if told else "by the clock's step"


def _stationary_words(adf: float, kpss: float) -> str:
    of_adf = "< 0.001" if adf < 1e-3 else f"= {adf:.3f}"
    of_kpss = "<= 0.01" if kpss <= 0.01 else ">= 0.10" if kpss >= 0.1 else f"= {kpss:.2f}"  # the table's ends
    tests = f"ADF p {of_adf}, KPSS p {of_kpss}"
    if adf < _SURE <= kpss:
        return f"Both tests call it stationary: its level stays ({tests})."
    if adf >= _SURE > kpss:
        return f"Both tests call it not stationary: its level wanders; try differences ({tests})."
    if adf < _SURE:
        return f"The tests disagree: it returns to a level, but that level moves, as with a trend or season ({tests})."
    return f"The tests disagree, for there is too little to tell whether its level stays ({tests})."


def _strength(share: float) -> str:
    return "strong" if share >= _STRONG else "moderate" if share >= _WEAK else "weak"
