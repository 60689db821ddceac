"""Who somebody is by claims or headers, what follows from it, and what stands around a login."""

import asyncio
import time
from typing import Any

import pytest

from fuqi import settings
from fuqi.access import (
    AUDITOR,
    DATA_KEEPER,
    LEADERSHIP,
    OPEN_ACCOUNT,
    STREET,
    WHOLE,
    EndedLogins,
    Refused,
    Scope,
    from_claims,
    from_headers,
    is_allowed_peer,
    login_id,
)
from fuqi.settings import Settings
from fuqi.ui import identity, server

CURRENT = Settings()
PAGES = ("overview", "resolution", "definitions", "data", "audit")


def claims(*roles: str, streets: Any = (), **more: Any) -> dict[str, Any]:
    return {
        "sub": "zhang",
        "roles": list(roles),
        "streets": streets,
        "exp": time.time() + 60,
        "iat": 1,
        **more,
    }


def opened(*roles: str, streets: Any = ()) -> set[str]:
    account = from_claims(claims(*roles, streets=streets), CURRENT)
    return {page for page in PAGES if account.may_open(page)}


# ---------------------------------------------------------------- roles


def test_each_role_has_its_pages():
    assert opened("区领导") == {"overview", "resolution", "definitions", "data"}
    assert opened("street", streets=["福保街道"]) == {"overview", "resolution", "definitions"}
    assert opened("data_keeper") == {"data", "definitions"}
    assert opened("审计") == {"audit", "definitions"}
    assert opened("street", "auditor", streets=["福保街道"]) == {
        *("overview", "resolution", "definitions", "audit")
    }


def test_each_role_has_its_rows():
    def scope(*roles: str, streets: Any = ()) -> Scope:
        return from_claims(claims(*roles, streets=streets), CURRENT).scope

    assert scope("leadership") == WHOLE
    assert scope("leadership", "street", streets=["福保街道"]) == WHOLE
    assert scope("street", streets=["福保街道"]) == Scope(("福保街道",), False)
    assert scope("street", "data_keeper", streets="福保街道，园岭街道") == Scope(
        ("福保街道", "园岭街道"), True
    )
    assert scope("data_keeper", streets=["福保街道"]) == Scope((), True)
    assert scope("auditor") == Scope((), False)


def test_only_data_keepers_load_and_only_auditors_audit():
    for role in ("leadership", "street", "data_keeper", "auditor"):
        account = from_claims(claims(role, streets=["福保街道"]), CURRENT)
        assert account.may_load == (role == "data_keeper")
        assert account.may_audit == (role == "auditor")


@pytest.mark.parametrize(
    ("held", "named"),
    [
        (claims(), "没有任何角色"),
        (claims("访客"), "访客"),
        (claims("street"), "哪个街道"),
        (claims("street", streets=["", " "]), "哪个街道"),
        (claims("street", streets={"福保街道": True}), "哪个街道"),
        ({**claims("leadership"), "sub": ""}, "没有账号"),
        ({**claims("leadership"), "sub": True}, "没有账号"),
        ({**claims("leadership"), "exp": None}, "有效期"),
        ({**claims("leadership"), "exp": "2099-01-01"}, "有效期"),
        ({**claims(), "roles": {"leadership": 1}}, "没有任何角色"),
    ],
)
def test_who_cannot_be_placed_is_refused_and_told_why(held, named):
    with pytest.raises(Refused, match=named):
        from_claims(held, CURRENT)


def test_an_unknown_role_beside_a_known_one_changes_nothing():
    account = from_claims(claims("访客", "auditor", "street"), CURRENT)
    assert account.roles == {AUDITOR}
    assert account.scope == Scope((), False)


def test_claims_lie_where_the_settings_say():
    nested = Settings(
        account_claim="preferred_username",
        roles_claim="realm_access.roles",
        streets_claim="urn:streets",
        street_roles=("jd",),
    )
    held = {
        "preferred_username": "li",
        "realm_access": {"roles": ["jd"]},
        "urn:streets": "园岭街道",
        "exp": time.time() + 60,
        "iat": time.time(),
    }
    account = from_claims(held, nested)
    assert (account.name, account.roles, account.streets) == ("li", {STREET}, ("园岭街道",))
    with pytest.raises(Refused, match="没有任何角色"):
        from_claims({**held, "realm_access": "jd"}, nested)


