from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fakes import reports
from mlgate.render.columns import columns
from mlgate.render.terminal import clipped, render_text, wrapped

_ANSI = re.compile("\x1b\\[[0-9;]*m")


def test_failing() -> None:
    assert render_text(reports.failing()) == snapshot("""\
Model gate failed — churn-clf
recall[segment=enterprise] fell by 0.046 (0.812 → 0.766; 95 % interval −0.07 to −0.022); the limit
is 0.01.
1 of 12 failed, 4 warn.

      metric                        main      PR              change     limit
FAIL  recall[segment=enterprise]   0.812   0.766    ▼ −0.046 ± 0.024   ≥ −0.01  worse
warn  latency_p95_ms                41.2    47.1        ▲ +14\u202f% ± 12   ≤ +10 %  worse, not proven
warn  ece                         0.0211  0.0252  ▲ +0.0041 ± 0.0031   ≤ +0.01  worse, inside limit
warn  recall[country=LU]            0.60    0.53      ▼ −0.07 ± 0.20   ≥ −0.01  inconclusive
ok    roc_auc                     0.9012  0.9058  ▲ +0.0046 ± 0.0021  ≥ −0.005  better
ok    f1                          0.7741  0.7712  ▼ −0.0029 ± 0.0062   ≥ −0.01  no change shown
ok    precision                   0.7440  0.7440     0.0000 ± 0.0080   ≥ −0.01  unchanged
ok    log_loss                    0.3121  0.3125  ▲ +0.0004 ± 0.0021  ≤ +0.005  no change shown
ok    recall[segment=consumer]     0.803   0.801    ▼ −0.002 ± 0.012   ≥ −0.01  no change shown
ok    train.epochs                    20      24                ▲ +4            no rule
warn  missing-values: `income` is empty in 3.1 % of rows, 1.9 % before
ok    no-duplicate-rows: 20 114 rows, none twice
ok    no-leakage: no row of the evaluation set is in the training set

What changed: code +142 −31 · 3 parameters · 1 data file · model 18.4 MB → 19.1 MB
  train.learning_rate: 0.1 → 0.05
  train.epochs: 20 → 24
  train.warmup: — → true
  data/train.csv: 84.1 MB · 201 140 rows → 91.7 MB · 219 300 rows
  models/churn.onnx: 18.4 MB → 19.1 MB

Next:
  - Look at the 1240 rows of `segment=enterprise`: what changed for them?

9f3c2ab vs 2c41e07 · merge base of PR and main of 2026-08-05 from stored evidence · policy
mlgate.yml@2c41e07 of the base · Holm over 8 rules
Full report: https://github.com/octo/ml/actions/runs/4242/artifacts/7
""")


def test_several_models_are_named_in_each_row() -> None:
    assert render_text(reports.fleet()) == snapshot("""\
Model gate failed — 3 models
ndcg@10 fell by 0.014 (0.412 → 0.398); the limit is 0.01.
1 of 5 failed, 1 warn.

      metric                   main      PR              change    limit
FAIL  ranker: ndcg@10        0.4120  0.3980  ▼ −0.0140 ± 0.0050  ≥ −0.01  worse
warn  intent-llm: pass_rate   0.860   0.830    ▼ −0.030 ± 0.060  ≥ −0.01  inconclusive
ok    churn-clf: roc_auc     0.9012  0.9058  ▲ +0.0046 ± 0.0021  ≥ −0.01  better
ok    churn-clf: f1          0.7741  0.7712  ▼ −0.0029 ± 0.0062  ≥ −0.01  no change shown
ok    ranker: mrr            0.5120  0.5110  ▼ −0.0010 ± 0.0060  ≥ −0.01  no change shown

Next:
  - Compare `ranker` on the new label set.

9f3c2ab vs 2c41e07 · merge base of PR and main of 2026-08-05 from stored evidence · policy
mlgate.yml@2c41e07 of the base · Holm over 5 rules
Full report: https://github.com/octo/ml/actions/runs/4242/artifacts/7
""")


def test_missing_evidence_is_named_with_its_place() -> None:
    made = render_text(reports.missing())
    assert "FAIL  eval/metrics.json:3:7: not JSON" in made
    assert re.search(r"^FAIL  roc_auc +0\.901 +NaN .* missing$", made, re.MULTILINE)


def test_colour_adds_nothing_but_colour() -> None:
    plain, painted = (render_text(reports.failing(), color=c) for c in (False, True))
    assert "\x1b[1;31mModel gate failed" in painted
    assert "\x1b[1;31mFAIL\x1b[0m" in painted
    assert _ANSI.sub("", painted) == plain


@pytest.mark.parametrize("width", [50, 60, 80, 100, 140])
@pytest.mark.parametrize("color", [False, True], ids=["plain", "colour"])
def test_no_line_is_wider_than_the_terminal(width: int, *, color: bool) -> None:
    made = _ANSI.sub("", render_text(reports.failing(), width=width, color=color))
    shown = [line for line in made.splitlines() if not line.startswith("Full report: http")]
    assert max(map(columns, shown)) <= width
    assert re.search(r"^FAIL  reca.*rise\]  .* 0.766  ", made, re.MULTILINE)


@pytest.mark.parametrize("color", [False, True], ids=["plain", "colour"])
@pytest.mark.parametrize("width", [40, 100])
def test_hostile_names_do_nothing_in_a_log(width: int, *, color: bool) -> None:
    made = render_text(reports.hostile(), width=width, color=color)
    assert not re.search("[\r\u202e\u200b]", made)
    assert "\x1b" not in _ANSI.sub("", made)
    assert "\x1b[31m\u202e" not in made
    assert "⟨1B⟩[31m" in render_text(reports.hostile(), width=140)
    assert "##[" not in made
    for line in made.splitlines():
        assert not _ANSI.sub("", line).lstrip().startswith("::"), line


def test_a_long_table_is_cut_and_says_so() -> None:
    made = render_text(reports.huge(40_000, "fail"))
    assert len(made.splitlines()) < 70
    assert "… and 39\u202f960 more" in made
    assert "40\u202f000 of 40\u202f000 failed" in made


def test_observing_says_that_nothing_is_blocked() -> None:
    made = render_text(reports.failing(observe=True))
    assert made.startswith("Model gate would have failed")
    assert "Nothing is blocked: mode is observe." in made


_WORDS = st.text(st.sampled_from("ab日é\u0301. "), max_size=60)


@given(_WORDS, st.integers(3, 40))
def test_clipped_text_fits_and_keeps_both_ends(text: str, width: int) -> None:
    made = clipped(text, width)
    assert columns(made) <= width
    assert made == text or "…" in made


@given(_WORDS, st.integers(3, 40))
def test_wrapping_loses_no_word(text: str, width: int) -> None:
    made = wrapped(text, width)
    assert " ".join(made).split() == text.split()
    assert all(columns(line) <= width or " " not in line.strip() for line in made)
