"""The frontend's scripts: sent compressed from memory, and named in the page's head before anything asks for them.

Streamlit serves its hundred and fifty files as they lie on the disk, 9 MB for a page of ours, and the browser learns of
most of them only when the first elements arrive: by then they come one after the other. Which files those are is read
from the files themselves; where another version of Streamlit has none of these names, nothing is named.
"""

import gzip
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

STATIC = "/static/"
FOLDER = Path(streamlit.__file__).parent / "static" / "static"
KINDS = {".js": "text/javascript", ".css": "text/css"}
FOREVER = "public, max-age=31536000, immutable"
"""The name of each file holds a fingerprint of what is in it."""
LEVEL = 6
"""Of gzip: 9 takes three times as long for a hundredth less."""
EVERYWHERE = (
    *("ArrowVegaLiteChart", "embed", "DataFrame", "Html", "PageLink"),
    *("Selectbox", "ButtonGroup", "Button", "DownloadButton"),
)
"""The elements that nearly every page has; `embed` is what draws charts."""
MAPS = ("DeckGlJsonChart",)
"""What draws maps that one can zoom and move: a third of all bytes, which the other pages do without."""

_IMPORTED = re.compile(rb"""(?:from|import)["'`]\./([\w.$-]+\.js)["'`]""")


_contents: dict[str, bytes] = {}


def content_of(name: str) -> bytes | None:
    """The script or style sheet of that name below the frontend's folder, gzipped; None where there is none."""
    if name not in _contents and name in _files():
        _contents[name] = gzip.compress(_files()[name].read_bytes(), LEVEL, mtime=0)
    return _contents.get(name)


def needed(elements: Sequence[str]) -> list[str]:
    """The scripts of the elements and whatever these import, each once and below what imports it."""
    found: dict[str, None] = {}
    ahead = [name for element in elements for name in _files() if _is_of(name, element)]
    while ahead:
        name = ahead.pop(0)
        if name not in found:
            found[name] = None
            ahead += [f"js/{other}" for other in _imports(name) if f"js/{other}" in _files()]
    return list(found)


@cache
def links(has_deck: bool) -> bytes:
    """What names a page's scripts in its head, for the browser to fetch them while the page itself still starts."""
    elements = (*EVERYWHERE, *(MAPS if has_deck else ()))
    return b"".join(
        f'<link rel="modulepreload" crossorigin fetchpriority="low" href="./static/{name}">'.encode()
        for name in needed(elements)
    )


def compress_ahead() -> None:
    """Have ready what the first visitor fetches."""
    for name in needed((*EVERYWHERE, *MAPS)):
        content_of(name)


class FrontendFiles:
    """Answers for the frontend's scripts and styles whoever takes them compressed; all else goes on to Streamlit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        content = None
        if scope["type"] == "http" and scope["method"] == "GET" and STATIC in scope["path"]:
            name = scope["path"].partition(STATIC)[2]
            asked = Headers(scope=scope)
            if "gzip" in asked.get("accept-encoding", "") and "range" not in asked:
                content = _contents.get(name) or await run_in_threadpool(content_of, name)
        if content is None:
            await self.app(scope, receive, send)
            return
        headers = {
            "cache-control": FOREVER,
            "content-encoding": "gzip",
            "vary": "accept-encoding",
        }
        kind = KINDS[Path(name).suffix]
        await Response(content, media_type=kind, headers=headers)(scope, receive, send)


@cache
def _files() -> dict[str, Path]:
    return {
        path.relative_to(FOLDER).as_posix(): path
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in KINDS
    }


@cache
def _imports(name: str) -> list[str]:
    return [found.decode() for found in _IMPORTED.findall(_files()[name].read_bytes())]


def _is_of(name: str, element: str) -> bool:
    return name.startswith(f"js/{element}.") and name.endswith(".js")
