"""The frontend's scripts as this server sends them, and the sockets it listens on."""

import asyncio
import gzip
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from fuqi.ui import frontend, server, undelayed

SCRIPT = next(name for name in frontend.needed(frontend.MAPS) if "DeckGlJsonChart" in name)
STREAMLITS = "as Streamlit sends it"


def answer(path: str, **headers: str) -> httpx.Response:
    """What somebody gets who asks our middleware, behind which a Streamlit answers everything alike."""

    async def page(request: object) -> HTMLResponse:
        return HTMLResponse("<html><head></head><body></body></html>")

    async def streamlits(request: object) -> PlainTextResponse:
        return PlainTextResponse(STREAMLITS)

    app = Starlette(
        routes=[Route("/static/{name:path}", streamlits), Route("/{name:path}", page)],
        middleware=[Middleware(server.ChineseShell), Middleware(frontend.FrontendFiles)],
    )

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path, headers={"accept-encoding": "identity", **headers})

    return asyncio.run(ask())


def test_a_script_comes_compressed_and_whole_and_may_be_kept():
    found = answer(f"/static/{SCRIPT}", **{"accept-encoding": "gzip, br"})
    assert found.headers["content-encoding"] == "gzip"
    assert found.headers["content-type"].startswith("text/javascript")
    assert "immutable" in found.headers["cache-control"]
    assert found.headers["vary"] == "accept-encoding"
    assert "content-security-policy" in found.headers
    assert found.content == (frontend.FOLDER / SCRIPT).read_bytes()
    assert int(found.headers["content-length"]) < len(found.content) / 2


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/static/{SCRIPT}", {}),
        (f"/static/{SCRIPT}", {"accept-encoding": "gzip", "range": "bytes=0-9"}),
        ("/static/js/none.js", {"accept-encoding": "gzip"}),
        ("/static/../index.html", {"accept-encoding": "gzip"}),
        ("/static/js/%2e%2e/%2e%2e/index.html", {"accept-encoding": "gzip"}),
    ],
)
def test_all_else_is_left_to_streamlit(path, headers):
    found = answer(path, **headers)
    assert "content-encoding" not in found.headers
    assert frontend.content_of(path.partition("/static/")[2]) is None or found.text == STREAMLITS


def test_only_files_of_the_frontend_are_held():
    for name in ("../index.html", "js/../../index.html", "/etc/hostname", "", "js"):
        assert frontend.content_of(name) is None


def test_each_script_of_a_page_is_named_once_in_its_head():
    linked = [
        part.partition('"')[0] for part in answer("/stations").text.split('href="./static/')[1:]
    ]
    assert len(linked) == len(set(linked)) > 100
    assert {f"js/{name}" for name in ("embed", "DataFrame", "Html", "DeckGlJsonChart")} <= {
        name.partition(".")[0] for name in linked
    }
    assert all((frontend.FOLDER / name).is_file() for name in linked)


@pytest.mark.parametrize(
    ("path", "has_map"), [("/", False), ("/stations", True), ("/street", False)]
)
def test_a_page_without_a_map_to_move_about_in_does_not_fetch_what_draws_maps(path, has_map):
    assert ("DeckGlJsonChart" in answer(path).text) == has_map


def test_what_a_script_imports_comes_along():
    listed = frontend.needed(frontend.MAPS)
    assert listed[0] == SCRIPT
    own = (frontend.FOLDER / SCRIPT).read_text(encoding="utf-8")
    assert all(name.removeprefix("js/") in own or name == SCRIPT for name in listed[:10])
    assert frontend.needed(["NoSuchElement"]) == []


def test_a_script_is_compressed_the_same_way_each_time():
    content = frontend.content_of(SCRIPT)
    assert content is not None
    assert frontend.content_of(SCRIPT) is content
    assert gzip.decompress(content)[:6] == (frontend.FOLDER / SCRIPT).read_bytes()[:6]


@pytest.mark.skipif(not undelayed.DESCRIPTORS.is_dir(), reason="only Linux names what is open")
def test_connections_taken_from_then_on_send_at_once():
    def delays(end: socket.socket) -> bool:
        return not end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    with socket.socket(socket.AF_INET) as listening, socket.socket(socket.AF_INET) as outside:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert delays(listening)
        assert undelayed.listen_undelayed() >= 1
        outside.connect(listening.getsockname())
        taken, _ = listening.accept()
        with taken:
            assert not delays(taken)
        assert delays(outside), "only what listens is changed"
