"""What looks forged in a message's addresses, whoever vouches for it."""

import re
import unicodedata

from intake.parse import Address, InboundMessage
from intake.parse.characters import cleaned
from intake.parse.domains import organisational_domain, same_organisation

_ADDRESS = re.compile(r"[^\s<>()\",;:@'\[\]]{1,64}@[^\s<>()\",;:@'\[\]]{1,255}")
#: characters that are taken for one another at a glance
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "4": "a", "$": "s"})
_SHORTEST_NAME = 5


def names_another_address(originator: Address) -> bool:
    """Tell whether the display name shows an address that is not the one behind it, or that one holds a second."""
    if "@" in originator.local_part or not originator.local_part.isprintable():
        return True
    shown = unicodedata.normalize("NFKC", originator.display_name)
    return any(one.strip(".").lower() != originator.address.lower() for one in _ADDRESS.findall(shown))


def replies_elsewhere(message: InboundMessage, originator: Address) -> bool:
    """Tell whether Reply-To leads out of the originator's organisation."""
    return any(not same_organisation(one.domain, originator.domain) for one in message.reply_to)


def looks_like(domain: str, known: frozenset[str]) -> bool:
    """Tell whether `domain` imitates one of the `known` domains, or an ASCII domain by letters of another script."""
    readable = _readable(domain)
    plain, changed = cleaned(readable)
    if changed and not readable.isascii() and plain.isascii():
        return True
    own = organisational_domain(domain)
    return any(_imitates(own, organisational_domain(one)) for one in known if one)


def _readable(domain: str) -> str:
    if "xn--" not in domain:
        return domain
    try:
        return domain.encode("ascii", "ignore").decode("idna")
    except UnicodeError:
        return domain


def _imitates(domain: str, known: str) -> bool:
    """Tell whether two registered names differ, but only by what an eye passes over."""
    if domain == known or not domain or not known:
        return False
    name, original = domain.partition(".")[0], known.partition(".")[0]
    if len(original) < _SHORTEST_NAME:
        return False
    if name == original:
        return False  # the same name under another registry may be somebody else's honestly
    return _skeleton(name) == _skeleton(original) or _one_edit(name, original)


def _skeleton(name: str) -> str:
    return name.replace("rn", "m").replace("vv", "w").replace("-", "").translate(_ALIKE)


def _one_edit(one: str, other: str) -> bool:
    """Tell whether one insertion, deletion, substitution or swap of neighbours leads from one to the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    swapped = len(a) > 1 and len(b) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:]
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]
