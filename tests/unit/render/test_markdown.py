from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from markdown_it import MarkdownIt

from fakes import reports
from mlgate.documents.verdict import PolicySource
from mlgate.render.blocks import Block, Budget, fit
from mlgate.render.html import render_html
from mlgate.render.markdown import render_check, render_comment, render_summary
from mlgate.render.terminal import render_text

if TYPE_CHECKING:
    from mlgate.documents.report import Report

_POLICY_CHANGED = PolicySource(origin="base", path="mlgate.yml", commit=reports.BASE, changed=True)
_EVERY = {
    "failing": reports.failing(),
    "passing": reports.passing(),
    "inconclusive": reports.inconclusive(),
    "missing": reports.missing(),
    "no baseline": reports.without_baseline(),
    "observe": reports.failing(observe=True),
    "fleet": reports.fleet(),
    "policy": reports.passing(policy=_POLICY_CHANGED, overall="warn"),
    "nothing": reports.report([], overall="missing"),
}
every = pytest.mark.parametrize("report", _EVERY.values(), ids=_EVERY.keys())


def _face(report: Report) -> str:
    """Return what is seen before anything is unfolded."""
    return render_comment(report).partition("<details")[0]


def test_failing() -> None:
    assert render_comment(reports.failing()) == snapshot("""\
> [!CAUTION]
> **Model gate failed — `churn-clf`:** `recall[segment=enterprise]` fell by 0.046 (0.812 → 0.766; 95 % interval −0.07 to −0.022); the limit is 0.01. 1 of 12 failed, 4 warn.

| | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|--:|--:|--:|
| ❌ | recall · `segment=enterprise` <sub>worse</sub> | 0.812\xa0→\xa0**0.766** | ▼\xa0−0.046\xa0±\xa00.024 | ≥\xa0−0.01 |
| ⚠️ | latency_p95_ms <sub>worse, not proven</sub> | 41.2\xa0→\xa0**47.1** | ▲\xa0+14\u202f%\xa0±\xa012 | ≤\xa0+10\xa0% |
| ⚠️ | ece <sub>worse, inside limit</sub> | 0.0211\xa0→\xa0**0.0252** | ▲\xa0+0.0041\xa0±\xa00.0031 | ≤\xa0+0.01 |
| ⚪ | recall · `country=LU` <sub>inconclusive</sub> | 0.60\xa0→\xa0**0.53** | ▼\xa0−0.07\xa0±\xa00.20 | ≥\xa0−0.01 |
| ⚠️ | `missing-values` `income` is empty in 3.1 % of rows, 1.9 % before <sub>warning</sub> |  |  |  |
| ✅ | roc_auc <sub>better</sub> | 0.9012\xa0→\xa0**0.9058** | ▲\xa0+0.0046\xa0±\xa00.0021 | ≥\xa0−0.005 |

<details><summary>📊 <b>Metrics</b>: 7, 2 warnings, 1 better</summary>

| | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|--:|--:|--:|
| ⚠️ | latency_p95_ms <sub>worse, not proven</sub> | 41.2\xa0→\xa0**47.1** | ▲\xa0+14\u202f%\xa0±\xa012 | ≤\xa0+10\xa0% |
| ⚠️ | ece <sub>worse, inside limit</sub> | 0.0211\xa0→\xa0**0.0252** | ▲\xa0+0.0041\xa0±\xa00.0031 | ≤\xa0+0.01 |
| ✅ | roc_auc <sub>better</sub> | 0.9012\xa0→\xa0**0.9058** | ▲\xa0+0.0046\xa0±\xa00.0021 | ≥\xa0−0.005 |
| ✅ | f1 <sub>no change shown</sub> | 0.7741\xa0→\xa0**0.7712** | ▼\xa0−0.0029\xa0±\xa00.0062 | ≥\xa0−0.01 |
| ✅ | precision <sub>unchanged</sub> | 0.7440\xa0→\xa00.7440 | 0.0000\xa0±\xa00.0080 | ≥\xa0−0.01 |
| ✅ | log_loss <sub>no change shown</sub> | 0.3121\xa0→\xa0**0.3125** | ▲\xa0+0.0004\xa0±\xa00.0021 | ≤\xa0+0.005 |
| ➖ | train.epochs <sub>no rule</sub> | 20\xa0→\xa0**24** | ▲\xa0+4 |  |

</details>

<details><summary>🔪 <b>Slices</b>: 3, 1 failed, 1 warning</summary>

| | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|--:|--:|--:|
| ❌ | recall · `segment=enterprise` <sub>worse</sub> | 0.812\xa0→\xa0**0.766** | ▼\xa0−0.046\xa0±\xa00.024 | ≥\xa0−0.01 |
| ⚪ | recall · `country=LU` <sub>inconclusive</sub> | 0.60\xa0→\xa0**0.53** | ▼\xa0−0.07\xa0±\xa00.20 | ≥\xa0−0.01 |
| ✅ | recall · `segment=consumer` <sub>no change shown</sub> | 0.803\xa0→\xa0**0.801** | ▼\xa0−0.002\xa0±\xa00.012 | ≥\xa0−0.01 |

</details>

<details><summary>🧪 <b>Checks</b>: 3, 1 warning</summary>

| | Finding |
|:-:|:--|
| ⚠️ | `missing-values` `income` is empty in 3.1 % of rows, 1.9 % before <sub>warning</sub> |
| ✅ | `no-duplicate-rows` 20 114 rows, none twice <sub>ok</sub> |
| ✅ | `no-leakage` no row of the evaluation set is in the training set <sub>ok</sub> |

</details>

<details><summary>🔍 <b>What changed</b>: code +142 −31 · 3 parameters · 1 data file · model 18.4 MB → 19.1 MB</summary>

| Parameter | main | PR |
|:--|:--|:--|
| train.learning_rate <sub>params.yaml</sub> | `0.1` | `0.05` |
| train.epochs <sub>params.yaml</sub> | `20` | `24` |
| train.warmup <sub>params.yaml</sub> | — | `true` |

| File | main | PR |
|:--|--:|--:|
| `data/train.csv` | 84.1 MB · 201\u202f140 rows | 91.7 MB · 219\u202f300 rows |
| `models/churn.onnx` | 18.4 MB | 19.1 MB |

Code: 5 files, +142 −31 lines: `src/churn/features.py`, `src/churn/train.py`, `tests/test_features.py` and 2 more

</details>

**To merge:** Look at the 1240 rows of `segment=enterprise`: what changed for them?

<sub>[Full report](https://github.com/octo/ml/actions/runs/4242/artifacts/7) · [run 4242](https://github.com/octo/ml/actions/runs/4242) · `9f3c2ab` vs `2c41e07` · merge base of PR and main of 2026-08-05 from stored evidence · policy `mlgate.yml@2c41e07` of the base · Holm over 8 rules · mlgate 0.1.0</sub>
""")


