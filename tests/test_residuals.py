"""Tests of residuals against statsmodels and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.stattools import acf

from dlrun.residuals import autocorrelation, dependence_words, jarque_bera, ljung_box, shape_words

NOISE = np.random.default_rng(3).normal(size=80)


@pytest.mark.parametrize("values", [NOISE, NOISE.cumsum()[::3]])
def test_the_tests_are_those_of_statsmodels_and_scipy(values: np.ndarray) -> None:
    assert autocorrelation(values, 5) == pytest.approx(acf(values, nlags=5, fft=False)[1:])
    assert ljung_box(values, 5) == pytest.approx(acorr_ljungbox(values, lags=[5])["lb_pvalue"].iloc[0])
    assert jarque_bera(values) == pytest.approx(stats.jarque_bera(values).pvalue)


def test_noise_and_a_walk_in_words() -> None:
    assert dependence_words([NOISE]).endswith("no dependence on those before can be seen")
    assert dependence_words([NOISE.cumsum()]) == (
        "Ljung-Box over 10 lags: p < 0.001, so residuals depend on those before: something is left to learn"
    )
    assert dependence_words([NOISE[:5]]) == "too few residuals to tell whether they depend on those before"


def test_several_series_in_words() -> None:
    generator = np.random.default_rng(1)
    noise = [generator.normal(size=60) for _ in range(10)]
    walks = [*(values.cumsum() for values in noise[:4]), *noise[4:]]
    for series, meaning in ((noise, "no more than by chance"), (walks, "more than by chance: something is left")):
        p_values = [acorr_ljungbox(values, lags=[10])["lb_pvalue"].iloc[0] for values in series]
        count = sum(p < 0.05 for p in p_values)
        assert f"in {count} of 10 series, {meaning}" in dependence_words(series)


def test_bias_and_shape_in_words() -> None:
    assert shape_words(NOISE).startswith(f"mean {NOISE.mean():.3g}, spread {NOISE.std():.3g}; normally distributed, as")
    assert "(forecasts are too low on the average)" in shape_words(NOISE + 5)
    assert "(forecasts are too high on the average)" in shape_words(NOISE - 5)
    assert "; not normally distributed (Jarque-Bera p < 0.001)" in shape_words(NOISE**3)
