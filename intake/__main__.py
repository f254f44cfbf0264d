"""`python -m intake` is `wellbeing-intake`."""

from intake.cli import main

main()