def test_passing() -> None:
    assert render_comment(reports.passing()) == snapshot("""\
> [!TIP]
> **Model gate passed — `churn-clf`:** 8 of 8 rules hold; 1 metric better.

<details><summary>All results: 8 rows · code +142 −31 · 3 parameters · 1 data file · model 18.4 MB → 19.1 MB</summary>

📊 <b>Metrics</b>: 5, 1 better

| | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|--:|--:|--:|
| ✅ | roc_auc <sub>better</sub> | 0.9012\xa0→\xa0**0.9058** | ▲\xa0+0.0046\xa0±\xa00.0021 | ≥\xa0−0.005 |
| ✅ | f1 <sub>no change shown</sub> | 0.7741\xa0→\xa0**0.7712** | ▼\xa0−0.0029\xa0±\xa00.0062 | ≥\xa0−0.01 |
| ✅ | precision <sub>unchanged</sub> | 0.7440\xa0→\xa00.7440 | 0.0000\xa0±\xa00.0080 | ≥\xa0−0.01 |
| ✅ | log_loss <sub>no change shown</sub> | 0.3121\xa0→\xa0**0.3125** | ▲\xa0+0.0004\xa0±\xa00.0021 | ≤\xa0+0.005 |
| ➖ | train.epochs <sub>no rule</sub> | 20\xa0→\xa0**24** | ▲\xa0+4 |  |

🔪 <b>Slices</b>: 1

| | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|--:|--:|--:|
| ✅ | recall · `segment=consumer` <sub>no change shown</sub> | 0.803\xa0→\xa0**0.801** | ▼\xa0−0.002\xa0±\xa00.012 | ≥\xa0−0.01 |

🧪 <b>Checks</b>: 2

| | Finding |
|:-:|:--|
| ✅ | `no-duplicate-rows` 20 114 rows, none twice <sub>ok</sub> |
| ✅ | `no-leakage` no row of the evaluation set is in the training set <sub>ok</sub> |

🔍 <b>What changed</b>: code +142 −31 · 3 parameters · 1 data file · model 18.4 MB → 19.1 MB

| Parameter | main | PR |
|:--|:--|:--|
| train.learning_rate <sub>params.yaml</sub> | `0.1` | `0.05` |
| train.epochs <sub>params.yaml</sub> | `20` | `24` |
| train.warmup <sub>params.yaml</sub> | — | `true` |

| File | main | PR |
|:--|--:|--:|
| `data/train.csv` | 84.1 MB · 201\u202f140 rows | 91.7 MB · 219\u202f300 rows |
| `models/churn.onnx` | 18.4 MB | 19.1 MB |

Code: 5 files, +142 −31 lines: `src/churn/features.py`, `src/churn/train.py`, `tests/test_features.py` and 2 more

</details>

<sub>[Full report](https://github.com/octo/ml/actions/runs/4242/artifacts/7) · [run 4242](https://github.com/octo/ml/actions/runs/4242) · `9f3c2ab` vs `2c41e07` · merge base of PR and main of 2026-08-05 from stored evidence · policy `mlgate.yml@2c41e07` of the base · Holm over 5 rules · mlgate 0.1.0</sub>
""")


