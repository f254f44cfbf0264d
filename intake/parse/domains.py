"""Domains: whose is whose, as far as that can be told without asking the network."""

import re

#: second-level labels under which registries sell names (a stand-in for the public suffix list, which changes monthly)
_REGISTRY_LABELS = frozenset(
    (  # noqa: SIM905 - a list one word a line says no more
        "ac co com edu gov org net nhs ltd plc me sch mod police mil gob gouv go or ne gen web firm store "
        "info nom k12 school id asn"
    ).split()
)
_SRS = re.compile(r"^srs0[=+-][^=]{1,20}=[^=]{1,10}=([^=]+)=(.+)$", re.I)
_SRS_TWICE = re.compile(r"^srs1[=+-][^=]{1,20}=[^=]{1,255}=+[^=]{1,20}=[^=]{1,10}=([^=]+)=(.+)$", re.I)
_BATV = re.compile(r"^(?:prvs|btv1==?)=[^=]{1,60}=+(.+)$", re.I)


def organisational_domain(domain: str) -> str:
    """Give the domain somebody registered: `herts.ac.uk` of `students.herts.ac.uk`."""
    labels = domain.lower().strip(".").split(".")
    if len(labels) <= 2:
        return ".".join(labels)
    under_registry = len(labels[-1]) == 2 and labels[-2] in _REGISTRY_LABELS
    return ".".join(labels[-3:] if under_registry else labels[-2:])


def same_organisation(one: str, other: str) -> bool:
    """Tell whether two domains belong to one organisation; empty belongs to nobody."""
    return bool(one) and bool(other) and organisational_domain(one) == organisational_domain(other)


def original_path(address: str) -> str:
    """Undo what forwarders and bounce tagging do to a reverse-path (SRS, BATV)."""
    local, _, domain = address.rpartition("@")
    srs = _SRS.match(local) or _SRS_TWICE.match(local)
    if srs:
        return f"{srs[2]}@{srs[1].lower()}"
    batv = _BATV.match(local)
    return f"{batv[1]}@{domain}" if batv else address
