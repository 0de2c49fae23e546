"""A classification report and plain scores, as most scikit-learn users write them."""

import json
from pathlib import Path

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report, log_loss
from sklearn.model_selection import train_test_split

data = load_iris()
train_x, test_x, train_y, test_y = train_test_split(
    data.data, data.target, test_size=0.4, random_state=0, stratify=data.target
)
model = LogisticRegression(max_iter=20, C=0.05).fit(train_x, train_y)
found = model.predict(test_x)
report = classification_report(
    test_y, found, target_names=list(data.target_names), output_dict=True
)
Path("classification_report.json").write_text(json.dumps(report, indent=2))
scores = {
    "accuracy": accuracy_score(test_y, found),
    "log_loss": log_loss(test_y, model.predict_proba(test_x)),
}
Path("metrics.json").write_text(json.dumps(scores))