def test_inconclusive() -> None:
    assert _face(reports.inconclusive()) == snapshot("""\
> [!WARNING]
> **Model gate inconclusive — `churn-clf`:** `pass_rate` fell by 0.03 (0.86 → 0.83; 95 % interval −0.09 to 0.03); whether it stays within 0.02 cannot be told at these sizes. 1 of 6 warn.

| | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|--:|--:|--:|
| ⚪ | pass_rate <sub>inconclusive</sub> | 0.860\xa0→\xa0**0.830** | ▼\xa0−0.030\xa0±\xa00.060 | ≥\xa0−0.02 |
| ✅ | roc_auc <sub>better</sub> | 0.9012\xa0→\xa0**0.9058** | ▲\xa0+0.0046\xa0±\xa00.0021 | ≥\xa0−0.005 |
| ✅ | f1 <sub>no change shown</sub> | 0.7741\xa0→\xa0**0.7712** | ▼\xa0−0.0029\xa0±\xa00.0062 | ≥\xa0−0.01 |
| ✅ | precision <sub>unchanged</sub> | 0.7440\xa0→\xa00.7440 | 0.0000\xa0±\xa00.0080 | ≥\xa0−0.01 |
| ✅ | log_loss <sub>no change shown</sub> | 0.3121\xa0→\xa0**0.3125** | ▲\xa0+0.0004\xa0±\xa00.0021 | ≤\xa0+0.005 |
| ➖ | train.epochs <sub>no rule</sub> | 20\xa0→\xa0**24** | ▲\xa0+4 |  |

""")


def test_missing() -> None:
    assert render_comment(reports.missing()) == snapshot("""\
> [!CAUTION]
> **Model gate failed, evidence is missing — `churn-clf`:** `eval/metrics.json:3:7:` not JSON: Expecting value. 2 of 3 failed.

| | Metric | main\xa0→\xa0PR | Δ | Limit |
|:-:|:--|--:|--:|--:|
| ❌ | `eval/metrics.json:3:7:` not JSON: Expecting value. <sub>missing</sub> |  |  |  |
| ❌ | roc_auc <sub>missing</sub> | 0.901 → — <sub>NaN</sub> |  | ≥\xa0−0.01 |
| ✅ | f1 <sub>within limit</sub> | 0.7741\xa0→\xa0**0.7712** | ▼\xa0−0.0029 | ≥\xa0−0.01 |

<details><summary>📄 <b>Sources</b>: 1 problem</summary>

- `eval/metrics.json:3:7:` not JSON: Expecting value. — was the file written to the end? check the step that writes it

</details>

**To merge:**

- was the file written to the end? check the step that writes it
- Look at the step that writes metrics.json.

<sub>[Full report](https://github.com/octo/ml/actions/runs/4242/artifacts/7) · [run 4242](https://github.com/octo/ml/actions/runs/4242) · `9f3c2ab` vs `2c41e07` · merge base of PR and main of 2026-08-05 from stored evidence · policy `mlgate.yml@2c41e07` of the base · no uncertainty known · mlgate 0.1.0</sub>
""")


