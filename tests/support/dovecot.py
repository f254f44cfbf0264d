"""A real Dovecot 2.3 on loopback, everything in one temporary folder; no system configuration is touched."""

import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from imapclient import IMAPClient

from tests.support.network import LOOPBACK, free_port

USER, PASSWORD = "studentwellbeing@herts.example", "s3cret pass"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
auth_mechanisms = plain login
auth_failure_delay = 0
auth_cache_size = 0
mail_max_userip_connections = 50
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
maildir_very_dirty_syncs = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
{capability}
"""


def dovecot_program() -> str | None:
    """Give the path of Dovecot's program, if it is installed."""
    return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")


class Dovecot:
    """The server, with one account and its INBOX. Use as a context manager."""

    def __init__(self, *, capability: str = "") -> None:
        """Prepare a folder; `capability` replaces what the server says it can."""
        # Unix sockets have short names: the folder must too.
        self.folder = Path(tempfile.mkdtemp(prefix="dc-", dir="/tmp"))
        self.imap, self.imaps = free_port(), free_port()
        self.ca_file = self.folder / "cert.pem"
        self._capability = capability
        self._process: subprocess.Popen[bytes] | None = None
        # Dovecot refuses to serve mail as root.
        account = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self._uid, self._gid, self._user = account.pw_uid, account.pw_gid, account.pw_name
        self._delivered = 0

    def __enter__(self) -> Self:
        """Write the configuration and start."""
        self._write()
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop and remove everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start, and wait for the greeting."""
        program = dovecot_program()
        assert program is not None, "dovecot is not installed: apt-get install dovecot-imapd"
        become = ["setpriv", "--pdeathsig", "TERM"]
        if os.getuid() == 0:
            become += ["--reuid", str(self._uid), "--regid", str(self._gid), "--clear-groups"]
        with (self.folder / "dovecot.err").open("wb") as errors:
            self._process = subprocess.Popen(
                [*become, program, "-F", "-c", str(self.folder / "dovecot.conf")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with socket.create_connection((LOOPBACK, self.imap), 2) as probe:
                    if probe.recv(200).startswith(b"* OK"):
                        return
            except OSError:
                time.sleep(0.03)
        logs = [self.folder / name for name in ("dovecot.err", "dovecot.log")]
        raise RuntimeError("\n".join(one.read_text(errors="replace")[-2000:] for one in logs if one.exists()))

    def stop(self) -> None:
        """End the server and everything that it started."""
        if self._process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
                self._process.wait(5)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        self._process = None

    def change_uidvalidity(self) -> None:
        """Keep the messages, give the folder a new UIDVALIDITY and new UIDs, as a server migration does."""
        with self.client() as client:
            before = int(client.select_folder("INBOX")[b"UIDVALIDITY"])
        self.stop()
        for index in self.maildir.glob("dovecot*"):
            index.unlink()
        uidlist = self.maildir / "dovecot-uidlist"
        uidlist.write_text(f"3 V{max(before + 1, int(time.time()) + 1)} N1\n")
        os.chown(uidlist, self._uid, self._gid)
        self.start()

    def put_back(self, uidnext: int) -> None:
        """Lose every message from `uidnext` on and give their UIDs anew, as a server does that was restored."""
        self.stop()
        uidlist = self.maildir / "dovecot-uidlist"
        header, *lines = uidlist.read_text().splitlines()
        for line in lines:
            if int(line.split()[0]) >= uidnext:
                name = line.partition(":")[2]
                for found in self.maildir.glob(f"*/{name.partition(':')[0]}*"):
                    found.unlink()
        kept = [line for line in lines if int(line.split()[0]) < uidnext]
        for index in self.maildir.glob("dovecot.index*"):
            index.unlink()
        uidlist.write_text("\n".join([re.sub(r" N\d+", f" N{uidnext}", header), *kept]) + "\n")
        os.chown(uidlist, self._uid, self._gid)
        self.start()

    @property
    def maildir(self) -> Path:
        """The INBOX on disk."""
        return self.folder / "home" / USER / "Maildir"

    def deliver(self, content: bytes, folder: str = "INBOX", *, received: float | None = None) -> None:
        """Deliver a message, as a delivery agent does, `received` then or now; a folder that is not there is made."""
        self._delivered += 1
        maildir = self.maildir if folder == "INBOX" else self.maildir / f".{folder}"
        for one in (maildir, *(maildir / name for name in ("tmp", "new", "cur"))):
            if not one.is_dir():
                one.mkdir()
                os.chown(one, self._uid, self._gid)
        name = f"{int(time.time())}.M{self._delivered:08d}P{os.getpid()}.test"
        written = maildir / "tmp" / name
        written.write_bytes(content)
        os.chown(written, self._uid, self._gid)
        if received is not None:
            os.utime(written, (received, received))
        written.rename(maildir / "new" / name)

    def client(self) -> IMAPClient:
        """Log in, as a person's mail program would."""
        client = IMAPClient(LOOPBACK, self.imap, ssl=False, timeout=30)
        client.login(USER, PASSWORD)
        return client

    def messages(self, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        """Give UID and flags of every message in a folder; nothing where there is no such folder."""
        with self.client() as client:
            if not client.folder_exists(folder):
                return {}
            client.select_folder(folder, readonly=True)
            uids = client.search(["ALL"])
            fetched = client.fetch(uids, ["FLAGS"]) if uids else {}
            return {uid: tuple(data[b"FLAGS"]) for uid, data in fetched.items()}

    def _write(self) -> None:
        for name in ("run", "state", "home"):
            (self.folder / name).mkdir()
        for name in ("tmp", "new", "cur"):
            (self.maildir / name).mkdir(parents=True)
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        capability = f"protocol imap {{\n  imap_capability = {self._capability}\n}}" if self._capability else ""
        (self.folder / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                folder=self.folder,
                user=self._user,
                group=grp.getgrgid(self._gid).gr_name,
                uid=self._uid,
                gid=self._gid,
                imap=self.imap,
                imaps=self.imaps,
                capability=capability,
            )
        )
        write_certificate(self.folder)
        for root, _folders, files in os.walk(self.folder):
            for path in (root, *(str(Path(root) / name) for name in files)):
                os.chown(path, self._uid, self._gid)
        self.folder.chmod(0o711)


def write_certificate(folder: Path) -> None:
    """Write `key.pem` and a self-signed `cert.pem` for localhost."""
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "30", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    command += ["-subj", "/CN=localhost", "-addext", names, "-addext", "basicConstraints=critical,CA:TRUE"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
