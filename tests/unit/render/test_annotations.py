from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from fakes import reports
from mlgate.documents.verdict import Judgement
from mlgate.render.annotations import Annotation, annotate

if TYPE_CHECKING:
    from mlgate.documents.verdict import Effect


def test_failing_is_an_error_beside_its_file() -> None:
    assert annotate(reports.failing())[0] == snapshot(
        Annotation(
            level="error",
            title="mlgate churn-clf: recall[segment=enterprise]",
            message="recall[segment=enterprise] fell by 0.046 (0.812 → 0.766; 95 % interval −0.07 to −0.022); the limit is 0.01. Look at the 1240 rows of `segment=enterprise`: what changed for them?",
            file="metrics.json",
            line=1,
        )
    )


def test_levels() -> None:
    assert [a.level for a in annotate(reports.failing())] == ["error"] + 4 * ["warning"]
    assert {a.level for a in annotate(reports.failing(observe=True))} == {"warning"}
    assert annotate(reports.passing()) == ()


def _source(sentence: str, subject: str = "eval/metrics.json") -> Judgement:
    return Judgement(
        subject=subject, kind="source", outcome="missing", effect="fail", sentence=sentence
    )


@pytest.mark.parametrize(
    ("judgement", "place"),
    [
        (_source("eval/metrics.json:3:7: not JSON."), ("eval/metrics.json", 3)),
        (_source("eval/metrics.json:12: not JSON."), ("eval/metrics.json", 12)),
        (_source("eval/metrics.json is not there."), ("eval/metrics.json", 1)),
        (_source("other.json:5: not JSON."), ("eval/metrics.json", 1)),
        (_source("eval/metrics.json:0: not JSON."), ("eval/metrics.json", 1)),
        (
            reports.judged("fail", reports.metric("f1", 0.9, 0.8, source="m/x.json")),
            ("m/x.json", 1),
        ),
        (reports.checked("fail", "no-leakage", "leaks"), ("", 0)),
    ],
    ids=["line and column", "line", "no line", "other file", "line zero", "metric", "check"],
)
def test_place(judgement: Judgement, place: tuple[str, int]) -> None:
    made = annotate(reports.report([judgement]))[0]
    assert (made.file, made.line) == place


@pytest.mark.parametrize("effect", ["fail", "warn"])
@pytest.mark.parametrize("number", [9, 10, 11, 40])
def test_at_most_ten_of_a_level_and_the_last_says_what_is_left_out(
    number: int, effect: Effect
) -> None:
    found = [
        reports.judged("fail", reports.metric(f"m{i}", 0.9, 0.8), effect) for i in range(number)
    ]
    made = annotate(reports.report(found))
    assert len(made) == min(number, 10)
    hidden = number - 10
    assert made[-1].message.endswith(f"(and {hidden} more: see the report)") == (hidden > 0)


def _texts(made: tuple[Annotation, ...]) -> list[str]:
    return [text for a in made for text in (a.title, a.message)]


def test_hostile_names_are_shown_in_one_line() -> None:
    for text in _texts(annotate(reports.hostile())):
        assert text.isprintable() or "\u202f" in text
        assert "\n" not in text


def test_emoji_do_not_blow_up_a_message() -> None:
    found = reports.judged("fail", reports.metric("🚀" * 400, 0.9, 0.8), sentence="🚀" * 4000)
    for made in annotate(reports.report([found])):
        assert len(made.title) <= 200
        assert len(made.message) <= 3000
        assert max(made.message) <= "\uffff"
