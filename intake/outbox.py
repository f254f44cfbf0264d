"""The outbox: messages are claimed, sent by SMTP (RFC 5321), and settled.

A failure before the text was handed over is tried again with back-off. After that, silence is `uncertain`: the server
may have the message, so it is never sent again blindly. It is looked for in the sent folder (`intake.uncertain`), and a
person sees it.
"""

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr

from sqlalchemy.orm import Session

from intake import settings
from intake.errors import KeyRefused, SmtpUnavailable
from intake.identifiers import is_dead
from intake.log import get
from intake.sealing import Vault
from intake.smtp import NO_ANSWER, Connection, Refused, begin_text, connected, is_alive, send_envelope, send_text
from intake.store import Store, audit, cases, deliveries
from intake.store.deliveries import DeliveryRow, Lane
from intake.vocabulary import DeliveryState, Reason, RecipientKind, ReplyTemplate

log = get()

#: messages reserved at once
_BATCH = 20
#: a server that took so many texts in a row without an answer is left alone until the next pass
_SILENCES = 3
#: waits between attempts of one message that the server put off; each is shortened or lengthened by up to a fifth
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480))
#: what no answer to a letter is, and somebody must hear of where it was not delivered
_ALARMS: dict[str, Reason] = {
    ReplyTemplate.DUTY_ALERT: Reason.ALERT_NOT_DELIVERED,
    ReplyTemplate.CHANGE_NOTICE: Reason.NOTICE_NOT_DELIVERED,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the messages that were due."""

    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    put_off: int = 0

    def __add__(self, other: "Sent") -> "Sent":
        """Add up two passes."""
        return Sent(
            self.sent + other.sent,
            self.failed + other.failed,
            self.uncertain + other.uncertain,
            self.put_off + other.put_off,
        )


#: gives the moment, aware, UTC: sending takes long, so the time is asked for at each attempt
Now = Callable[[], datetime]


def send_due(
    store: Store,
    vault: Vault,
    configuration: settings.Smtp,
    *,
    sender: str,
    holder: str,
    lease: timedelta,
    now: Now,
    lane: Lane = Lane.MAIL,
    told: Callable[[Sent], None] = lambda _outcome: None,
) -> Sent:
    """Send everything of a lane that is due over one connection; each outcome is `told` as it comes.

    Raises `SmtpUnavailable` or `SmtpRefused` where the server cannot be used at all; what was reserved is given back.
    """
    total = _settle_abandoned(store, holder, now())
    told(total)
    silences = 0
    try:
        with contextlib.ExitStack() as stack:
            connection: Connection | None = None
            while rows := reserve(store, holder, lease, now(), lane):
                for row in rows:
                    connection = connection or stack.enter_context(connected(configuration))
                    outcome = _send(store, vault, connection, row, sender=sender, holder=holder, now=now)
                    total += outcome
                    told(outcome)
                    if outcome.uncertain or not is_alive(connection):
                        connection = None
                    silences = silences + 1 if outcome.uncertain else 0
                    if silences == _SILENCES:
                        raise SmtpUnavailable("the SMTP server takes messages and does not answer")
    finally:
        with store.writing() as session:
            deliveries.unreserve(session, holder)
    return total


def reserve(store: Store, holder: str, lease: timedelta, now: datetime, lane: Lane) -> list[DeliveryRow]:
    """Reserve some of what is due in a lane, for the length of `lease`."""
    with store.writing() as session:
        return deliveries.reserve(session, holder, now, lease, _BATCH, lane)


def _settle_abandoned(store: Store, holder: str, now: datetime) -> Sent:
    """Settle what a dead sender left: in DATA means uncertain; only reserved means that it is free again.

    The same for our own last pass, where the database went away before it could be written down how it ended.
    """
    total = Sent()
    with store.writing() as session:
        ended = [one for one in deliveries.holders(session) if one == holder or is_dead(one)]
        for one in ended:
            deliveries.unreserve(session, one)
        found = [row for one in (None, *ended) for row in deliveries.abandoned(session, one, now)]
        for row in {row.delivery_id: row for row in found}.values():
            if row.recipient_kind == RecipientKind.WEBHOOK:
                # It may come twice, with the same id: told twice is harmless.
                deliveries.settle(session, row.delivery_id, DeliveryState.PENDING, now, trouble="interrupted")
                continue
            _settle(session, row, DeliveryState.UNCERTAIN, now, trouble="interrupted_in_data")
            total += Sent(uncertain=1)
    return total


def _send(
    store: Store,
    vault: Vault,
    connection: Connection,
    row: DeliveryRow,
    *,
    sender: str,
    holder: str,
    now: Now,
) -> Sent:
    try:
        recipient, content = opened(vault, row)
    except KeyRefused:
        return settled(store, row, DeliveryState.FAILED, now(), "sealed_text_does_not_open")
    try:
        send_envelope(connection, sender, parseaddr(recipient)[1] or recipient)
    except Refused as refusal:
        return _refused(store, row, refusal, now())
    with store.writing() as session:
        if not deliveries.begin_data(session, row.delivery_id, holder, now()):
            # Somebody else took it over while we waited for the server.
            connection.rset()
            return Sent()
    return _hand_over(store, connection, replace(row, attempts=row.attempts + 1), content, now)


def _hand_over(store: Store, connection: Connection, row: DeliveryRow, content: bytes, now: Now) -> Sent:
    """DATA: once the text is on its way, a failure without an answer is uncertain."""
    try:
        begin_text(connection)
        send_text(connection, content)
    except Refused as refusal:
        return _refused(store, row, refusal, now(), in_data=True)
    except NO_ANSWER as error:
        connection.close()
        log.warning("delivery uncertain", delivery=row.delivery_id, error=type(error).__name__)
        return settled(store, row, DeliveryState.UNCERTAIN, now(), f"{type(error).__name__}_after_data")
    return settled(store, row, DeliveryState.SENT, now(), None)


def _refused(store: Store, row: DeliveryRow, refusal: Refused, now: datetime, *, in_data: bool = False) -> Sent:
    """Settle a refusal by its code: 5xx is for good (RFC 5321 section 4.2.1), anything else is put off."""
    attempts = row.attempts if in_data else row.attempts + 1
    trouble = f"smtp_{refusal.code}" if refusal.code else "connection_broke"
    if 500 <= refusal.code < 600:
        return settled(store, row, DeliveryState.FAILED, now, trouble, count_attempt=not in_data)
    return put_off(store, row, now, trouble=trouble, attempts=attempts, count_attempt=not in_data)


def put_off(
    store: Store, row: DeliveryRow, now: datetime, *, trouble: str, attempts: int, count_attempt: bool = False
) -> Sent:
    """Try again later what failed for the `attempts`-th time; after the last wait it has failed for good."""
    if attempts > len(_WAITS):
        return settled(store, row, DeliveryState.FAILED, now, trouble, count_attempt=count_attempt)
    with store.writing() as session:
        deliveries.settle(
            session,
            row.delivery_id,
            DeliveryState.PENDING,
            now,
            trouble=trouble,
            next_attempt_at=now + _WAITS[attempts - 1] * random.uniform(0.8, 1.2),  # noqa: S311 - jitter, not a secret
            count_attempt=count_attempt,
        )
    log.info("delivery put off", delivery=row.delivery_id, trouble=trouble)
    return Sent(put_off=1)


def settled(
    store: Store,
    row: DeliveryRow,
    state: DeliveryState,
    now: datetime,
    trouble: str | None,
    *,
    count_attempt: bool = False,
) -> Sent:
    """Write how a message ended for good."""
    with store.writing() as session:
        _settle(session, row, state, now, trouble=trouble, count_attempt=count_attempt)
    why = {} if trouble is None else {"trouble": trouble}
    log.info("delivery settled", delivery=row.delivery_id, state=state.value, **why)
    return {
        DeliveryState.SENT: Sent(sent=1),
        DeliveryState.FAILED: Sent(failed=1),
        DeliveryState.UNCERTAIN: Sent(uncertain=1),
    }[state]


def _settle(
    session: Session,
    row: DeliveryRow,
    state: DeliveryState,
    now: datetime,
    *,
    trouble: str | None,
    count_attempt: bool = False,
) -> None:
    # What is uncertain is looked for from now on.
    look_at = now if state is DeliveryState.UNCERTAIN else None
    deliveries.settle(
        session, row.delivery_id, state, now, trouble=trouble, next_attempt_at=look_at, count_attempt=count_attempt
    )
    audit.append(session, now, "service", f"delivery_{state.value}", row.delivery_id, trouble=trouble)
    if state is DeliveryState.SENT:
        return
    reason = _ALARMS.get(row.template, Reason.DELIVERY_FAILURE)
    if row.template in _ALARMS:
        log.error(reason.value, case=row.case_id, delivery=row.delivery_id, trouble=trouble)
    if row.case_id is not None:
        cases.reopen(session, row.case_id, reason)


def opened(vault: Vault, row: DeliveryRow) -> tuple[str, bytes]:
    """Unseal a message out: its recipient, its content. Raises `KeyRefused`."""
    key = vault.open_key(row.wrapped_key or b"")
    recipient = key.open(row.recipient or b"", f"deliveries/{row.delivery_id}/recipient").decode()
    content = key.open(row.content or b"", f"deliveries/{row.delivery_id}/content")
    return recipient, content
