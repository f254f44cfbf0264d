"""The verdict: server, ledger and sent mail are counted against each other, each from its own source."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from intake.store import consent as ledger
from intake.store import open_store
from intake.store.schema import alerts as alerts_table
from intake.store.schema import arrivals as arrivals_table
from intake.store.schema import audit_entries as trail
from tests.torture.world import World, kind, written

_SHOWN = {"uncertain", "failed", "withheld", "bounced"}


@dataclass(slots=True)
class Verdict:
    """What survived; the promise was kept where `broken` is empty."""

    messages: int = 0
    states: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    changes: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    broken: list[str] = field(default_factory=list)


def judge(world: World, delivered: Sequence[int], copies: int) -> Verdict:
    """Judge what became of the letters `delivered`, of which `copies` were delivered once more."""
    found = Verdict(messages=len(delivered))
    arrivals = world.site.rows("arrivals", "list")
    outgoing = world.site.rows("outbox", "list")
    _every_letter_once(world, delivered, found)
    _every_letter_as_by_itself(world, arrivals, found)
    _on_the_server(world, len(delivered) + copies, found)
    _every_change_once(world, arrivals, found)
    _every_reply_once(world, arrivals, outgoing, found)
    if not world.site.document("audit", "verify")["ok"]:
        found.broken.append("the audit trail does not verify")
    return found


def _every_letter_once(world: World, delivered: Sequence[int], found: Verdict) -> None:
    store = open_store(world.url)
    with store.reading() as session:
        rows = session.execute(select(arrivals_table.c.sha256, arrivals_table.c.state))
        letters = [(row.sha256, row.state) for row in rows]
    store.close()
    known = Counter(digest for digest, _state in letters)
    digests = [hashlib.sha256(written(number)).digest() for number in delivered]
    found.lost = sum(digest not in known for digest in digests)
    found.doubled = sum(number - 1 for number in known.values()) + len(set(known) - set(digests))
    found.states = Counter(state for _digest, state in letters)
    found.stuck = found.states["received"]
    if found.lost or found.doubled or found.stuck:
        found.broken.append(f"{found.lost} letters lost, {found.doubled} doubled, {found.stuck} stuck")


def _every_letter_as_by_itself(world: World, arrivals: list[dict[str, Any]], found: Verdict) -> None:
    """What `replay` says of one letter of a kind is what became of each of that kind."""
    folder = world.site.folder / "letters"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.eml").write_bytes(written(number))
    alone = {
        kind(int(row["source"].rpartition("/")[2].removesuffix(".eml"))): row["decision"]["disposition"]
        for row in world.site.rows("replay", "letters")
    }
    for row in arrivals:
        if row["state"] == "processed":
            number = int(row["message_id"].removeprefix("<").partition(".")[0])
            if row["disposition"] != alone[kind(number)]:
                found.broken.append(f"letter {number} became {row['disposition']}, not {alone[kind(number)]}")


def _on_the_server(world: World, expected: int, found: Verdict) -> None:
    there = len(world.dovecot.messages()) + len(world.dovecot.messages("Handled"))
    if there != expected:
        found.broken.append(f"{there} messages on the server, not {expected}")
    finished = world.site.run("reconcile")
    if finished.returncode:
        found.broken.append(f"reconcile: {finished.stdout.strip()[:500]}{finished.stderr.strip()[-300:]}")


def _every_change_once(world: World, arrivals: list[dict[str, Any]], found: Verdict) -> None:
    applied = {row["arrival_id"] for row in arrivals if row["disposition"] == "apply"}
    changed: set[str | None] = set()
    store = open_store(world.url)
    with store.reading() as session:
        for student_id in list(ledger.students_with_events(session)):
            history = ledger.history(session, student_id)
            found.changes += len(history)
            changed |= {one.arrival_id for one in history}
            if max(Counter((one.purpose, one.event) for one in history).values()) > 1:
                found.broken.append(f"a consent of {student_id} changed twice")
    store.close()
    if applied != changed:
        without, beside = len(applied - changed), len(changed - applied)
        found.broken.append(f"{without} withdrawals without a change, {beside} changes without a withdrawal")


def _every_reply_once(
    world: World, arrivals: list[dict[str, Any]], outgoing: list[dict[str, Any]], found: Verdict
) -> None:
    got = Counter(str(one.message["Message-ID"]) for one in world.sink.received)
    found.sent = Counter(row["state"] for row in outgoing)
    twice = sum(number - 1 for number in got.values())
    found.doubled += twice
    unsent = [row for row in outgoing if row["state"] == "sent" and row["message_id"] not in got]
    unknown = set(got) - {row["message_id"] for row in outgoing if row["state"] in {"sent", "uncertain"}}
    stuck = [row for row in outgoing if row["state"] not in {"sent", *_SHOWN}]
    found.stuck += len(stuck)
    for count, what in (
        (twice, "replies sent twice"),
        (len(unsent), "replies shown as sent that nobody got"),
        (len(unknown), "replies that the outbox does not show as sent or uncertain"),
        (len(stuck), "replies that never left and are not shown"),
    ):
        if count:
            found.broken.append(f"{count} {what}")
    answered = Counter(row["arrival_id"] for row in outgoing)
    # An alert is repeated until somebody acknowledges; the audit trail says how often it was.
    alerted = _alerts_written(world)
    for row in arrivals:
        expected = alerted.get(row["arrival_id"], 0) if row["disposition"] == "escalate" else 1
        if row["disposition"] in ("apply", "escalate") and (answered[row["arrival_id"]] != expected or not expected):
            found.broken.append(f"{row['disposition']} with {answered[row['arrival_id']]} messages, not {expected}")


def _alerts_written(world: World) -> dict[str, int]:
    """Give how many alerts the audit trail tells of, by the letter they are about."""
    store = open_store(world.url)
    with store.reading() as session:
        repeated = Counter(session.scalars(select(trail.c.subject).where(trail.c.action == "alert_repeated")))
        cases = session.execute(select(alerts_table.c.case_id, alerts_table.c.arrival_id))
        written_of = {row.arrival_id: 1 + repeated[row.case_id] for row in cases}
    store.close()
    return written_of
