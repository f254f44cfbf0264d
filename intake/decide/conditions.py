"""When a row of the policy table holds: one question about the facts a function."""

from collections.abc import Callable

from classifiers import AuthorRole, Intent, Veto
from intake.decide.facts import Facts
from intake.parse import Defect
from intake.screen import ScreeningReason
from intake.vocabulary import Assurance, Purpose


def answers_alert(facts: Facts) -> bool:
    return facts.answers_alert and facts.known_case is not None


def urgent(facts: Facts) -> bool:
    return facts.classification is not None and facts.classification.urgent.flag


def urgent_from_the_duty(facts: Facts) -> bool:
    return facts.from_duty and urgent(facts)


def asks(facts: Facts, *intents: Intent) -> bool:
    reading = facts.classification
    return reading is not None and any(reading.has(intent) for intent in intents)


def asks_anything(facts: Facts) -> bool:
    return complains(facts) or asks(facts, *(intent for intent in Intent if intent is not Intent.OTHER))


def complains(facts: Facts) -> bool:
    return facts.classification is not None and bool(facts.classification.complaints)


def asks_beside_withdrawing(facts: Facts) -> bool:
    return complains(facts) or asks(
        facts, Intent.CONFIDENTIALITY_QUESTION, Intent.DATA_RIGHTS_REQUEST, Intent.THIRD_PARTY_ENQUIRY
    )


def sure(facts: Facts, intent: Intent) -> bool:
    return facts.classification is not None and intent in facts.classification.sure


def delivery_failure(facts: Facts) -> bool:
    return facts.screening.automated and bool(facts.screening.failed_message_ids)


def automated_without_request(facts: Facts) -> bool:
    if not facts.screening.automated:
        return False
    if facts.known_case is not None:
        # A machine answers one of our letters. That is about withdrawing and may be quoted: what is not clear is ours.
        return not asks_beside_withdrawing(facts) and not clear_withdrawal(facts)
    # Where the reader is not sure what a machine's mail carries (a web form, say), a person looks; so too at a document
    # that it brings, which may be the form that somebody scanned.
    unread = (abstained(facts) or facts.message.encloses) and not _ANSWERS_BY_ITSELF & set(facts.screening.reasons)
    return not asks_anything(facts) and not unread


def automated_with_request(facts: Facts) -> bool:
    return facts.screening.automated


def readable(facts: Facts) -> bool:
    reading = facts.classification
    return reading is not None and reading.wholly_english and not _UNREADABLE & facts.message.defects


def not_readable(facts: Facts) -> bool:
    return not readable(facts) or (Defect.HIDDEN_TEXT in facts.message.defects and asks_anything(facts))


def not_the_student(facts: Facts) -> bool:
    reading = facts.classification
    elsewhere = reading is not None and reading.author_role is not AuthorRole.STUDENT
    return asks(facts, Intent.THIRD_PARTY_ENQUIRY) or (elsewhere and asks_anything(facts))


def withdraws_and_gives(facts: Facts) -> bool:
    return asks(facts, Intent.CONSENT_WITHDRAWAL) and asks(facts, Intent.CONSENT_REINSTATEMENT)


def withdrawal(facts: Facts) -> bool:
    return asks(facts, Intent.CONSENT_WITHDRAWAL)


def clear_withdrawal(facts: Facts) -> bool:
    reading = facts.classification
    return (
        reading is not None
        and Intent.CONSENT_WITHDRAWAL in reading.sure
        and bool(reading.scope)
        and reading.scope_sure
        and not reading.limits
        and facts.match.student_id is not None
    )


def clear_withdrawal_at(*levels: Assurance) -> Callable[[Facts], bool]:
    # What is enclosed may limit it, or be a cry for help: nothing is done alone that a person has not seen whole.
    # An old letter, sent again after consent was given anew, has its old signature, which still vouches for it.
    return lambda facts: (
        clear_withdrawal(facts)
        and facts.assurance in levels
        and not facts.message.encloses
        and not facts.written_long_ago
    )


def nothing_left_to_stop(facts: Facts) -> bool:
    return withdrawal_by_another_address(facts) and not _to_stop(facts)


def waits_already(facts: Facts) -> bool:
    return withdrawal_by_another_address(facts) and any(_to_stop(facts) <= one.purposes for one in facts.waiting)


def withdrawal_by_another_address(facts: Facts) -> bool:
    # What a yes to our question settles must be the whole letter.
    known = clear_withdrawal_at(Assurance.ALTERNATE_ADDRESS, Assurance.UNKNOWN_ADDRESS)(facts)
    return known and not complains(facts)


def _to_stop(facts: Facts) -> frozenset[Purpose]:
    reading = facts.classification
    named = () if reading is None else reading.scope
    return frozenset(Purpose(one.value) for one in named) - facts.already_stopped


def withdrawal_unauthenticated(facts: Facts) -> bool:
    return withdrawal(facts) and facts.assurance <= Assurance.UNAUTHENTICATED


def sure_question(facts: Facts) -> bool:
    return (
        sure(facts, Intent.CONFIDENTIALITY_QUESTION)
        and not _hears_an_act(facts)
        and not facts.message.encloses
        and not complains(facts)
        and not asks(facts, Intent.DATA_RIGHTS_REQUEST, Intent.CONSENT_REINSTATEMENT)
        and facts.assurance >= Assurance.UNKNOWN_ADDRESS
    )


def no_act_heard(facts: Facts) -> bool:
    """Say whether the rules heard no withdrawing words at all, whatever the model makes of what is quoted."""
    return facts.classification is not None and Veto.NO_EXPLICIT_CUE in facts.classification.vetoes


def _hears_an_act(facts: Facts) -> bool:
    """Say whether the rules heard withdrawing words outside a question: beside a question they must not be lost."""
    reading = facts.classification
    return reading is not None and not no_act_heard(facts) and Veto.QUESTION_FORM not in reading.vetoes


def abstained(facts: Facts) -> bool:
    return facts.classification is not None and not facts.classification.intents


#: mail that no person sent at all, in whatever language
_ANSWERS_BY_ITSELF = frozenset(
    {
        ScreeningReason.OUT_OF_OFFICE,
        ScreeningReason.REPORT,
        ScreeningReason.CALENDAR,
        ScreeningReason.NULL_REVERSE_PATH,
        ScreeningReason.OWN_MESSAGE,
    }
)
_UNREADABLE = frozenset(
    {
        Defect.NO_TEXT,
        Defect.OVERSIZE,
        Defect.PLACEHOLDER,
        Defect.UNREADABLE,
        Defect.CHARSET,
        Defect.ALTERNATIVES_DISAGREE,
    }
)
