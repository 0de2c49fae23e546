"""Train one of two small classifiers on the breast-cancer data that comes with scikit-learn.

``python train.py`` writes ``metrics.json``; ``python train.py NAME`` is one leg of a matrix.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

leg = sys.argv[1] if len(sys.argv) > 1 else ""
params = dict(re.findall(r"^(\w+): ([\d.]+)$", Path("params.yaml").read_text(), flags=re.MULTILINE))
data = load_breast_cancer()
train_x, test_x, train_y, test_y = train_test_split(
    data.data, data.target, test_size=0.4, random_state=0, stratify=data.target
)
if leg == "linear":
    model = make_pipeline(StandardScaler(), LogisticRegression(C=float(params["strength"])))
else:
    model = RandomForestClassifier(
        n_estimators=int(params["trees"]), max_depth=int(params["depth"]), random_state=0
    )
model.fit(train_x, train_y)
score = model.predict_proba(test_x)[:, 1]
metrics = {
    "roc_auc": round(float(roc_auc_score(test_y, score)), 4),
    "log_loss": round(float(log_loss(test_y, score)), 4),
}
place = Path("metrics", f"{leg}.json") if leg else Path("metrics.json")
place.parent.mkdir(exist_ok=True)
place.write_text(json.dumps(metrics, indent=2) + "\n")
sys.stdout.write(f"trained {leg or 'the model'} on {len(train_x)} rows: {metrics}\n")