def test_a_login_that_could_not_be_ended_is_none():
    """Logging out remembers what tells one login from the next: such a token has nothing of the kind."""
    without = {k: v for k, v in claims("leadership").items() if k not in ("iat", "nonce", "jti")}
    with pytest.raises(Refused, match="iat"):
        from_claims(without, CURRENT)


def test_an_account_is_the_name_as_it_is_said():
    """Decoded or cut, two accounts could become one."""
    told = {CURRENT.account_header: "lead%65r", CURRENT.roles_header: "leadership"}
    assert from_headers(told, CURRENT).name == "lead%65r"
    with pytest.raises(Refused, match="121 个字符"):
        from_headers({**told, CURRENT.account_header: "a" * 121}, CURRENT)


def test_a_login_ends_with_its_token():
    account = from_claims({**claims("leadership"), "exp": 1000}, CURRENT)
    assert account.is_expired(1000) and account.is_expired() and not account.is_expired(999.9)
    assert not OPEN_ACCOUNT.is_expired()


def test_everybody_is_leadership_where_access_is_open():
    assert OPEN_ACCOUNT.roles == {LEADERSHIP, DATA_KEEPER}
    assert Settings().access == "open"
    assert not OPEN_ACCOUNT.may_audit


# ---------------------------------------------------------------- logins that were ended


def test_an_ended_login_stays_ended_and_others_do_not(tmp_path):
    ended = EndedLogins(tmp_path / "ended")
    first, second = login_id(claims("x", iat=1)), login_id(claims("x", iat=2))
    assert first != second and first not in ended
    ended.add(first)
    assert first in EndedLogins(tmp_path / "ended") and second not in ended


def test_a_token_that_cannot_be_told_from_the_next_one_is_never_ended(tmp_path):
    # Otherwise whoever logs out once could not log in again.
    ended = EndedLogins(tmp_path)
    unmarked = login_id({"sub": "zhang", "exp": 5})
    ended.add(unmarked)
    assert unmarked == "" and unmarked not in ended and list(tmp_path.iterdir()) == []


def test_a_login_is_no_path(tmp_path):
    with pytest.raises(ValueError, match="no login"):
        EndedLogins(tmp_path).add("../CURRENT")


def test_logins_that_ended_long_ago_are_forgotten(tmp_path):
    import os

    ended = EndedLogins(tmp_path)
    ended.add("a1")
    os.utime(tmp_path / "a1", (0, 0))
    ended.add("b2")
    assert "a1" not in ended and "b2" in ended


# ---------------------------------------------------------------- a reverse proxy in front

PROXIED = {"X-Fuqi-Account": "zhang", "X-Fuqi-Roles": "street", "X-Fuqi-Streets": "福保街道"}


@pytest.mark.parametrize(
    "street",
    [
        pytest.param("福保街道", id="text"),
        pytest.param("福保街道".encode().decode("latin-1"), id="UTF-8 bytes"),
        pytest.param("%E7%A6%8F%E4%BF%9D%E8%A1%97%E9%81%93", id="percent-encoded"),
    ],
)
def test_headers_name_the_account(street):
    account = from_headers({**PROXIED, "X-Fuqi-Streets": street}, CURRENT)
    assert (account.name, account.streets) == ("zhang", ("福保街道",))
    assert account.login == "" and not account.is_expired()


def test_without_an_account_in_the_headers_nobody_is_let_in():
    with pytest.raises(Refused, match="X-Fuqi-Account"):
        from_headers({**PROXIED, "X-Fuqi-Account": " "}, CURRENT)


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("10.1.2.3", True),
        ("10.1.3.3", False),
        ("192.168.0.9", True),
        ("192.168.0.10", False),
        ("::ffff:192.168.0.9", True),
        ("fd00::1", True),
        ("fe00::1", False),
        ("unix:", False),
        ("", False),
    ],
)
def test_addresses_and_networks_of_the_proxy(address, is_one):
    assert is_allowed_peer(address, ("10.1.2.0/24", "192.168.0.9", "fd00::/8")) == is_one


