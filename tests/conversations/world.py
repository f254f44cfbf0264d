"""A small world without a mailbox: letters are taken in as `receive` would, at the world's own time, and worked."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from intake.confirmation import return_unconfirmed
from intake.identifiers import new_id
from intake.pipeline import House, work
from intake.sealing import Vault, content_hash
from intake.store import Store, arrivals
from intake.store.arrivals import NewArrival
from intake.vocabulary import ArrivalState
from tests.conversations import promises
from tests.conversations.people import Person
from tests.conversations.stage import US, letter
from tests.support.sink import Received


@dataclass(slots=True)
class World:
    """One service on one database, and its clock."""

    house: House
    vault: Vault
    store: Store
    now: datetime = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    letters: list[bytes] = field(default_factory=list)

    def gets(
        self,
        who: Person,
        words: str,
        *,
        answering: Received | None = None,
        quoting: bool = False,
        dmarc: str = "pass",
        head: str = "",
        written: datetime | None = None,
    ) -> None:
        """Let a letter come in a minute later, and be worked."""
        self.now += timedelta(minutes=1)
        number = len(self.letters) + 1
        content = letter(number, who, words, answering, quoting, True, dmarc, head, written or self.now)
        self.letters.append(content)
        arrival_id, key = new_id("a"), self.vault.new_key()
        new = NewArrival(
            uidvalidity=1,
            uid=number,
            sha256=content_hash(content),
            size=len(content),
            form="whole",
            received_at=self.now,
            state=ArrivalState.RECEIVED,
            wrapped_key=key.wrapped,
            content=key.seal(content, f"arrivals/{arrival_id}/content"),
            arrival_id=arrival_id,
        )
        with self.store.writing() as session:
            row = arrivals.open_mailbox(session, "imap.herts.example", US, "INBOX")
            arrivals.add(session, row.mailbox_id, [new], self.now)
            claimed = arrivals.claim(session, "here", self.now, timedelta(minutes=5))
        assert claimed is not None
        assert work(self.house, self.store, claimed, "here", self.now) is not None

    def waits(self, hours: float) -> None:
        """Let time pass; what waits too long comes back."""
        self.now += timedelta(hours=hours)
        return_unconfirmed(self.store, self.now)

    def wrote(self) -> list[Received]:
        """Everything that the service wrote, as it would be received."""
        written = promises.written_by(self.store, self.vault)
        return [Received(US, (str(one.message["To"]),), one.message.as_bytes(), False, None) for one in written]
