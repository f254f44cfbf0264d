"""What `classifiers.evaluate` measured, as a page of text."""

from collections.abc import Iterator, Mapping
from typing import Any


def written(report: Mapping[str, Any]) -> str:
    """Write a report of `evaluate_file` for a person to read."""
    return "\n".join(
        line for part in (_heading, _safety, _intents, _confusion, _thresholds, _authors) for line in part(report)
    )


def _heading(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"{report['source']}: {report['letters']} letters, reader {report['reader']}"
    if report["problem"]:
        yield f"no model: {report['problem']}"
    abstained = ", ".join(f"{reason} {count}" for reason, count in report["abstained"].items())
    yield f"abstained: {abstained or 'never'}"
    took = report["milliseconds"]
    yield f"milliseconds a letter: median {took['median']}, nine in ten within {took['p90']}"
    error = report["calibration_error"]
    yield f"expected calibration error: {'no probabilities' if error is None else f'{error:.3f}'}"


def _safety(report: Mapping[str, Any]) -> Iterator[str]:
    acts, answers, urgency, seen = (report[part] for part in ("acts", "answers", "urgency", "withdrawals_seen"))
    yield ""
    yield "What happens without a person, and what must not be lost (bound: Wilson, one-sided 95 %)"
    rows = [
        ("withdrawals acted on alone, right", acts["precision"], acts["wrong"]),
        ("  share of all withdrawals", acts["coverage"], []),
        ("  scope acted on, exact", acts["scope_exact"], []),
        ("questions answered alone, right", answers["precision"], answers["wrong"]),
        ("withdrawal named or a person looks", seen, seen["missed"]),
        ("urgent letters raised", urgency["recall"], urgency["missed"]),
        ("false alarms", urgency["false_alarms"], []),
        ("scope of a named withdrawal, exact", report["scope"]["named"], []),
    ]
    for name, share, letters in rows:
        yield f"  {name:36} {_share(share)}"
        if letters:
            yield f"      not: {' '.join(letters)}"


def _intents(report: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "Intents (95 % bootstrap intervals)"
    yield f"  {'':26}{'letters':>8}  {'precision':18}{'recall':18}F1"
    for intent, row in report["intents"].items():
        figures = "".join(f"{_interval(row[name]):18}" for name in ("precision", "recall", "f1"))
        yield f"  {intent:26}{row['letters']:>8}  {figures}".rstrip()
    yield f"  {'macro F1':26}{'':>8}  {'':36}{_interval(report['macro_f1'])}"


def _confusion(report: Mapping[str, Any]) -> Iterator[str]:
    table = report["confusion"]
    columns = list(next(iter(table.values())))
    yield ""
    yield "First intents: labelled (rows), read (columns)"
    yield f"  {'':26}" + "".join(f"{_short(column):>15}" for column in columns)
    for label, row in table.items():
        yield f"  {label:26}" + "".join(f"{row[column] or '.':>15}" for column in columns)


def _thresholds(report: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "A withdrawal named from this probability on: withdrawals missed, other letters held"
    for row in report["queue_thresholds"]:
        yield f"  {row['threshold']:>5}{row['missed']:>8}{row['falsely_held']:>8}"


def _authors(report: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"  {'author':26}{'letters':>8}{'macro F1':>10}{'seen':>11}{'acts right':>12}{'urgent':>11}"
    for author, row in report["authors"].items():
        shares = (row["withdrawals_seen"], row["acts"], row["urgency"])
        seen, acts, urgent = (f"{share['right']}/{share['of']}" for share in shares)
        yield f"  {author:26}{row['letters']:>8}{row['macro_f1']:>10.3f}{seen:>11}{acts:>12}{urgent:>11}"


def _share(share: Mapping[str, Any]) -> str:
    if share["share"] is None:
        return "none"
    return f"{share['right']:>4} of {share['of']:<4}  {share['share']:.3f}  bound {share['bound']:.3f}"


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.2f} [{figure['low']:.2f} {figure['high']:.2f}]"


def _short(intent: str) -> str:
    """Give the last word of an intent's name, which tells it from the others."""
    return intent.rsplit("_", 1)[-1]