@pytest.fixture
def proxied(monkeypatch):
    def use(access: str = "proxy", allow_ips: str | None = "") -> None:
        current = Settings(access=access, proxy_addresses=("10.0.0.5",))
        monkeypatch.setattr(settings, "load", lambda: current)
        if allow_ips is None:
            monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
        else:
            monkeypatch.setenv("FORWARDED_ALLOW_IPS", allow_ips)

    return use


def passed_on(
    peer: tuple[str, int] | None, *headers: tuple[bytes, bytes], kind: str = "websocket"
) -> list[bytes]:
    """The marks of the proxy that reach the app."""
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)

    scope = {"type": kind, "client": peer, "headers": list(headers), "path": "/", "method": "GET"}
    asyncio.run(server.TrustedPeer(app)(scope, None, None))
    return [v for k, v in seen["headers"] if k.lower() == identity.PEER_HEADER.lower().encode()]


SEAL = identity.PEER_SEAL.encode()
FORGED = (b"x-fuqi-peer", SEAL)


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_proxys_own_address_is_believed_and_no_other(proxied, kind):
    proxied()
    assert passed_on(("10.0.0.5", 4711), kind=kind) == [SEAL]
    assert passed_on(("10.0.0.6", 4711), kind=kind) == []
    assert passed_on(None, kind=kind) == []


def test_nobody_sends_the_mark_themselves(proxied):
    proxied()
    assert passed_on(("10.0.0.6", 4711), FORGED, (b"X-Fuqi-Peer", SEAL)) == []
    assert passed_on(("10.0.0.5", 4711), (b"x-fuqi-peer", b"x")) == [SEAL]


def test_a_header_does_not_make_an_address(proxied):
    told = (b"x-forwarded-for", b"10.0.0.5")
    proxied()
    assert passed_on(("10.0.0.6", 4711), told) == []
    assert passed_on(("10.0.0.5", 4711), told) == [SEAL]
    for allowed in (None, "127.0.0.1", "*"):
        # uvicorn may already have put the header's address in the place of the peer's.
        proxied(allow_ips=allowed)
        assert passed_on(("10.0.0.5", 4711), told) == []


def test_where_nobody_asked_for_a_proxy_none_is_believed(proxied):
    for access in ("open", "oidc"):
        proxied(access)
        assert passed_on(("10.0.0.5", 4711), FORGED) == []


# ---------------------------------------------------------------- the way back after a login


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("/", True),
        ("/resolution?street=福保街道&case=SQ1", True),
        ("", False),
        ("//elsewhere.example/x", False),
        ("/\\elsewhere.example", False),
        ("https:elsewhere", False),
        ("resolution", False),
        ("/a\r\nSet-Cookie: x", False),
        ("/" + "x" * 3000, False),
    ],
)
def test_only_an_address_of_our_own_is_gone_back_to(address, is_own):
    assert server.is_own_address(address) == is_own


def sent_back(cookie: str, path: str = "/oauth2callback", status: int = 302) -> dict[bytes, bytes]:
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"location", b"/"), (b"set-cookie", b"_streamlit_user=x")]
        await send({"type": "http.response.start", "status": status, "headers": headers})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": [(b"cookie", cookie.encode())]}
    asyncio.run(server.ReturnToPage(app)(scope, None, send))
    headers = sent[0]["headers"]
    assert (b"set-cookie", b"_streamlit_user=x") in headers
    return dict(headers)


def test_the_callback_leads_back_to_where_the_login_began():
    asked = "fuqi_return=%2Fresolution%3Fstreet%3D%E7%A6%8F%E4%BF%9D"
    assert sent_back(asked)[b"location"] == b"/resolution?street=%E7%A6%8F%E4%BF%9D"
    assert sent_back("a=b")[b"location"] == b"/"
    assert sent_back("fuqi_return=%2F%2Felsewhere.example")[b"location"] == b"/"
    assert sent_back(asked, path="/auth/login")[b"location"] == b"/"


def test_secrets_come_from_the_environment_whole_or_not_at_all(monkeypatch):
    for name in server.OIDC_SECRETS:
        monkeypatch.setenv(f"FUQI_OIDC_{name.upper()}", f"a {name}")
    assert server.secrets_from_environment() == {
        "auth": {name: f"a {name}" for name in server.OIDC_SECRETS}
    }
    monkeypatch.delenv("FUQI_OIDC_CLIENT_SECRET")
    assert server.secrets_from_environment() == {}
