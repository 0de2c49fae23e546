"""Train a small classifier on the breast-cancer data that comes with scikit-learn."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import classification_report, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

params = dict(re.findall(r"^(\w+): (\d+)$", Path("params.yaml").read_text(), flags=re.MULTILINE))
data = load_breast_cancer()
train_x, test_x, train_y, test_y = train_test_split(
    data.data, data.target, test_size=0.4, random_state=0, stratify=data.target
)
model = RandomForestClassifier(
    n_estimators=int(params["trees"]),
    max_depth=int(params["max_depth"]),
    max_features=int(params["max_features"]),
    random_state=0,
)
model.fit(train_x, train_y)
score = model.predict_proba(test_x)[:, 1]
metrics = {
    "roc_auc": round(float(roc_auc_score(test_y, score)), 4),
    "log_loss": round(float(log_loss(test_y, score)), 4),
}
report = classification_report(
    test_y, score > 0.5, target_names=list(data.target_names), output_dict=True
)
Path("metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
Path("classification_report.json").write_text(json.dumps(report, indent=2) + "\n")
print(f"trained on {len(train_x)} rows: {metrics}")
