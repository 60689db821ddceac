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
from zlib import crc32

from streamlit import runtime

from fuqi import look

FOLDER = "/fuqi/files/"
ADDRESS = f"{FOLDER}{{session}}/{{key}}-{{about}}.{{kind}}"
"""Of a file: the number of the session, the key of the item on its page, a mark of what it is about, a format."""
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

    The session alone holds it, so its links end with it; and Streamlit keeps a session for a while when its page is
    closed, in which they lead nowhere either.
    """

    screen: str
    """Streamlit's name for the session."""
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


def new_session(screen: str) -> Session:
    session: Session = Session(screen)
    _SESSIONS[session.number] = session
    return session


def session_of(number: str) -> Session | None:
    """None once its page is closed; the number is a secret of that page."""
    session = _SESSIONS.get(number)
    # Streamlit's test driver has no connections.
    if (
        session
        and runtime.exists()
        and not runtime.get_instance().is_active_session(session.screen)
    ):
        return None
    return session


def mark(*names: str) -> str:
    """A short key for some texts."""
    return f"{crc32('|'.join(names).encode()):08x}"


@dataclass(frozen=True)
class Links:
    """What the links of one item on a page need to know."""

    session: str
    key: str
    title: str
    about: str
    kinds: Sequence[str]

    def menu(self) -> str:
        """HTML of a word that unfolds the links."""
        said = escape(f"下载：{self.title}")
        return (
            f'<details name="{MENU}" style="position:relative;width:fit-content;font-size:14px">'
            f'<summary aria-label="{said}" style="{_WORD}">下载</summary>'
            f'<span style="{_PANEL};{_ROW}">{self._side_by_side()}</span></details>'
        )

    def line(self) -> str:
        """HTML of the links alone."""
        return f'<span style="{_ROW}">{self._side_by_side()}</span>'

    def _side_by_side(self) -> str:
        return "".join(
            f'<a href="{self._address(kind)}" download style="{_LINK}" '
            f'aria-label="{escape(self.title)}，{kind.upper()}">{kind.upper()}</a>'
            for kind in self.kinds
        )

    def _address(self, kind: str) -> str:
        about = mark(self.about)
        return ADDRESS.format(session=self.session, key=self.key, about=about, kind=kind)
