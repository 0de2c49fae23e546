"""Validation and checkpoint results of Great Expectations: passed, failed, and one that raised."""

import json

import great_expectations as gx
import pandas as pd

frame = pd.DataFrame({"age": [31, 42, None, 180], "job": ["clerk", "nurse", "nurse", "spy"]})
context = gx.get_context(mode="ephemeral")
batch = (
    context.data_sources.add_pandas("frames")
    .add_dataframe_asset("people")
    .add_batch_definition_whole_dataframe("all")
)
e = gx.expectations
suite = context.suites.add(
    gx.ExpectationSuite(
        name="people",
        expectations=[
            e.ExpectColumnToExist(column="age"),
            e.ExpectColumnValuesToNotBeNull(column="age"),
            e.ExpectColumnValuesToBeBetween(column="age", max_value=120),
            e.ExpectColumnValuesToBeInSet(column="job", value_set=["clerk", "nurse"], mostly=0.5),
            e.ExpectColumnMeanToBeBetween(column="income", min_value=1),
            e.ExpectTableRowCountToBeBetween(min_value=1, max_value=10),
        ],
    )
)
validation = context.validation_definitions.add(
    gx.ValidationDefinition(name="v", data=batch, suite=suite)
)
result = validation.run(batch_parameters={"dataframe": frame})
with open("validation.json", "w") as file:
    json.dump(result.to_json_dict(), file, indent=1)
checkpoint = context.checkpoints.add(gx.Checkpoint(name="c", validation_definitions=[validation]))
found = checkpoint.run(batch_parameters={"dataframe": frame})
with open("checkpoint.json", "w") as file:
    file.write(json.dumps(found.describe_dict(), indent=1, default=str))