def test_no_baseline_is_said_and_first_adoption_too() -> None:
    assert render_comment(reports.without_baseline()) == snapshot("""\
> [!WARNING]
> **Model gate passed with warnings — `churn-clf`:** No baseline: main has no evidence yet; floors only. 2 of 3 warn. First adoption: the baseline has no policy yet, so this change is judged by its own.

| | Metric | PR | Δ | Limit |
|:-:|:--|--:|--:|--:|
| ⚠️ | No baseline: main has no evidence yet; floors only. <sub>missing</sub> |  |  |  |
| ⚠️ | f1 <sub>not compared</sub> | **0.771** |  | `max-drop:\xa00.01` |
| ✅ | auc <sub>ok</sub> | **0.906** |  | value\xa0≥\xa00.85 |

<sub>[Full report](https://github.com/octo/ml/actions/runs/4242/artifacts/7) · [run 4242](https://github.com/octo/ml/actions/runs/4242) · `9f3c2ab` · no baseline: main has no evidence yet · policy `mlgate.yml@9f3c2ab` of the head · no uncertainty known · mlgate 0.1.0</sub>
""")


def test_observing_blocks_nothing_and_says_so() -> None:
    assert _face(reports.failing(observe=True)).partition("\n\n")[0] == snapshot("""\
> [!NOTE]
> **Model gate would have failed — `churn-clf`:** `recall[segment=enterprise]` fell by 0.046 (0.812 → 0.766; 95 % interval −0.07 to −0.022); the limit is 0.01. 1 of 12 failed, 4 warn. Nothing is blocked: `mode: observe`.\
""")


def test_several_models() -> None:
    assert render_comment(reports.fleet()).partition("<details><summary>📊")[0] == snapshot("""\
> [!CAUTION]
> **Model gate failed — 3 models:** `ndcg@10` fell by 0.014 (0.412 → 0.398); the limit is 0.01. 1 of 5 failed, 1 warn.

| | Model | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|:--|--:|--:|--:|
| ❌ | `ranker` <sub>worse</sub> | `ndcg@10` | 0.4120\xa0→\xa0**0.3980** | ▼\xa0−0.0140\xa0±\xa00.0050 | ≥\xa0−0.01 |
| ⚪ | `intent-llm` <sub>inconclusive</sub> | pass_rate | 0.860\xa0→\xa0**0.830** | ▼\xa0−0.030\xa0±\xa00.060 | ≥\xa0−0.01 |
| ✅ | `churn-clf` <sub>better</sub> | roc_auc | 0.9012\xa0→\xa0**0.9058** | ▲\xa0+0.0046\xa0±\xa00.0021 | ≥\xa0−0.01 |

<details open><summary>❌ <b><code>ranker</code></b>: 1 of 2 failed</summary>

| | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|--:|--:|--:|
| ❌ | `ndcg@10` <sub>worse</sub> | 0.4120\xa0→\xa0**0.3980** | ▼\xa0−0.0140\xa0±\xa00.0050 | ≥\xa0−0.01 |
| ✅ | mrr <sub>no change shown</sub> | 0.5120\xa0→\xa0**0.5110** | ▼\xa0−0.0010\xa0±\xa00.0060 | ≥\xa0−0.01 |

</details>

<details><summary>⚪ <b><code>intent-llm</code></b>: 1 of 1 warn</summary>

| | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|--:|--:|--:|
| ⚪ | pass_rate <sub>inconclusive</sub> | 0.860\xa0→\xa0**0.830** | ▼\xa0−0.030\xa0±\xa00.060 | ≥\xa0−0.01 |

</details>

""")


def test_a_changed_policy_is_a_row() -> None:
    assert _face(_EVERY["policy"]) == snapshot("""\
> [!WARNING]
> **Model gate passed with warnings — `churn-clf`:** 8 of 8 rules hold; 1 metric better. 1 of 8 warn.

| | Metric | main\xa0→\xa0PR | Δ\xa0±\xa095\xa0% | Limit |
|:-:|:--|--:|--:|--:|
| ⚠️ | **policy changed**: mlgate.yml is changed here; the rules of the baseline judge. |  |  |  |
| ✅ | roc_auc <sub>better</sub> | 0.9012\xa0→\xa0**0.9058** | ▲\xa0+0.0046\xa0±\xa00.0021 | ≥\xa0−0.005 |
| ✅ | f1 <sub>no change shown</sub> | 0.7741\xa0→\xa0**0.7712** | ▼\xa0−0.0029\xa0±\xa00.0062 | ≥\xa0−0.01 |
| ✅ | precision <sub>unchanged</sub> | 0.7440\xa0→\xa00.7440 | 0.0000\xa0±\xa00.0080 | ≥\xa0−0.01 |
| ✅ | log_loss <sub>no change shown</sub> | 0.3121\xa0→\xa0**0.3125** | ▲\xa0+0.0004\xa0±\xa00.0021 | ≤\xa0+0.005 |
| ➖ | train.epochs <sub>no rule</sub> | 20\xa0→\xa0**24** | ▲\xa0+4 |  |

""")


