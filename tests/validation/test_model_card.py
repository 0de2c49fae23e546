"""The model card, read and validated by the Hugging Face Hub's own library."""

from __future__ import annotations

from importlib import import_module

import pytest

from fakes.sheets import HOSTILE, sheet
from mlgate.render.release.card import render_card

HUB = import_module("huggingface_hub")


@pytest.mark.parametrize("hostile", ["", HOSTILE])
def test_the_hub_reads_the_results(hostile: str) -> None:
    card = HUB.ModelCard(render_card(sheet(hostile)))
    data = card.data
    assert (data.license, data.pipeline_tag, data.library_name) == (
        "apache-2.0", "tabular-classification", "sklearn",
    )  # fmt: skip
    assert data.model_name == "iris"
    first, second = data.eval_results
    assert (first.metric_type, first.metric_value) == (f"accuracy{hostile}", 0.92)
    assert first.task_type == "tabular-classification"
    assert second.dataset_args == {"slice": f"class=rare{hostile}"}
    assert "## Evaluation" in card.text
