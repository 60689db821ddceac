"""Accounts: who somebody is by the claims of a login or the headers of a reverse proxy, and what follows from it."""

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import unquote

from fuqi.access.scope import WHOLE, Scope
from fuqi.settings import Settings

LEADERSHIP, STREET, DATA_KEEPER, AUDITOR = "leadership", "street", "data_keeper", "auditor"
ROLE_TITLES = {
    LEADERSHIP: "区领导",
    STREET: "街道",
    DATA_KEEPER: "数据管理员",
    AUDITOR: "审计",
}
EVERYBODYS_PAGES = frozenset({"definitions"})
"""Pages that hold no rows of anybody's."""
LOADING_PAGES = frozenset({"data"})
AUDIT_PAGES = frozenset({"audit"})
LONGEST_ACCOUNT = 120
SEPARATORS = ",;，；、"


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """Somebody is known to be nobody here; the message says why, in Chinese, and what to do."""


@dataclass(frozen=True)
class Account:
    """Somebody with at least one role. `expires_at` is in seconds since 1970, None where nothing expires.

    `login` tells one login of an account from the next; it is empty where logging out is not this server's.
    """

    name: str
    roles: frozenset[str]
    streets: tuple[str, ...] = ()
    expires_at: float | None = None
    login: str = ""

    @property
    def scope(self) -> Scope:
        if LEADERSHIP in self.roles:
            return WHOLE
        streets = self.streets if STREET in self.roles else ()
        return Scope(streets, sees_problems=DATA_KEEPER in self.roles)

    @property
    def may_load(self) -> bool:
        """Whether the account may upload, publish, discard and roll back, where uploads are switched on."""
        return DATA_KEEPER in self.roles

    @property
    def may_audit(self) -> bool:
        return AUDITOR in self.roles

    @property
    def titles(self) -> str:
        """The roles in words, a street with its name."""
        words = [title for role, title in ROLE_TITLES.items() if role in self.roles - {STREET}]
        return "、".join([*words, *(self.streets if STREET in self.roles else ())])

    def may_open(self, page: str) -> bool:
        """Whether a page, by the stem of its file, is for one of the account's roles."""
        if page in EVERYBODYS_PAGES:
            return True
        if page in AUDIT_PAGES:
            return self.may_audit
        if page in LOADING_PAGES:
            return self.may_load or LEADERSHIP in self.roles
        return bool(self.roles & {LEADERSHIP, STREET})

    def is_expired(self, now: float | None = None) -> bool:
        return (
            self.expires_at is not None and (time.time() if now is None else now) >= self.expires_at
        )


OPEN_ACCOUNT = Account("", frozenset({LEADERSHIP, DATA_KEEPER}))
"""Everybody, where the setting `access` is open."""


def from_claims(claims: Mapping[str, Any], settings: Settings) -> Account:
    """The account of a login; `claims` are those of the ID token.

    A claim may be a list or a text with separators; `realm_access.roles` names one inside another. Raises Refused
    for a login without an account, an expiry, a time of issue, a role this dashboard knows, or, for a street, a street.
    """
    name = _text(_claim(claims, settings.account_claim))
    if not name:
        raise Refused(f"登录信息里没有账号（声明 {settings.account_claim}），请联系管理员。")
    expires_at = claims.get("exp")
    if isinstance(expires_at, bool) or not isinstance(expires_at, int | float):
        raise Refused("登录信息里没有有效期（声明 exp），不能确认登录是否仍然有效，请联系管理员。")
    login = login_id(claims)
    if not login:
        raise Refused("登录信息里没有签发时间（声明 iat），退出登录时无法注销，请联系管理员。")
    return _account(
        name,
        _listed(_claim(claims, settings.roles_claim)),
        _listed(_claim(claims, settings.streets_claim)),
        settings,
        expires_at=float(expires_at),
        login=login,
    )


def from_headers(headers: Mapping[str, str], settings: Settings) -> Account:
    """The account that a reverse proxy names in its headers, which the caller knows to be the proxy's own.

    Values are UTF-8; roles and streets may be percent-encoded. Raises Refused as `from_claims` does.
    """
    name = _header(headers, settings.account_header)  # a name that holds % is that name
    if not name:
        raise Refused(f"反向代理没有给出账号（请求头 {settings.account_header}），请联系管理员。")
    return _account(
        name,
        _listed(unquote(_header(headers, settings.roles_header))),
        _listed(unquote(_header(headers, settings.streets_header))),
        settings,
    )


def is_allowed_peer(address: str, allowed: Sequence[str]) -> bool:
    """Whether an address is one of those, or lies in one of those networks; IPv4 inside IPv6 counts as IPv4."""
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return any(peer in ip_network(entry, strict=False) for entry in allowed)


def login_id(claims: Mapping[str, Any]) -> str:
    """What tells this login from every other one; empty when the token does not say."""
    marks = {
        key: claims[key] for key in ("iss", "sub", "iat", "nonce", "jti", "sid") if claims.get(key)
    }
    if not marks.keys() & {"iat", "nonce", "jti"}:
        return ""
    text = json.dumps(marks, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _account(
    name: str,
    roles: Sequence[str],
    streets: Sequence[str],
    settings: Settings,
    *,
    expires_at: float | None = None,
    login: str = "",
) -> Account:
    if len(name) > LONGEST_ACCOUNT:  # cut, two of them could be one
        raise Refused(f"账号长达 {len(name)} 个字符，最多 {LONGEST_ACCOUNT} 个，请联系管理员。")
    known = {
        LEADERSHIP: settings.leadership_roles,
        STREET: settings.street_roles,
        DATA_KEEPER: settings.data_keeper_roles,
        AUDITOR: settings.auditor_roles,
    }
    held = {role for role, names in known.items() if set(names) & set(roles)}
    if held == {STREET} and not streets:
        raise Refused(
            "账号是街道用户，但没有写明是哪个街道，因此看不到任何数据。请联系管理员补上街道。"
        )
    if not streets:
        held.discard(STREET)
    if not held:
        said = f"角色“{'、'.join(roles)}”不是本看板认识的角色" if roles else "没有任何角色"
        raise Refused(f"账号{said}，因此看不到任何数据。请联系管理员开通。")
    return Account(
        name,
        frozenset(held),
        tuple(sorted(set(streets))) if STREET in held else (),
        expires_at,
        login,
    )


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that name, or the one inside another that a dotted path leads to."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _text(value: Any) -> str:
    return (
        str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    )


def _listed(value: Any) -> list[str]:
    if isinstance(value, str):
        for separator in SEPARATORS[1:]:
            value = value.replace(separator, SEPARATORS[0])
        value = value.split(SEPARATORS[0])
    if not isinstance(value, list | tuple):
        return []
    return [text for entry in value if (text := _text(entry))]


def _header(headers: Mapping[str, str], name: str) -> str:
    """A header's value; bytes of UTF-8 arrive as Latin-1 letters."""
    value = headers.get(name) or ""
    with contextlib.suppress(UnicodeError):  # text already
        value = value.encode("latin-1").decode("utf-8")
    return value.strip()
