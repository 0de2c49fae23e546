"""Which way a metric is better, by the names that the field uses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlgate.documents.base import Direction

_LOWER: Final = frozenset(
    "loss error err mae mse rmse rmsle mape smape wape mase mdae msle logloss nll "
    "perplexity ppl bpb brier ece mce wer cer ter fid kid latency duration seconds runtime memory "
    "hinge pinball crps hamming fpr fnr deviance regret rss kl eer bits_per_byte "
    "word_perplexity byte_perplexity log_loss cross_entropy crossentropy "
    "false_positive_rate false_negative_rate miss_rate mean_absolute_error mean_squared_error "
    "root_mean_squared_error mean_absolute_percentage_error median_absolute_error max_error "
    "brier_score zero_one_loss calibration_error".split()
)
_HIGHER: Final = frozenset(
    "accuracy acc auc auroc auprc aucpr ap map mrr ndcg dcg precision recall f1 f2 fbeta fscore "
    "sensitivity specificity tpr tnr r2 mcc kappa jaccard iou miou dice bleu rouge rouge1 rouge2 "
    "rougel rougelsum meteor chrf gmean gini hit_rate pass_rate exact_match em score "
    "win_rate throughput silhouette spearman pearson kendall qwk "
    "f1_score f1score fbeta_score roc_auc pr_auc average_precision explained_variance "
    "balanced_accuracy top_k_accuracy acc_norm log_likelihood psnr ssim "
    "average_precision_score r2_score".split()
)
_NEUTRAL: Final = frozenset(
    "support count epoch step n rows samples size std stderr se variance".split()
)


@lru_cache(maxsize=4096)
def known_direction(name: str) -> Direction | None:
    """Return which way the metric ``name`` is better, ``None`` when the name does not say.

    Split names such as ``val_`` or ``test.`` and a trailing ``@10`` do not matter; scikit-learn's
    ``neg_*`` scorers are better when higher.

    >>> known_direction("test.roc_auc"), known_direction("val_loss"), known_direction("top")
    ('higher', 'lower', None)
    >>> known_direction("neg_mean_squared_error"), known_direction("latency.p95")
    ('higher', 'lower')
    """
    words = _words(name)
    if "neg" in words and _direction_of([w for w in words if w != "neg"]) == "lower":
        return "higher"
    return _direction_of(words)


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:400])
    spaced = re.sub(r"@\s*k?\d*", "", spaced).lower()
    return [w for w in re.split(r"[^a-z0-9]+", spaced) if w]


def _direction_of(words: list[str]) -> Direction | None:
    # The most specific reading wins: "error_rate" and "max_error" before "rate" and "max",
    # and the last name before the ones that only qualify it ("accuracy.loss" is a loss).
    for length in (4, 3, 2, 1):
        for start in range(len(words) - length, -1, -1):
            phrase = "_".join(words[start : start + length])
            if phrase in _NEUTRAL and length == len(words) - start:
                return None
            if phrase in _LOWER:
                return "lower"
            if phrase in _HIGHER:
                return "higher"
    return None
