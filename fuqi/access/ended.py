"""Logins that were ended: a cookie outlives a logout in other tabs and in copies, this list does not let it."""

import time
from dataclasses import dataclass
from pathlib import Path

FOLDER = "ended_logins"
DAYS_KEPT = 40
"""Longer than a login's cookie lives (30 days)."""


@dataclass(frozen=True)
class EndedLogins:
    """A folder with an empty file per ended login: every process of a server knows, and a restart forgets nothing."""

    folder: Path

    def add(self, login: str) -> None:
        """End a login; one that cannot be told from others (an empty `login`) is passed over."""
        if not login:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._forget_old()
        (self.folder / _checked(login)).touch()

    def __contains__(self, login: object) -> bool:
        return isinstance(login, str) and bool(login) and (self.folder / _checked(login)).is_file()

    def _forget_old(self) -> None:
        oldest = time.time() - DAYS_KEPT * 86400
        for path in self.folder.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def _checked(login: str) -> str:
    if not login.isalnum():
        raise ValueError(
            f"{login!r} is no login: letters and digits were expected, as `login_id` gives them"
        )
    return login
