"""Fuzz all that reads messages, guided by coverage: `make fuzz`, or `python -m tests.fuzz.coverage_guided SECONDS`.

Needs atheris (`pip install atheris`; Linux). Starts from the messages of `tests/messages` and `tests/replies`. An input
that raises, takes over ten seconds or over 2 GB ends the run and is left in the working directory as `crash-...` or
`timeout-...`: mend it, and give it a row in `test_any_bytes.py`.
"""

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1]
_LONGEST = 60_000
_WORDS = (
    'kw1="Content-Type: "\nkw2="multipart/alternative; boundary="\nkw3="message/rfc822"\nkw4="charset="\n'
    'kw5="=?utf-8?b?"\nkw6="Authentication-Results: "\nkw7="dmarc=pass "\nkw8="<blockquote>"\n'
    'kw9="wrote:"\nkw10="From: "\n'
    'kw11="-- \\x0a"\n'
    'kw12="base64"\nkw13="quoted-printable"\nkw14="application/ms-tnef"\nkw15="begin 644 x\\x0a"\nkw16="style="\n'
)


def main(seconds: int) -> None:
    """Fuzz for `seconds`."""
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris (it has wheels for Linux only)")
    with atheris.instrument_imports(include=["intake", "email", "authres", "mailparser"]):
        from tests.fuzz.reading import read_all
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        for path in [*_TESTS.glob("messages/*.eml"), *_TESTS.glob("replies/*/*.eml")]:
            (seeds / path.name).write_bytes(path.read_bytes()[:_LONGEST])
        words = Path(folder) / "words"
        words.write_text(_WORDS)
        limits = ["-timeout=10", "-rss_limit_mb=2048", f"-max_len={_LONGEST}", f"-max_total_time={seconds}"]
        atheris.Setup([sys.argv[0], *limits, f"-dict={words}", str(seeds)], lambda content: read_all(bytes(content)))
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
