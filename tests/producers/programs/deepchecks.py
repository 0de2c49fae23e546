"""The JSON of a suite of deepchecks: passed, failed, and checks that could not run."""

import warnings

import pandas as pd
from deepchecks.tabular import Dataset, Suite
from deepchecks.tabular.checks import (
    DataDuplicates,
    DatasetsSizeComparison,
    DateTrainTestLeakageOverlap,
    IsSingleValue,
    NewCategoryTrainTest,
)

warnings.simplefilter("ignore")
train = pd.DataFrame({"age": range(100), "job": ["clerk", "nurse"] * 50, "y": [0, 1] * 50})
test = train.assign(job="spy")
suite = Suite(
    "people",
    IsSingleValue().add_condition_not_single_value(),
    DataDuplicates().add_condition_ratio_less_or_equal(0.05),
    NewCategoryTrainTest().add_condition_new_category_ratio_less_or_equal(0),
    DateTrainTestLeakageOverlap().add_condition_leakage_ratio_less_or_equal(),
    DatasetsSizeComparison(),
)
kinds = {"label": "y", "cat_features": ["job"]}
result = suite.run(Dataset(train, **kinds), Dataset(test, **kinds))
with open("suite.json", "w") as file:
    file.write(result.to_json(with_display=False))
