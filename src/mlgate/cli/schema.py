"""``mlgate schema``: the JSON Schema of a document."""

from __future__ import annotations

import json

import click

from mlgate.cli.documents import DOCUMENTS, schema_text


@click.command(epilog="Example: mlgate schema evidence > evidence.schema.json")
@click.argument("name", type=click.Choice(sorted(DOCUMENTS)))
def schema(name: str) -> None:
    """Print the JSON Schema of NAME.

    Editors complete and check mlgate.yml with `mlgate schema config`.
    """
    click.echo(json.dumps(schema_text(name), indent=2))
