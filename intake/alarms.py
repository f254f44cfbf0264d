"""Alarms: told once when they begin and once when they end, also across restarts."""

from contextlib import suppress
from datetime import UTC, datetime

from intake.errors import DatabaseUnavailable, IntakeError
from intake.log import get
from intake.store import Store, facts

log = get()


class Alarms:
    """Which alarms stand, by name; kept as facts, so that whoever looks at the database sees them too."""

    def __init__(self, store: Store) -> None:
        """Begin without knowing what stood before."""
        self._store = store
        self._stands: dict[str, bool] = {}

    def begin(self, name: str, trouble: IntakeError) -> None:
        """Raise an alarm, unless it stands already. Without the database it is told each time: nobody can say."""
        if self._stands.get(name):
            return
        now, slug = datetime.now(UTC), type(trouble).__name__
        before = None
        with suppress(DatabaseUnavailable), self._store.writing() as session:
            before = facts.get(session, _fact(name))
            if before is None:
                facts.put(session, _fact(name), now, text=slug)
            self._stands[name] = True
        if before is None:
            log.error("alarm", job=name, error=slug, reason=str(trouble))

    def end(self, name: str) -> None:
        """Say that it works again, if an alarm stood."""
        if self._stands.get(name) is False:
            return
        with suppress(DatabaseUnavailable), self._store.writing() as session:
            before = facts.get(session, _fact(name))
            facts.forget(session, _fact(name))
            self._stands[name] = False
            if before is not None:
                log.info("alarm ended", job=name, error=before.text, since=before.at.isoformat())


def _fact(name: str) -> str:
    return f"{facts.ALARM}{name}"
