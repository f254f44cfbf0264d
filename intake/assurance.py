"""Assurance 0 to 4: how sure it is that the writer is the matched student (RULES D3)."""

from intake.authenticate import Authentication, AuthenticationVerdict
from intake.match import Match
from intake.vocabulary import AddressLink, Assurance


def assure(authentication: Authentication, match: Match) -> Assurance:
    """Combine who vouches for the address with whose address it is."""
    if authentication.verdict is AuthenticationVerdict.FORGED:
        return Assurance.FORGED
    if authentication.verdict is not AuthenticationVerdict.PASS:
        return Assurance.UNAUTHENTICATED
    chosen = match.chosen
    if chosen is None or chosen.address_link is AddressLink.NONE:
        return Assurance.UNKNOWN_ADDRESS
    if chosen.address_link is AddressLink.ALTERNATE or chosen.has_left:
        return Assurance.ALTERNATE_ADDRESS
    return Assurance.REGISTERED_ADDRESS
