"""Reports of pointblank: passed, failed beyond a threshold, and one that could not run."""

import pointblank as pb
import polars as pl

frame = pl.DataFrame({"age": [31, 42, None, 180], "job": ["clerk", "nurse", "nurse", "spy"]})
validation = (
    pb.Validate(frame, thresholds=pb.Thresholds(warning=1, error=0.3, critical=0.9))
    .col_exists(columns=["age", "job"])
    .col_vals_not_null(columns="age")
    .col_vals_le(columns="age", value=120, na_pass=True)
    .col_vals_in_set(columns="job", set=["clerk", "nurse"])
    .col_vals_gt(columns="income", value=0)
    .interrogate()
)
with open("report.json", "w") as file:
    file.write(validation.get_json_report())
