"""Intervals and tests against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.api import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from mlgate.evaluate.influence import mean
from mlgate.evaluate.intervals import standard_error, student
from mlgate.evaluate.proportion import mcnemar_mid_p, quantile, wilson

RANDOM = np.random.default_rng(1)


@pytest.mark.parametrize(("right", "rows"), [(0, 20), (19, 20), (730, 1000)])
def test_wilson(right: int, rows: int) -> None:
    wanted = proportion_confint(right, rows, 0.05, method="wilson")
    assert wilson(right / rows, rows, quantile(0.95)) == pytest.approx(wanted)


def test_mean() -> None:
    values = RANDOM.gamma(2, 1, 300)
    found = mean(values, np.ones(300))
    around = student(found.value, found.influence, None, 0.95, "t")
    assert (around.low, around.high) == pytest.approx(DescrStatsW(values).tconfint_mean())


def test_mean_of_groups() -> None:
    """A regression on a constant with standard errors clustered by group."""
    group = RANDOM.integers(0, 40, 600)
    values = RANDOM.normal(size=600) + RANDOM.normal(size=40)[group]
    found = mean(values, np.ones(600))
    fit = OLS(values, np.ones(600)).fit(cov_type="cluster", cov_kwds={"groups": group})
    error, units = standard_error(found.influence, group)
    assert units == 40
    rows = np.sqrt(600 / 599)  # that of a sample's variance, which statsmodels leaves to groups
    assert error == pytest.approx(float(fit.bse[0]) * rows, rel=1e-9)


def test_mid_p_lies_between() -> None:
    """statsmodels has McNemar's exact test and the one of χ² without a correction."""
    table = [[80, 14], [29, 77]]
    exact, asymptotic = (mcnemar(table, exact=e, correction=False).pvalue for e in (True, False))
    assert asymptotic < mcnemar_mid_p(14, 29) < exact
