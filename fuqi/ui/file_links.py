"""Links to the files of a page: plain addresses in its HTML, and a file is made when somebody follows one.

A popover with a download button a format would be eight elements for each chart, drawn and sent anew at every change
for the few that are ever pressed; a menu of links is one.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from fuqi import look

FOLDER = "/fuqi/files/"
ADDRESS = f"{FOLDER}{{session}}/{{key}}.{{kind}}"
MENU = "files"
"""The name of every menu, by which shell.js folds them up."""
_WORD = f"list-style:none;cursor:pointer;color:{look.MUTED}"
_PANEL = (
    "position:absolute;right:calc(100% + 8px);top:50%;transform:translateY(-50%);z-index:100;padding:6px 14px;"
    f"background:{look.PAPER};border:1px solid {look.BORDER};border-radius:8px;box-shadow:0 2px 10px rgba(0,0,0,.15)"
)
_ROW = "display:flex;gap:14px;font-size:14px"
_LINK = f"color:{look.RECEIVED}"

Page = TypeVar("Page")


@dataclass(eq=False)
class Session(Generic[Page]):
    """The pages that a session's links lead to: the one being drawn, and until it is, the one on the screen.

    The session alone holds it, so its links end with it.
    """

    number: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    now: Page | None = None
    before: Page | None = None

    def begin(self, page: Page) -> None:
        if self.before is None:
            self.before = self.now
        self.now = page

    def finish(self) -> None:
        self.before = None

    @property
    def pages(self) -> tuple[Page, ...]:
        """The newest first."""
        return tuple(page for page in (self.now, self.before) if page is not None)


_SESSIONS: WeakValueDictionary[str, Session] = WeakValueDictionary()


def new_session() -> Session:
    session: Session = Session()
    _SESSIONS[session.number] = session
    return session


def session_of(number: str) -> Session | None:
    """None once the session is over; the number is a secret of its own screen."""
    return _SESSIONS.get(number)


def menu(session: str, key: str, title: str, kinds: Sequence[str]) -> str:
    """HTML of a word that unfolds the links to an item's files."""
    said = escape(f"下载：{title}")
    return (
        f'<details name="{MENU}" style="position:relative;width:fit-content;font-size:14px">'
        f'<summary aria-label="{said}" style="{_WORD}">下载</summary>'
        f'<span style="{_PANEL};{_ROW}">{_links(session, key, title, kinds)}</span></details>'
    )


def line(session: str, key: str, title: str, kinds: Sequence[str]) -> str:
    """HTML of the links to an item's files, side by side."""
    return f'<span style="{_ROW}">{_links(session, key, title, kinds)}</span>'


def _links(session: str, key: str, title: str, kinds: Sequence[str]) -> str:
    return "".join(
        f'<a href="{ADDRESS.format(session=session, key=key, kind=kind)}" download style="{_LINK}" '
        f'aria-label="{escape(title)}，{kind.upper()}">{kind.upper()}</a>'
        for kind in kinds
    )
