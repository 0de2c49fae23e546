"""What pandera says of a table that breaks its schema, as users write it down."""

import json

import pandas as pd
import pandera.pandas as pa

schema = pa.DataFrameSchema(
    {
        "age": pa.Column(float, pa.Check.le(120), nullable=False),
        "job": pa.Column(str, pa.Check.isin(["clerk", "nurse"])),
        "income": pa.Column(float),
    },
    name="people",
)
frame = pd.DataFrame({"age": [31.0, None, 180.0], "job": ["clerk", "nurse", "spy"]})
try:
    schema.validate(frame, lazy=True)
except pa.errors.SchemaErrors as exc:
    with open("message.json", "w") as file:
        json.dump(exc.message, file, indent=1)
    with open("failure_cases.json", "w") as file:
        file.write(exc.failure_cases.to_json(orient="records", indent=1))
