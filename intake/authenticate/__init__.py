"""Authentication of the originator's domain (RFC 8601): who vouches for the From address, and what looks forged."""

from intake.authenticate.verdict import (
    Authentication,
    AuthenticationVerdict,
    ForgerySign,
    authenticate,
)

__all__ = ["Authentication", "AuthenticationVerdict", "ForgerySign", "authenticate"]
