"""The model card: Markdown, with the front matter that the Hugging Face Hub reads.

Sections follow Mitchell et al., "Model Cards for Model Reporting" (2019); ``model-index`` is that
of the Hub's model cards (huggingface.co/docs/hub/model-cards).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlgate.render.escape import cell, code, inline, link
from mlgate.render.numbers import alone, figures, size
from mlgate.render.release.page import file_table
from mlgate.render.training import costs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.evidence import Environment
    from mlgate.render.release.sheet import Sheet

_MOST_METRICS: Final = 200
_MOST_RESULTS: Final = 50
_UNSAID: Final = (
    "*Nobody has written this yet.* Name a file with `release: card:` in `mlgate.yml` that says "
    "what the model is for, what it is not for, and what its limits are."
)


def render_card(sheet: Sheet) -> str:
    """Return the card; what people wrote is in it as it is."""
    parts = [_front_matter(sheet), *_sections(sheet)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def front_matter(sheet: Sheet) -> dict[str, Any]:
    """Return the metadata that stands before the card."""
    notes, release = sheet.notes, sheet.release
    found: dict[str, Any] = {}
    if notes.license:
        found["license"] = notes.license
    if notes.library:
        found["library_name"] = notes.library
    if notes.task:
        found["pipeline_tag"] = notes.task
    if notes.datasets:
        found["datasets"] = list(notes.datasets)
    found["tags"] = ["mlgate"]
    names = list(dict.fromkeys(m.name for m in sheet.metrics if not m.slice))
    if names:
        found["metrics"] = names[:_MOST_RESULTS]
        found["model-index"] = [{"name": release.name, "results": _results(sheet)}]
    return found


def _front_matter(sheet: Sheet) -> str:
    import yaml  # noqa: PLC0415  # only where a card is written

    text = yaml.safe_dump(front_matter(sheet), sort_keys=False, allow_unicode=True, width=100)
    return f"---\n{text}---\n"


def _results(sheet: Sheet) -> list[dict[str, Any]]:
    """Return one result for each slice, that of the whole evaluation set first."""
    slices = list(dict.fromkeys(["", *(m.slice for m in sheet.metrics)]))[:_MOST_RESULTS]
    found = []
    for part in slices:
        metrics = [m for m in sheet.metrics if m.slice == part][:_MOST_RESULTS]
        if metrics:
            found.append(_result(sheet, part, metrics))
    return found


def _result(sheet: Sheet, part: str, metrics: list[MetricChange]) -> dict[str, Any]:
    named = next((file.path for file in sheet.release.data), "evaluation set")
    dataset: dict[str, Any] = {"name": named, "type": named}
    if part:
        dataset["args"] = {"slice": part}
    task = {"type": sheet.notes.task or "other"}
    values = [{"name": m.name, "type": m.name, "value": m.head} for m in metrics]
    return {"task": task, "dataset": dataset, "metrics": values}


def _sections(sheet: Sheet) -> Iterator[str]:
    release = sheet.release
    yield f"# {inline(release.name)} {inline(release.version)}"
    yield _verdict(sheet)
    yield f"## Use and limits\n\n{sheet.prose.strip() or _UNSAID}"
    yield "\n".join(_evaluation(sheet))
    yield "\n".join(_rules(sheet))
    yield "\n".join(["## Files", "", *file_table(release)])
    yield "\n".join(_data(sheet))
    yield "\n".join(_training(sheet))
    yield "\n".join(_provenance(sheet))


def _verdict(sheet: Sheet) -> str:
    release = sheet.release
    verdict = release.report.verdict if release.report else None
    against = f" against {inline(release.deployed)}" if release.deployed else ""
    said = inline(verdict.headline) if verdict else "No verdict."
    overall = verdict.overall if verdict else "none"
    runs = [file.path for file in release.models if file.executes]
    warning = (
        f"\n\n> [!WARNING]\n> Loading {', '.join(code(p) for p in runs)} runs code that is in it."
        if runs
        else ""
    )
    return f"Gate: **{overall}**{against}. {said}{warning}"


def _evaluation(sheet: Sheet) -> Iterator[str]:
    before = sheet.release.deployed
    yield "## Evaluation"
    yield ""
    yield f"| metric | value | interval | rows | {cell(before) or 'before'} | change |"
    yield "|---|---:|---|---:|---:|---:|"
    for metric in sheet.metrics[:_MOST_METRICS]:
        value, around = alone(metric)
        shown = figures(metric)
        rows = "" if metric.n is None else str(metric.n)
        title = code(metric.title, in_table=True, limit=120)
        base = "" if metric.base is None else shown.base
        yield f"| {title} | {value} | {around} | {rows} | {base} | {shown.change} |"
    if len(sheet.metrics) > _MOST_METRICS:
        yield f"\n{len(sheet.metrics) - _MOST_METRICS} more are in `evidence.json`."
    checks = sheet.model.checks
    if checks:
        yield ""
        yield "| check | outcome | |"
        yield "|---|---|---|"
        for check in checks[:_MOST_METRICS]:
            name = code(check.id, in_table=True)
            yield f"| {name} | {check.outcome} | {cell(check.message, limit=300)} |"


def _rules(sheet: Sheet) -> Iterator[str]:
    report = sheet.release.report
    policy = report.verdict.policy if report else None
    yield "## Rules"
    yield ""
    if policy is not None and policy.commit:
        yield f"Those of {code(policy.path)} at {code(policy.commit[:12])}, older than the results."
        yield ""
    for rule in dict.fromkeys(j.rule for j in sheet.judgements):
        yield f"- {code(rule)}"


def _data(sheet: Sheet) -> Iterator[str]:
    yield "## Data"
    yield ""
    if not sheet.release.data:
        yield "The evidence names no data set."
        return
    yield "| data set | bytes | digest |"
    yield "|---|---:|---|"
    for file in sheet.release.data:
        path = code(file.path, in_table=True, limit=120)
        bytes_ = "" if file.size is None else size(file.size)
        yield f"| {path} | {bytes_} | {code(file.digest, in_table=True)} |"


def _training(sheet: Sheet) -> Iterator[str]:
    training = sheet.model.training
    report = sheet.release.report
    change = next((c.training for c in report.comparisons if c.training), None) if report else None
    yield "## Training"
    yield ""
    if training is None:
        yield "What it took is not known: the model was not trained by `mlgate train`."
        return
    if training.command:
        yield f"Command: {code(training.command)}"
        yield ""
    for cost in costs(change) if change else ():
        yield f"- {cost.name}: {cost.head}"
    if training.environment is not None:
        yield from _environment(training.environment)


def _environment(environment: Environment) -> Iterator[str]:
    facts = {
        "Python": environment.python,
        "System": environment.system,
        "CPU": environment.cpu,
        "GPUs": ", ".join(environment.gpus),
        "Seeds": ", ".join(environment.seeds),
    }
    for name, fact in facts.items():
        if fact:
            yield f"- {name}: {inline(fact)}"
    if environment.packages:
        yield f"- Packages: {len(environment.packages)}, listed in `bom.cdx.json`"


def _provenance(sheet: Sheet) -> Iterator[str]:
    release = sheet.release
    commit = code(release.commit)
    if sheet.page:
        commit = link(release.commit[:12], f"{sheet.page}/commit/{release.commit}")
    yield "## Provenance"
    yield ""
    yield f"- Tag: {code(release.tag)}" if release.tag else "- Tag: none yet"
    yield f"- Commit: {commit}"
    yield f"- Evidence: {code(release.evidence)}, {code(release.digest)}"
    run = release.report.links.run if release.report else ""
    if run:
        yield f"- Verified by {link('this run', run)}"
    yield f"- Made by mlgate {inline(sheet.tool)}"
