"""Acceptance: through the command line only."""
