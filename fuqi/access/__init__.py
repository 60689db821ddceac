"""Who is looking and what they may see: accounts from a login or a reverse proxy, and the rows that follow."""

from fuqi.access.account import (
    AUDITOR,
    DATA_KEEPER,
    LEADERSHIP,
    OPEN_ACCOUNT,
    STREET,
    Account,
    Refused,
    from_claims,
    from_headers,
    is_allowed_peer,
    login_id,
)
from fuqi.access.ended import EndedLogins
from fuqi.access.scope import NOTHING, WHOLE, Scope

__all__ = [
    "AUDITOR",
    "DATA_KEEPER",
    "LEADERSHIP",
    "NOTHING",
    "OPEN_ACCOUNT",
    "STREET",
    "WHOLE",
    "Account",
    "EndedLogins",
    "Refused",
    "Scope",
    "from_claims",
    "from_headers",
    "is_allowed_peer",
    "login_id",
]
