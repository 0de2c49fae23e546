"""Results of tests as evidently saves them: passing ones, failing ones, and a warning."""

import json

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import (
    ColumnCount,
    DuplicatedRowCount,
    MaxValue,
    MissingValueCount,
    RowCount,
    ValueDrift,
)
from evidently.tests import eq, gte, lte

reference = pd.DataFrame({"age": list(range(20, 60)) * 5, "job": ["clerk", "nurse"] * 100})
current = reference.assign(age=reference.age + 30)
current.loc[:9, "job"] = None
definition = DataDefinition(numerical_columns=["age"], categorical_columns=["job"])
report = Report(
    [
        RowCount(tests=[gte(100)]),
        ColumnCount(tests=[eq(2)]),
        MissingValueCount(column="job", tests=[lte(0)]),
        MissingValueCount(column="age", tests=[eq(0)]),
        DuplicatedRowCount(tests=[lte(5, is_critical=False)]),
        MaxValue(column="age", tests=[lte(60)]),
        ValueDrift(column="age"),
    ],
    include_tests=True,
)
snapshot = report.run(
    Dataset.from_pandas(current, data_definition=definition),
    Dataset.from_pandas(reference, data_definition=definition),
)
with open("dict.json", "w") as file:
    json.dump(snapshot.dict(), file, indent=1)
with open("json.json", "w") as file:
    file.write(snapshot.json())
snapshot.save_json("snapshot.json")
