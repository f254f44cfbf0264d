"""Screening: is a message machine mail, and may it be answered (RFC 3834, RFC 5230; RULES D1)."""

from intake.screen.screening import Screening, ScreeningReason, screen

__all__ = ["Screening", "ScreeningReason", "screen"]
