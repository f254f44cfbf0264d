"""The clock of a rights request: what an officer notes about it, and the due date that follows."""

from sqlalchemy.orm import Session

from intake import timekeeping
from intake.clocks import ClockEvent
from intake.officers.carry_out import carry_out
from intake.officers.case_file import CaseFile
from intake.officers.values import Action, Done, Hand, Office, Refusal, RefusalReason, Resolution
from intake.vocabulary import CaseState, Clock, ClockEventKind


def clock_choices(file: CaseFile) -> tuple[ClockEventKind, ...]:
    """Give what can be noted about the case's clock now: nothing where it is settled, or no rights request."""
    if file.case.clock is not Clock.DATA_RIGHTS or file.case.state is CaseState.SETTLED:
        return ()
    return timekeeping.following([one.kind for one in file.clock_events])


def keep_time(office: Office, hand: Hand, kind: ClockEventKind) -> Done | Refusal:
    """Note that the clock was extended, stopped, resumed, or that identity was asked for or proved.

    UK GDPR Articles 12(3) and 12A. Nothing is sent: the student is told by the officer.
    """

    def decide(session: Session, file: CaseFile) -> Resolution | Refusal:
        if kind not in clock_choices(file):
            return Refusal(RefusalReason.DOES_NOT_FIT)
        event = ClockEvent(kind, hand.now)
        found = timekeeping.due_of(session, office.holidays, file.case, Clock.DATA_RIGHTS, (*file.clock_events, event))
        changes = {"due_at": found.at, "due_reason": found.working}
        return Resolution(Action.CLOCK, changes, clock=event, detail={"event": kind.value})

    return carry_out(office, hand, decide)
