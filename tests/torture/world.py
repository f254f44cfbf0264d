"""Everything around the service: a mailbox, an SMTP server that saves what it sends, a register, and the letters."""

import os
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.support import Site
from tests.integration.house import ORDINARY, QUESTION, URGENT, WITHDRAWAL, letter
from tests.support.dovecot import PASSWORD, USER, Dovecot, write_certificate
from tests.support.faults import FaultProxy
from tests.support.network import BackgroundLoop
from tests.support.postgresql import Cluster, postgresql_programs
from tests.support.sink import SmtpSink

SENT = "Sent"
#: kinds of letter, in the shares in which they come
KINDS = {
    "withdrawal": WITHDRAWAL.replace("Amina Okafor\n23529452\n", ""),
    "ordinary": ORDINARY.replace("Amina\n", ""),
    "question": QUESTION.replace("Amina\n", ""),
    "urgent": URGENT,
}
_SHARES = ("withdrawal", "ordinary", "question", "ordinary", "withdrawal", "ordinary", "urgent", "withdrawal")
_EXTRA = """
[replies]
per_person_a_day = 1000000
all_an_hour = 1000000
[worker]
poll_every_s = 0.2
send_every_s = 0.2
reconcile_every_s = 10
log_format = "json"
"""


@dataclass(frozen=True, slots=True)
class World:
    """The servers, each behind a proxy that breaks connections, and one installation of the service."""

    dovecot: Dovecot
    imap: FaultProxy
    sink: SmtpSink
    smtp: FaultProxy
    site: Site
    #: where the ledger is
    url: str
    #: how many workers share it
    workers: int = 1

    def deliver(self, number: int) -> None:
        """Let letter `number` arrive."""
        self.dovecot.deliver(written(number))


def kind(number: int) -> str:
    """Give the kind of letter `number`."""
    return _SHARES[number % len(_SHARES)]


def written(number: int) -> bytes:
    """Write letter `number`, from a student of its own."""
    return letter(KINDS[kind(number)], number=number, sender=f"s{number}@student.herts.example", date=_DATE)


#: one moment for all, so that a letter written again has the same bytes
_DATE = time.time()


@contextmanager
def made_world(folder: Path, students: int, *, postgresql: bool = False) -> Iterator[World]:
    """Start everything, with a register of `students`: one worker on SQLite, or two on PostgreSQL."""
    loop = BackgroundLoop()
    try:
        with Dovecot() as dovecot, _database(folder, postgresql=postgresql) as url:
            write_certificate(folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
            # As Microsoft 365 does, the server itself saves what it sends.
            sink = SmtpSink(loop, USER, PASSWORD, context, saved=lambda content: dovecot.deliver(content, SENT))
            imap, smtp = FaultProxy(loop, dovecot.imap), FaultProxy(loop, sink.port)
            try:
                site = _site(folder / "site", url, imap.port, smtp.port, students)
                yield World(dovecot, imap, sink, smtp, site, url, workers=2 if postgresql else 1)
            finally:
                for server in (imap, smtp, sink):
                    server.stop()
    finally:
        loop.stop()


@contextmanager
def _database(folder: Path, *, postgresql: bool) -> Iterator[str]:
    if not postgresql:
        yield f"sqlite:///{folder}/site/wellbeing-intake.db"
        return
    programs = postgresql_programs()
    assert programs is not None, "PostgreSQL's server programs are not installed: apt-get install postgresql"
    with Cluster(programs) as cluster:
        yield f"postgresql+psycopg://postgres@/postgres?host={cluster.folder}"


def _site(folder: Path, url: str, imap: int, smtp: int, students: int) -> Site:
    folder.mkdir()
    paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    smtp_keys = {"TIMEOUT_S": "2", "AUTH": "password", "USERNAME": USER, "PASSWORD": PASSWORD}
    environment = {f"WELLBEING_INTAKE__SMTP__{key}": value for key, value in smtp_keys.items()}
    environment["WELLBEING_INTAKE__DATABASE__URL"] = url
    if url.startswith("postgresql"):
        # Shorter than a worker is frozen.
        environment |= {"WELLBEING_INTAKE__WORKER__LEASE_S": "10", "WELLBEING_INTAKE__WORKER__MESSAGE_S": "8"}
    site = Site(folder, {**environment, "PYTHONPATH": paths})
    site.configure(imap, smtp, extra=_EXTRA, timeout_s=3, sent_folder=SENT)
    site.make_key()
    lines = ["student_id,first_name,last_name,email"]
    lines += [f"{20000000 + n},Robin{n},Fen{n},s{n}@student.herts.example" for n in range(students)]
    (folder / "students.csv").write_text("\n".join(lines))
    site.done("students", "import", "students.csv")
    return site
