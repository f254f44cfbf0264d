"""The lease: one officer has a case in hand, for a while; taking it over is explicit, and audited."""

from datetime import timedelta

from intake.errors import NotFound
from intake.officers.values import Done, Hand, Office, Refusal, RefusalReason
from intake.store import audit, cases
from intake.vocabulary import CaseState

#: so long a case stays in one hand; each decision renews it
LASTS = timedelta(minutes=15)


def claim(office: Office, hand: Hand, *, take_over: bool = False) -> Done | Refusal:
    """Take a case in hand, or renew that; from somebody else only where `take_over` says so."""
    with office.store.writing() as session:
        case = cases.locked(session, hand.case_id)
        if case is None:
            raise NotFound(f"no case {hand.case_id}")
        if case.state is CaseState.MERGED:
            return Refusal(RefusalReason.MERGED, case=case)
        holder = case.holder(hand.now)
        if holder not in (None, hand.account_id) and not take_over:
            return Refusal(RefusalReason.IN_ANOTHERS_HAND, holder=holder, case=case)
        cases.change(session, case.case_id, {"claimed_by": hand.account_id, "claimed_until": hand.now + LASTS})
        if holder != hand.account_id:
            action = "case_claimed" if holder is None else "case_taken_over"
            audit.append(session, hand.now, hand.account_id, action, case.case_id, before=holder)
        changed = cases.locked(session, case.case_id)
        return Done(changed or case, "")


def give_back(office: Office, hand: Hand) -> Done | Refusal:
    """Let go of a case, so that others need not wait."""
    with office.store.writing() as session:
        case = cases.locked(session, hand.case_id)
        if case is None:
            raise NotFound(f"no case {hand.case_id}")
        if case.holder(hand.now) != hand.account_id:
            return Refusal(RefusalReason.IN_ANOTHERS_HAND, holder=case.holder(hand.now), case=case)
        cases.change(session, case.case_id, {"claimed_by": None, "claimed_until": None})
        audit.append(session, hand.now, hand.account_id, "case_given_back", case.case_id)
        changed = cases.locked(session, case.case_id)
        return Done(changed or case, "")
