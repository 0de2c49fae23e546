"""A release with everything that one can have, and names that somebody hostile has chosen."""

from __future__ import annotations

from mlgate.documents.comparison import (
    Baseline,
    Comparison,
    Interval,
    MetricChange,
    TrainingChange,
)
from mlgate.documents.evidence import CheckResult, Environment, ModelEvidence, Training
from mlgate.documents.release import Release, ReleasedFile, Step
from mlgate.documents.report import Links, Report
from mlgate.documents.verdict import Judgement, PolicySource, Verdict
from mlgate.policy.release import ReleaseNotes
from mlgate.release.folder import names_of
from mlgate.render.release.sheet import Sheet

COMMIT = "c" * 40
HOSTILE = "x | `y` <script>alert(1)</script> @octo [a](javascript:b) \n# no\x1b[31m"


def sheet(hostile: str = "", prose: str = "") -> Sheet:
    """Return the sheet; ``hostile`` goes wherever a name comes from files or people."""
    around = Interval(low=0.9, high=0.94, confidence=0.95, method="wilson")
    metrics = (
        MetricChange(name=f"accuracy{hostile}"[:300], head=0.92, base=0.9, change=0.02,
                     head_interval=around, n=500, source="eval.json"),
        MetricChange(name="recall", slice=f"class=rare{hostile}"[:300], head=0.5,
                     source="eval.json"),
        MetricChange(name="absent", head=None, head_problem="NaN", source="eval.json"),
    )  # fmt: skip
    judgements = (
        Judgement(subject="recall", kind="metric", rule="recall, min: 0.4", outcome="worse",
                  effect="warn", sentence="Worse.", metric=metrics[1]),
        Judgement(subject=f"accuracy{hostile}"[:300], kind="metric", rule="accuracy, min: 0.8",
                  outcome="improved", effect="pass", sentence="Better.", metric=metrics[0]),
    )  # fmt: skip
    environment = Environment(
        python="CPython 3.11.7",
        packages={"scikit-learn": "1.9.0", "Torch_Audio": "2.0+cpu", "odd name/é": ""},
        gpus=("H100",),
        seeds=("params.yaml: seed = 1",),
    )
    training = Training(
        command=f"python train.py {hostile}", ended="finished", seconds=75, environment=environment
    )
    files = (
        ReleasedFile(path=f"models/{hostile}a.onnx"[:500], digest="git:" + "1" * 40,
                     sha256="sha256:" + "2" * 64, size=1_234_567, format="ONNX"),
        ReleasedFile(path="b/model.pkl", digest="md5:" + "3" * 32, sha256="sha256:" + "4" * 64,
                     size=12, format="pickle", executes=True),
    )  # fmt: skip
    data = (
        ReleasedFile(path=f"data/{hostile}train.csv"[:500], digest="md5:" + "5" * 32, size=10),
        ReleasedFile(path="data/test.dir", digest="md5:" + "6" * 32 + ".dir"),
    )
    verdict = Verdict(
        overall="warn",
        headline=f"recall is worse. {hostile}",
        judgements=judgements,
        policy=PolicySource(origin="base", path="mlgate.yml", commit="d" * 40),
    )
    report = Report(
        commit=COMMIT,
        baseline=Baseline(commit="b" * 40, found="release"),
        links=Links(run="https://github.com/octo/ml/actions/runs/1"),
        comparisons=(
            Comparison(model="iris", metrics=metrics, training=TrainingChange(head=training)),
        ),
        verdict=verdict,
    )
    release = Release(
        tag="iris@v1.2.0",
        name="iris",
        version="v1.2.0",
        commit=COMMIT,
        deployed="v1.1.0",
        evidence=f"refs/mlgate/evidence/{COMMIT}/1.1",
        digest="sha256:" + "7" * 64,
        models=files,
        data=data,
        recorded="pass",
        report=report,
        steps=(Step(name="tag", outcome="warn", said=f"lightweight {hostile}"),),
    )
    model = ModelEvidence(
        model="iris",
        checks=(CheckResult(id="data.nulls", outcome="warn", message=f"5 % {hostile}"),),
        training=training,
    )
    notes = ReleaseNotes(
        license="apache-2.0", task="tabular-classification", library="sklearn", datasets=("iris",)
    )
    return Sheet(
        release=release,
        model=model,
        notes=notes,
        prose=prose,
        commits=(f"Better features {hostile}", "Fix"),
        page="https://github.com/octo/ml",
        at="2026-11-29T02:00:00Z",
        names=names_of(files),
        tool="0.1.0",
    )
