"""The template for a Ray cluster, executed by act against a real head."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from e2e.conftest import act, forge, trained  # noqa: F401 - fixtures
from e2e.repository import project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.forge import Open
    from ray_cluster.conftest import Head


def test_trained_on_the_cluster_and_judged_here(
    forge: Open,  # noqa: F811 - a fixture
    trained: Mapping[str, str],  # noqa: F811 - a fixture
    head: Head,
) -> None:
    files = project("train-ray.yml")
    train = {
        "command": f"{sys.executable} train.py",
        "executor": "ray",
        "inputs": ["train.py", "params.yaml"],
        "ray": {"python": sys.executable},
    }
    files["mlgate.yml"] += f"train: {json.dumps(train)}\n"
    on = replace(forge({**files, **trained}), variables={"RAY_ADDRESS": head.address})
    change = on.repository.propose({"params.yaml": "trees: 40\ndepth: 5\nstrength: 1.0\n"})
    build = on.pull_request(change)
    assert build.jobs == {"mlgate": "success"}, build.log
    [comment] = on.github.comments()
    assert "Trained elsewhere, by ray" in comment.body
    assert [name for name in head.jobs() if name.startswith("mlgate-octo-")] or head.jobs()
