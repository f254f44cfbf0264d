"""Measure how long the commands take to start."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main(times: int = 5) -> None:
    """Start each command some times; `replay` of one letter includes loading the reader."""
    with tempfile.TemporaryDirectory() as folder:
        letter = Path(folder) / "letter.eml"
        letter.write_bytes(
            b"From: a@student.herts.example\r\nTo: w@herts.example\r\n\r\nPlease stop sharing my notes.\r\n"
        )
        configuration = Path(folder) / "wellbeing-intake.toml"
        configuration.write_text(
            '[service]\naddress = "w@herts.example"\nduty_address = "d@herts.example"\n'
            '[mailbox]\nhost = "imap.herts.example"\nusername = "w"\npassword = "p"\n'
            '[smtp]\nhost = "smtp.herts.example"\nauth = "none"\n[encryption]\nkey_file = "key"\n'
        )
        for name, arguments in (
            ("--help", ["--help"]),
            ("replay", ["--config", str(configuration), "replay", str(letter)]),
        ):
            took = [_seconds(arguments) for _ in range(times)]
            print(f"{name:8} median {statistics.median(took):.2f} s, longest {max(took):.2f} s of {times}")


def _seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "intake", *arguments], check=True, capture_output=True)
    return time.perf_counter() - start
