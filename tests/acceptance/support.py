"""An installation as an operator has it: a folder with a configuration, a key, and the command line."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.dovecot import PASSWORD, USER
from tests.support.network import LOOPBACK

Finished = subprocess.CompletedProcess[str]

_STUDENTS = (
    "student_id,first_name,last_name,email\n"
    "23529452,Amina,Okafor,ab23xyz@student.herts.example\n"
    "21884410,Benedict,Whitlow,bw21abc@student.herts.example\n"
)


@dataclass(frozen=True, slots=True)
class Site:
    """One installation in a folder of its own, where its commands are run."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def configuration(self) -> Path:
        return self.folder / "wellbeing-intake.toml"

    @property
    def database(self) -> Path:
        return self.folder / "wellbeing-intake.db"

    @property
    def key(self) -> Path:
        return self.folder / "key"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "intake", *arguments]

    def variables(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("WELLBEING_INTAKE")}
        return {**ours, "PYTHONIOENCODING": "utf-8", **self.environment}

    def run(self, *arguments: str) -> Finished:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.variables(),
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def done(self, *arguments: str) -> str:
        """Run a command that must end well; give its standard output."""
        finished = self.run(*arguments)
        assert finished.returncode == 0, finished.stderr[-2000:]
        return finished.stdout

    def document(self, *arguments: str) -> Any:
        return json.loads(self.done(*arguments, "--json"))

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.done(*arguments, "--json").splitlines()]

    def refusal(self, status: int, *arguments: str) -> str:
        """Run a command that must be refused with one line on standard error; give that line."""
        finished = self.run(*arguments)
        assert finished.returncode == status, finished
        assert finished.stdout == ""
        lines = finished.stderr.splitlines()
        assert len(lines) == 1, finished.stderr
        assert lines[0].startswith("wellbeing-intake: ")
        return lines[0]

    def configure(self, imap: int, smtp: int, *, extra: str = "", **changes: str | int) -> None:
        """Write the configuration; `changes` are mailbox keys, `extra` further TOML."""
        mailbox = {
            "host": LOOPBACK,
            "port": imap,
            "security": "none",
            "username": USER,
            "password": PASSWORD,
            "start": "all",
            "timeout_s": 10,
            **changes,
        }
        keys = "\n".join(f"{name} = {json.dumps(value)}" for name, value in mailbox.items())
        self.configuration.write_text(
            f'[service]\nname = "Student Wellbeing"\norganisation = "University of Hertfordshire"\naddress = "{USER}"\n'
            f'duty_address = "duty@herts.example"\nmode = "automatic"\n[mailbox]\n{keys}\n'
            f'trusted_authserv_ids = ["mx.herts.example"]\n[smtp]\nhost = "{LOOPBACK}"\nport = {smtp}\n'
            f'security = "none"\nauth = "none"\ntimeout_s = 10\n[encryption]\nkey_file = "key"\n{extra}'
        )

    def make_key(self) -> None:
        self.done("keys", "new", "key")

    def import_students(self) -> None:
        (self.folder / "students.csv").write_text(_STUDENTS)
        self.done("students", "import", "students.csv")


def dead_port() -> int:
    """Give a port on which nobody answers."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class SilentPort:
    """A port that listens and never speaks; knows whether anybody came."""

    def __init__(self) -> None:
        self._server = socket.create_server((LOOPBACK, 0))
        self.port = int(self._server.getsockname()[1])

    def was_touched(self) -> bool:
        self._server.settimeout(0)
        try:
            connection, _address = self._server.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True

    def close(self) -> None:
        self._server.close()
