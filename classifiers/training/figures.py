"""Figures of a set of logits against labels: what training prints, and what `evaluate` starts from."""

from collections.abc import Sequence

import numpy as np

from classifiers.classification import Intent
from classifiers.corpus_files import Example
from classifiers.labels import FIRST_SCOPE, INTENTS, SCOPES, URGENT


def figures(logits: np.ndarray, examples: Sequence[Example]) -> dict[str, float]:
    """Macro F1 at zero, withdrawal precision and recall, precision of acting by margin, urgency at 5 % false alarms."""
    truth = np.array([[intent in one.intents for intent in INTENTS] for one in examples])
    said = logits[:, : len(INTENTS)] > 0
    f1 = []
    for column in range(len(INTENTS)):
        hit = (said[:, column] & truth[:, column]).sum()
        f1.append(2 * hit / max(said[:, column].sum() + truth[:, column].sum(), 1))
    wd = INTENTS.index(Intent.CONSENT_WITHDRAWAL)
    others = np.delete(logits[:, : len(INTENTS)], wd, axis=1).max(1)
    margin = logits[:, wd] - others
    found = {"macro_f1": float(np.mean(f1)), **{f"f1_{i}": float(v) for i, v in zip(INTENTS, f1, strict=True)}}
    found["wd_precision"] = float((said[:, wd] & truth[:, wd]).sum() / max(said[:, wd].sum(), 1))
    found["wd_recall"] = float((said[:, wd] & truth[:, wd]).sum() / max(truth[:, wd].sum(), 1))
    for bound in (2, 4):
        acts = margin > bound
        found[f"acts_{bound}"] = int(acts.sum())
        found[f"act_precision_{bound}"] = float(truth[acts, wd].mean()) if acts.any() else 1.0
        found[f"act_coverage_{bound}"] = float((acts & truth[:, wd]).sum() / max(truth[:, wd].sum(), 1))
    urgent = np.array([one.urgent for one in examples])
    if urgent.any():
        cut = np.quantile(logits[~urgent, URGENT], 0.95)
        found["urgency_recall_at_5"] = float((logits[urgent, URGENT] > cut).mean())
    scoped = [row for row, one in enumerate(examples) if one.scope is not None]
    if scoped:
        right = [
            {SCOPES[k] for k in range(len(SCOPES)) if logits[row, FIRST_SCOPE + k] > 0}
            == set(examples[row].scope or ())
            for row in scoped
        ]
        found["scope_exact"] = float(np.mean(right))
    return found
