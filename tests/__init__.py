"""Tests: unit, integration (Dovecot, PostgreSQL, SMTP), acceptance (the command line alone)."""
