"""One message's result, as `replay --json` and `poll --json` print it."""

from collections.abc import Sequence
from typing import Any

from classifiers import Classification
from intake.compose import Outgoing
from intake.decide import Decision, Facts
from intake.match import Match
from intake.screen import Screening
from intake.vocabulary import Assurance


def result_of(facts: Facts, decision: Decision, outgoing: Sequence[Outgoing]) -> dict[str, Any]:
    """Give the result without its `source`; holds the writer's words, so it is sealed wherever it is stored."""
    originator = facts.message.originator
    return {
        "message_id": facts.message.message_id,
        "screening": _screening(facts.screening),
        "visible_text": facts.message.new_text,
        "classification": None if facts.classification is None else _classification(facts.classification),
        "sender": {
            "address": None if originator is None else originator.address,
            "authenticated": facts.assurance >= Assurance.UNKNOWN_ADDRESS,
            "assurance": int(facts.assurance),
            "signs": [sign.value for sign in facts.authentication.signs],
        },
        "match": _match(facts.match),
        "decision": {
            "disposition": decision.disposition.value,
            "reasons": [reason.value for reason in decision.reasons],
            "consent": [
                {"event": change.event.value, "purposes": [purpose.value for purpose in change.purposes]}
                for change in decision.consent
            ],
            "proposed": None if decision.proposed is None else decision.proposed.value,
        },
        "defects": sorted(defect.value for defect in facts.message.defects),
        "outgoing": [_outgoing(one) for one in outgoing if one.verdict.allowed],
        "withheld": [
            {"template": one.reply.template.value, "reason": one.verdict.reason}
            for one in outgoing
            if not one.verdict.allowed
        ],
    }


def without_text(result: dict[str, Any]) -> dict[str, Any]:
    """Give the result with nothing of the letter's or the reply's words in it."""
    reading = result["classification"]
    if reading is not None:
        obstacles = [{**one, "sentence": None} for one in reading["obstacles"]]
        urgent = {**reading["urgent"], "evidence": None}
        reading = {**reading, "evidence": None, "urgent": urgent, "obstacles": obstacles}
    return {
        **result,
        "visible_text": None,
        "classification": reading,
        "outgoing": [{**one, "body": None} for one in result["outgoing"]],
    }


def _screening(screening: Screening) -> dict[str, Any]:
    reason = screening.reasons[0].value if screening.reasons else None
    return {"automated": screening.automated, "may_reply": screening.may_reply, "reason": reason}


def _classification(reading: Classification) -> dict[str, Any]:
    return {
        "intents": [{"name": one.intent.value, "probability": round(one.probability, 4)} for one in reading.intents],
        "scope": [scope.value for scope in reading.scope],
        "urgent": {"flag": reading.urgent.flag, "evidence": list(reading.urgent.evidence)},
        "language": reading.language,
        "evidence": list(reading.evidence),
        "sure": sorted(intent.value for intent in reading.sure),
        "author_role": reading.author_role.value,
        "abstention": None if reading.abstention is None else reading.abstention.value,
        "vetoes": [veto.value for veto in reading.vetoes],
        # What would change the outcome: were all of it otherwise, nobody would have been asked.
        "obstacles": [
            {"name": one.name, "sentence": one.sentence or None, "short_by": one.short_by} for one in reading.obstacles
        ],
    }


def _match(match: Match) -> dict[str, Any]:
    return {
        "student_id": match.student_id,
        "probability": round(match.probability, 6),
        # A weak candidate is not shown where nobody was matched; the case keeps it for a person.
        "candidates": [
            {
                "student_id": one.student_id,
                "probability": round(one.probability, 6),
                "evidence": [part.comparison for part in one.evidence],
                "weights": {part.comparison: round(part.weight, 2) for part in one.evidence},
            }
            for one in match.candidates
            if match.student_id is not None
        ],
    }


def _outgoing(one: Outgoing) -> dict[str, Any]:
    reply = one.reply
    return {
        "template": reply.template.value,
        "to": reply.recipient,
        "subject": reply.subject,
        "body": reply.body,
    }
