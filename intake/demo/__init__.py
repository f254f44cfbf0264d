"""The demo: everything on one machine, with nothing to set up; real IMAP, real SMTP, invented people."""

from intake.demo.show import run_demo

__all__ = ["run_demo"]
