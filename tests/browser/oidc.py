"""An OpenID Connect provider on this machine: who is to be signed in is clicked on its page."""

import json
import secrets
import threading
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from joserfc import jwk, jwt

CLIENT_ID, CLIENT_SECRET = "fuqi", secrets.token_hex(16)
LIFETIME_SECONDS = 3600


@dataclass
class Provider:
    """`people` are the claims of each account by its name; `lifetimes` those whose tokens live shorter or longer."""

    address: str
    people: Mapping[str, Mapping[str, Any]]
    lifetimes: dict[str, float] = field(default_factory=dict)
    key: jwk.RSAKey = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, auto_kid=True))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "end_session_endpoint": f"{self.address}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def token(self, code: str) -> dict[str, Any]:
        """The answer to a code: a token of the person who was clicked; KeyError for a code not known, or used."""
        asked = self.codes.pop(code)
        now = time.time()
        claims = {
            **self.people[asked["as"]],
            "iss": self.address,
            "aud": CLIENT_ID,
            "sub": asked["as"],
            "iat": int(now),
            "exp": int(now + self.lifetimes.get(asked["as"], LIFETIME_SECONDS)),
            "nonce": asked["nonce"],
        }
        header = {"alg": "RS256", "kid": self.key.kid}
        return {
            "access_token": secrets.token_hex(16),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "id_token": jwt.encode(header, claims, self.key),
        }


@contextmanager
def running_provider(people: Mapping[str, Mapping[str, Any]]) -> Iterator[Provider]:
    """A provider that knows those people, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            asked = {key: values[0] for key, values in parse_qs(url.query).items()}
            if url.path == "/.well-known/openid-configuration":
                self._send(json.dumps(provider.metadata), "application/json")
            elif url.path == "/jwks":
                keys = {"keys": [provider.key.as_dict(private=False)]}
                self._send(json.dumps(keys), "application/json")
            elif url.path == "/authorize" and "as" in asked:
                code = secrets.token_hex(16)
                provider.codes[code] = asked
                back = {"code": code, "state": asked["state"]}
                self._redirect(f"{asked['redirect_uri']}?{urlencode(back)}")
            elif url.path == "/authorize":
                links = [
                    f'<p><a id="{escape(name)}" href="{escape(self.path)}&amp;as={quote(name)}">'
                    f"{escape(name)}</a></p>"
                    for name in provider.people
                ]
                self._send("".join(links), "text/html")
            elif url.path == "/logout":
                self._redirect(asked.get("post_logout_redirect_uri", "/"))
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            basic = b64decode(self.headers.get("Authorization", "").removeprefix("Basic "))
            if unquote(basic.decode()) != f"{CLIENT_ID}:{CLIENT_SECRET}":
                self.send_error(401)
                return
            try:
                answer = provider.token(parse_qs(sent)["code"][0])
            except KeyError:
                self.send_error(400)
                return
            self._send(json.dumps(answer), "application/json")

        def _send(self, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _redirect(self, address: str) -> None:
            self.send_response(302)
            self.send_header("Location", address)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: what is asked is not of interest."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}", people)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
