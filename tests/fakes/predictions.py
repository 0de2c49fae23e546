"""Predictions of models for the same rows, made from a seed; noise makes a model worse."""

from __future__ import annotations

import random

from fakes.tables import csv_text

REGIONS = ("north", "south", "west")
HEADING = ("id", "churned", "score", "region", "age")
Prediction = list[object]


def scored(
    rows: int, *, noise: float = 0.1, model: int = 1, worse_in: str = ""
) -> list[Prediction]:
    """Rows of ``HEADING``: the same ones whatever the model, with its own score.

    Args:
        rows: Number of rows.
        noise: How far scores stray.
        model: Seed of the straying.
        worse_in: A region whose scores are all luck.
    """
    world, luck = random.Random(0), random.Random(model)
    found: list[Prediction] = []
    for number in range(rows):
        label = int(world.random() < 0.4)
        center = 0.5 + (label - 0.5) * 0.4 + world.gauss(0, 0.25)
        region, age = world.choice(REGIONS), world.randint(18, 90)
        score = luck.random() if region == worse_in else center + luck.gauss(0, noise)
        found.append([number, label, round(min(max(score, 0.0), 1.0), 4), region, age])
    return found


def predictions(rows: int, *, noise: float = 0.1, model: int = 1, worse_in: str = "") -> str:
    """The rows of :func:`scored` as CSV."""
    return csv_text(scored(rows, noise=noise, model=model, worse_in=worse_in), HEADING)
