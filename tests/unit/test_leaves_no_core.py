"""A crash leaves no copy of the process's memory behind, which holds the master key and letters."""

import subprocess
import sys

_CALL = """
import resource, sys
from intake.cli import main
sys.argv = ["wellbeing-intake", "--version"]
try:
    main()
except SystemExit:
    print(resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_no_command_leaves_a_core_file() -> None:
    found = subprocess.run([sys.executable, "-c", _CALL], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.splitlines()[-1] == "(0, 0)"
