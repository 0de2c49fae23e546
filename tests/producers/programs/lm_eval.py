"""The harness on a local task with a local file, with its model of random answers."""

import json
from pathlib import Path

import lm_eval
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

rows = [
    {"question": f"{a} + {b} =", "choices": [str(a + b), str(a + b + 1)], "answer": 0}
    for a in range(6)
    for b in range(10)
]
Path("task").mkdir()
Path("task/sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
Path("task/sums.yaml").write_text(f"""\
task: sums
dataset_path: json
dataset_kwargs:
  data_files: {{test: {Path("task/sums.jsonl").resolve()}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: "{{{{answer}}}}"
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1.0}}
""")
tracker = EvaluationTracker(output_path="out")
results = lm_eval.simple_evaluate(
    model="dummy",
    tasks=["sums"],
    task_manager=TaskManager(include_path="task"),
    evaluation_tracker=tracker,
    bootstrap_iters=100,
    random_seed=0,
)
results.pop("samples", None)
results.pop("pretty_env_info", None)  # of this machine
tracker.save_results_aggregated(results=results, samples=None)
[written] = Path("out").rglob("results_*.json")  # its folder and its date differ from run to run
written.rename("out/results_2026-11-26T07-00-00.000000.json")
