"""OpenID Connect: authorization code with PKCE; the ID token is believed only when everything about it fits.

OpenID Connect Core 1.0 (3.1.3.7), RFC 7636 (PKCE), RFC 9207 (issuer in the answer), RFC 9700 (best practice).
"""

import base64
import hmac
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from intake.errors import IntakeError
from intake.settings import OpenId
from intake.store import Store, accounts, audit, sessions
from intake.store.accounts import Account
from intake.vocabulary import Role

FLOW_COOKIE = "university"
FLOW_LASTS_S = 600
BACK_PATH = "/sign-in/university/back"

# Signatures by key pair alone: with HS256 the client's secret would do, and "none" is no signature.
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_TIMEOUT_S = 10
_LONGEST_ANSWER = 1_000_000
_CLOCK_DRIFT_S = 60
_METADATA_LASTS_S = 3600
_KEYS_ANEW_AFTER_S = 60


class ProviderUnavailable(IntakeError):
    """The university's sign-in cannot be reached, or does not speak as it should."""


class VoucherRefused(IntakeError):
    """What came back does not prove who somebody is; `slug` says why, for the audit trail."""

    def __init__(self, slug: str) -> None:
        """Name the check that failed."""
        super().__init__(f"the university's sign-in was refused: {slug}")
        self.slug = slug


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in under way: a random secret that only this browser has; all else follows from it."""

    secret: str
    next_path: str

    @classmethod
    def begun(cls, next_path: str) -> "Flow":
        """Begin one; afterwards the browser goes to `next_path`."""
        return cls(token_urlsafe(32), next_path)

    @classmethod
    def read(cls, cookie: str) -> "Flow | None":
        """Read the cookie; None where there is none."""
        secret, dot, path = cookie.partition(".")
        if len(secret) != 43 or not dot:
            return None
        try:
            return cls(secret, base64.urlsafe_b64decode(path + "=" * (-len(path) % 4)).decode())
        except ValueError:
            return None

    def written(self) -> str:
        """Write the cookie."""
        return f"{self.secret}.{_base64(self.next_path.encode())}"

    @property
    def state(self) -> str:
        """What the answer must repeat, so that nobody else's answer is taken for this browser's."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the ID token must repeat, so that it was made for this sign-in."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What the code is exchanged with (RFC 7636): a stolen code is of no use."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """The verifier's hash, sent ahead."""
        return _base64(sha256(self.verifier.encode()).digest())

    def _derived(self, purpose: str) -> str:
        digest = hmac.digest(self.secret.encode(), f"wellbeing-intake openid {purpose}".encode(), "sha256")
        return _base64(digest)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brought back."""

    code: str
    state: str
    iss: str
    error: str


@dataclass(frozen=True, slots=True)
class Voucher:
    """Who the provider says somebody is; every check is passed."""

    issuer: str
    subject: str
    name: str
    claims: dict[str, Any]


class Provider:
    """The university's OpenID Connect provider."""

    def __init__(self, settings: OpenId, client: httpx2.Client | None = None) -> None:
        """Take the configuration; nothing is asked until somebody signs in."""
        self.settings = settings
        self._client = client or httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False)
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def authorization_address(self, flow: Flow, origin: str) -> str:
        """Give the address to which the browser is sent. Raises `ProviderUnavailable`."""
        asked = {
            "response_type": "code",
            "scope": "openid profile",
            "client_id": self.settings.client_id,
            "redirect_uri": origin + BACK_PATH,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def voucher(self, flow: Flow | None, answer: Answer, origin: str, now: datetime) -> Voucher:
        """Exchange the code and check everything. Raises `VoucherRefused`, `ProviderUnavailable`."""
        if flow is None:
            raise VoucherRefused("no_flow")
        if not hmac.compare_digest(answer.state.encode(), flow.state.encode()):
            raise VoucherRefused("state")
        # RFC 9207: an answer of another provider is not sent to this one's token endpoint.
        if answer.iss and answer.iss != self.settings.issuer:
            raise VoucherRefused("answer_issuer")
        if answer.error or not answer.code:
            raise VoucherRefused("no_code")
        claims = self._checked(self._token(flow, answer.code, origin), flow, now)
        return Voucher(self.settings.issuer, claims["sub"], _name(claims), claims)

    def _token(self, flow: Flow, code: str, origin: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": origin + BACK_PATH,
            "code_verifier": flow.verifier,
        }
        client_id, secret = self.settings.client_id, self.settings.client_secret.get_secret_value()
        authentication = None
        ways = self._discovered().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if not secret:
            form["client_id"] = client_id
        elif "client_secret_basic" in ways or "client_secret_post" not in ways:
            # RFC 6749 section 2.3.1: both are form-encoded before they are joined.
            authentication = (quote(client_id, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": client_id, "client_secret": secret}
        found = self._asked("POST", self._endpoint("token_endpoint"), data=form, auth=authentication)
        if not _is_text(found.get("id_token")):
            raise VoucherRefused("token")
        return str(found["id_token"])

    def _checked(self, id_token: str, flow: Flow, now: datetime) -> dict[str, Any]:
        """Check signature and claims (OpenID Connect Core 3.1.3.7)."""
        claims = self._signed(id_token)
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        seconds = now.timestamp()
        checks = {
            "issuer": claims.get("iss") == self.settings.issuer,
            "audience": self.settings.client_id in audiences
            and (len(audiences) == 1 or claims.get("azp") == self.settings.client_id)
            and claims.get("azp", self.settings.client_id) == self.settings.client_id,
            "expired": _is_number(claims.get("exp")) and claims["exp"] > seconds - _CLOCK_DRIFT_S,
            "issued_at": _is_number(claims.get("iat"))
            and seconds - FLOW_LASTS_S - _CLOCK_DRIFT_S < claims["iat"] < seconds + _CLOCK_DRIFT_S,
            "nonce": _is_text(claims.get("nonce"))
            and hmac.compare_digest(str(claims["nonce"]).encode(), flow.nonce.encode()),
            "subject": _is_text(claims.get("sub")) and claims["sub"].isprintable() and len(claims["sub"]) <= 255,
        }
        for slug, passed in checks.items():
            if not passed:
                raise VoucherRefused(slug)
        return claims

    def _signed(self, id_token: str) -> dict[str, Any]:
        for anew in (False, True):
            try:
                return dict(jwt.decode(id_token, self._key_set(anew=anew), algorithms=_ALGORITHMS).claims)
            except (JoseError, ValueError, TypeError, KeyError) as error:
                # The provider may have a new key: its set is read once more, but not at every forged token.
                if anew or not self._keys_are_old():
                    raise VoucherRefused("signature") from error
        raise VoucherRefused("signature")

    def _keys_are_old(self) -> bool:
        return self._keys is not None and time.monotonic() - self._keys[0] > _KEYS_ANEW_AFTER_S

    def _key_set(self, *, anew: bool) -> KeySet:
        with self._lock:
            if self._keys is None or anew:
                try:
                    found = KeySet.import_key_set(self._asked("GET", self._endpoint("jwks_uri")))  # type: ignore[arg-type]
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise ProviderUnavailable("the provider's keys cannot be read") from error
                self._keys = (time.monotonic(), found)
            return self._keys[1]

    def _endpoint(self, name: str) -> str:
        address = str(self._discovered().get(name, ""))
        parts = urlsplit(address)
        in_clear = parts.scheme == "http" and urlsplit(self.settings.issuer).scheme == "http"
        if not parts.hostname or not (parts.scheme == "https" or in_clear):
            raise ProviderUnavailable(f"the provider's {name} is not an https address")
        return address

    def _discovered(self) -> dict[str, Any]:
        """Give the discovery document, at most an hour old (OpenID Connect Discovery 1.0)."""
        if self._metadata is None or time.monotonic() - self._metadata[0] > _METADATA_LASTS_S:
            address = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = self._asked("GET", address)
            if found.get("issuer") != self.settings.issuer:
                raise ProviderUnavailable("the provider's discovery document names another issuer")
            self._metadata = (time.monotonic(), found)
        return self._metadata[1]

    def _asked(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, address, headers={"Accept": "application/json"}, **more)
            found = response.json() if len(response.content) <= _LONGEST_ANSWER else None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailable("the provider does not answer") from error
        if 400 <= response.status_code < 500 and method == "POST":
            raise VoucherRefused("code")
        if response.status_code != 200 or not isinstance(found, dict):
            raise ProviderUnavailable(f"the provider answered {response.status_code}")
        return found


def account_for(store: Store, settings: OpenId, voucher: Voucher, now: datetime) -> Account | None:
    """Give the account of a voucher, made or brought up to date by its claims; None where it gives no role."""
    role = role_of(settings, voucher.claims.get(settings.role_claim))
    with store.writing() as session:
        row = accounts.vouched(session, voucher.issuer, voucher.subject)
        if role is None or (row is not None and row.disabled_at is not None):
            if row is not None:
                sessions.end_all(session, row.account_id)
            audit.append(session, now, "nobody", "sign_in_refused", row.account_id if row else "unknown", reason="role")
            return None
        if row is None:
            account = accounts.add_vouched(session, voucher.issuer, voucher.subject, voucher.name, role, now)
            audit.append(session, now, account.account_id, "account_added", account.account_id, role=role.value)
            return account
        if row.role is not role:
            accounts.set_role(session, row.account_id, role)
            sessions.end_all(session, row.account_id)
            audit.append(session, now, row.account_id, "role_changed", row.account_id, role=role.value)
        if row.name != voucher.name:
            accounts.set_name(session, row.account_id, voucher.name)
    return Account(row.account_id, voucher.name, role)


def role_of(settings: OpenId, claim: object) -> Role | None:
    """Give the role that a claim's values mean; a lead may be called an officer too, any other pair means none.

    One person has one role: somebody who configures and reads, or reads and audits, would watch over themselves.
    """
    values = {one for one in (claim if isinstance(claim, list) else [claim]) if _is_text(one)}
    found = {role for role in Role if values.intersection(getattr(settings, role.value))}
    if found == {Role.OFFICER, Role.LEAD}:
        return Role.LEAD
    return found.pop() if len(found) == 1 else None


def _name(claims: dict[str, Any]) -> str:
    """Give the name to show: what can be seen of the first claim that has one."""
    for claim in ("preferred_username", "name", "sub"):
        value = claims.get(claim)
        seen = "".join(one for one in value if one.isprintable()).strip() if isinstance(value, str) else ""
        if seen:
            return seen[:200]
    raise VoucherRefused("subject")


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