def test_a_model_that_did_not_report_is_never_fine() -> None:
    made = render_comment(reports.fleet(expected=("lost", "ranker")))
    assert "| ❌ | `lost` | no evidence |" in made


def test_hostile_names_do_nothing_in_markdown() -> None:
    report = reports.hostile()
    check = render_check(report)
    for text in (render_comment(report), render_summary(report), check.summary, check.text):
        assert "<!--" not in text
        assert not re.search("[\r\x1b\u202e\u200b]", text)
        assert not re.search(r"^\s*(::|##\[)", text, re.MULTILINE)
        page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
        outside = re.sub(r"<code>.*?</code>", "", page, flags=re.DOTALL)
        assert not re.search(r"@octo|#12|GH-1|http://evil", outside)
        assert set(re.findall(r"</?([a-z0-9]+)", page)) <= ALLOWED_TAGS


ALLOWED_TAGS = frozenset(
    "p strong code table thead tbody tr th td details summary b sub a ul li blockquote".split()
)


@every
def test_only_what_github_lets_through(report: Report) -> None:
    text = render_comment(report)
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert set(re.findall(r"</?([a-z0-9]+)", page)) <= ALLOWED_TAGS
    assert not re.search(r"<[^>]*\b(style|class|src)=|data:|<svg", text)
    for mark in re.findall(r"</summary>(.*?)\S", text, re.DOTALL):
        assert mark == "\n\n"
    assert text.count("<details") == text.count("\n\n</details>\n\n")


@every
def test_the_same_report_gives_the_same_text(report: Report) -> None:
    for render in (render_comment, render_summary, render_check, render_html, render_text):
        assert render(report) == render(report)


@pytest.mark.parametrize("outcome", ["pass", "fail"])
def test_forty_thousand_metrics_fit(outcome: str) -> None:
    report = reports.huge(40_000, "fail" if outcome == "fail" else "pass")
    made = render_comment(report)
    assert len(made) <= 64_000
    assert len(made.encode()) <= 250_000
    assert len(render_summary(report).encode()) <= 1_000_000
    check = render_check(report)
    assert max(len(check.summary), len(check.text)) <= 65_535
    assert len(check.title) <= 250
    assert "[full report](https://github.com/octo/ml" in made
    assert re.search(r"and 39\u202f\d{3} more", made)


@given(st.integers(4_000, 30_000))
def test_a_smaller_limit_drops_blocks_but_no_failing_row(limit: int) -> None:
    made = render_comment(_LARGE, limit_chars=limit, limit_bytes=2 * limit)
    assert len(made) <= limit
    assert made.startswith("> [!CAUTION]\n> **Model gate failed")
    assert "| ❌ | recall · `segment=enterprise`" in made
    assert made.count("<details") == made.count("</details>")
    for line in made.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


_NOTES = [f"note {i}: {'x' * 100}" for i in range(300)]
_LARGE = reports.failing(comparisons=(reports.noted(reports.failing().comparisons[0], *_NOTES),))


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 80)), max_size=8), st.integers(60, 400))
def test_ladder_keeps_what_matters(parts: list[tuple[int, int]], limit: int) -> None:
    blocks = [Block("must stay"), *(Block("x" * size, priority) for priority, size in parts)]
    made = fit(lambda _: blocks, Budget(limit, limit), omitted="left out")
    assert len(made) <= limit
    assert made.startswith("must stay")
    kept = [b for b in blocks if b.priority and b.text and b.text in made.split("\n\n")]
    assert ("left out" in made) or len(made) >= sum(len(b.text) for b in kept)


def test_a_check_names_the_offender() -> None:
    assert render_check(reports.failing()).title == snapshot(
        "Failed: recall[segment=enterprise] fell by 0.046 (0.812 → 0.766; 95 % interval −0.07 to −0.022); the limit is 0.01."
    )


def test_an_inconclusive_verdict_that_fails_is_red() -> None:
    unsure = reports.judged("inconclusive", reports.metric("m", 0.9, 0.8, 0.3), "fail")
    made = render_comment(reports.report([unsure], overall="inconclusive"))
    assert made.startswith("> [!CAUTION]\n> **Model gate failed, inconclusive")
