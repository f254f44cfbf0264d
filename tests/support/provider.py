"""A standard OpenID Connect provider that really listens: code, PKCE, discovery, keys. It can be told to lie."""

import base64
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.network import LOOPBACK, free_port

CLIENT_ID, CLIENT_SECRET = "intake console", "s3cret/with:marks"

Claims = dict[str, Any]

_KEY = RSAKey.generate_key(2048, {"kid": "first"})


class Provider:
    """The university's sign-in; whoever comes is `user`, without being asked anything."""

    def __init__(self) -> None:
        """Make its key; it listens once `running`."""
        self.port = free_port()
        self.issuer = f"http://{LOOPBACK}:{self.port}"
        self.user: Claims = {"sub": "s-1", "preferred_username": "ada", "roles": ["wellbeing-officers"]}
        self.key = _KEY
        #: how the ID token's claims are bent before they are signed
        self.bend: Callable[[Claims], Claims] = lambda claims: claims
        #: how the ID token is made; an attacker's way in its place
        self.sign: Callable[[Claims], str] = self.signed
        self.discovery: Claims = {}
        self.answer: dict[str, str] = {}
        self.seen: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def signed(self, claims: Claims) -> str:
        """Sign as a provider does."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def signed_with_secret(self, claims: Claims) -> str:
        """Sign with the client's secret, which the client must not take for the provider's key."""
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET), algorithms=["HS256"])

    def unsigned(self, claims: Claims) -> str:
        """Sign with nothing at all."""
        head, _, _ = self.signed(claims).split(".")
        body = self.signed(claims).split(".")[1]
        del head
        none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        return f"{none}.{body}."

    def signed_by_another(self, claims: Claims) -> str:
        """Sign with a key that is not the provider's, under the name of the one that is."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, RSAKey.generate_key(2048))

    def _metadata(self, _request: Request) -> Response:
        self.seen.append("discovery")
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                **self.discovery,
            }
        )

    def _keys(self, _request: Request) -> Response:
        self.seen.append("keys")
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        right = (
            asked["client_id"] == CLIENT_ID
            and asked["response_type"] == "code"
            and "openid" in asked["scope"].split()
            and asked["code_challenge_method"] == "S256"
            and asked["redirect_uri"].endswith("/sign-in/university/back")
        )
        if not right:
            return Response("bad request", 400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer, **self.answer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        kind, _, credentials = request.headers.get("authorization", "").partition(" ")
        name, _, password = base64.b64decode(credentials).decode().partition(":")
        if kind != "Basic" or (unquote(name), unquote(password)) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self._codes.pop(str(form["code"]), None)
        challenge = base64.urlsafe_b64encode(sha256(str(form["code_verifier"]).encode()).digest()).rstrip(b"=").decode()
        if (
            asked is None
            or form["grant_type"] != "authorization_code"
            or form["redirect_uri"] != asked["redirect_uri"]
            or not hmac.compare_digest(challenge, asked["code_challenge"])
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        id_token = self.sign(self.bend({**claims, **self.user}))
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": id_token})

    @contextmanager
    def running(self) -> Iterator["Provider"]:
        """Listen until the block ends."""
        routes = [
            Route("/.well-known/openid-configuration", self._metadata),
            Route("/keys", self._keys),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), host=LOOPBACK, port=self.port, log_config=None, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield self
        finally:
            server.should_exit = True
            thread.join()
