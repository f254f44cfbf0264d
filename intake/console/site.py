"""The site: under which address browsers reach the console, and what follows for cookies and hosts."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Site:
    """Where the console is: `origins` are those of its own pages, the first one for links."""

    origins: tuple[str, ...]

    @property
    def origin(self) -> str:
        """The address that is written into links."""
        return self.origins[0]

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over TLS: always, unless they are on this machine."""
        return self.origin.startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """What the Host field may say."""
        return frozenset(urlsplit(one).netloc for one in self.origins)

    def cookie(self, name: str) -> str:
        """Name a cookie; with `__Host-` a browser takes it from this very host alone (RFC 6265bis, 4.1.3.2)."""
        return f"__Host-{name}" if self.is_secure else name


def site_at(port: int, origin: str) -> Site:
    """Give the site at its public `origin`, or on this machine's `port` where there is none."""
    return Site((origin,)) if origin else Site(tuple(f"http://{name}:{port}" for name in _LOOPBACK_NAMES))
