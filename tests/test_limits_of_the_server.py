"""How much one address may ask for: it is told when to come back, others are not in its way, memory is bounded."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from fuqi import settings
from fuqi.settings import Settings, SettingsError
from fuqi.ui import limits
from fuqi.ui.limits import Allowance, Limits, address_of

PROXIES = ("10.0.0.0/24",)


def scope_of(
    peer: str | None,
    *headers: tuple[bytes, bytes],
    kind: str = "http",
    path: str = "/",
    query: bytes = b"",
    extensions: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "type": kind,
        "client": (peer, 4711) if peer else None,
        "headers": list(headers),
        "path": path,
        "query_string": query,
        "method": "GET",
        "extensions": {name: {} for name in extensions},
    }


class Asked:
    """A server with those settings in front of an app that reads what it is sent and says 200."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **limited: Any) -> None:
        current = Settings(**limited)
        monkeypatch.setattr(settings, "load", lambda: current)
        self.reached = 0
        self.received = b""
        self.gate = Limits(self.app)
        self.clock = 0.0
        self.gate.allowance = Allowance(now=lambda: self.clock)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached += 1
        while scope["type"] == "http":
            message = await receive()
            self.received += message.get("body", b"")
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def __call__(self, scope: dict[str, Any], *body: bytes) -> tuple[int, dict[str, str], str]:
        sent: list[dict[str, Any]] = []
        parts = [{"type": "http.request", "body": b, "more_body": True} for b in body]
        parts.append({"type": "http.request", "body": b"", "more_body": False})

        async def receive() -> Any:
            return parts.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.gate(scope, receive, send))
        headers = {k.decode(): v.decode() for k, v in sent[0].get("headers", [])}
        text = b"".join(m.get("body", b"") for m in sent[1:]).decode()
        return sent[0].get("status", sent[0].get("code", 0)), headers, text


def test_who_asks_too_often_is_told_when_to_come_back(monkeypatch):
    ask = Asked(monkeypatch, requests_per_minute=30)
    assert [ask(scope_of("10.1.1.1"))[0] for _ in range(30)] == [200] * 30
    status, headers, text = ask(scope_of("10.1.1.1"))
    assert (status, headers["retry-after"], text) == (429, "2", limits.TOO_MANY)
    assert ask(scope_of("10.1.1.2"))[0] == 200
    assert ask.reached == 31
    ask.clock += 1.9
    assert ask(scope_of("10.1.1.1"))[0] == 429
    ask.clock += 0.2
    assert ask(scope_of("10.1.1.1"))[0] == 200
    ask.clock += 3600
    assert [ask(scope_of("10.1.1.1"))[0] for _ in range(31)] == [200] * 30 + [429]


def test_files_of_the_frontend_count_a_tenth(monkeypatch):
    ask = Asked(monkeypatch, requests_per_minute=10)
    files = [ask(scope_of("10.1.1.1", path="/static/js/a.js"))[0] for _ in range(101)]
    assert files == [200] * 100 + [429]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.floats(0, 30), st.sampled_from([0.1, 1.0])),
        max_size=200,
    ),
    st.integers(1, 8),
)
@how(max_examples=200, deadline=None, derandomize=True)
def test_nobody_gets_more_than_a_minutes_worth_and_what_time_gives_back(asked, per_minute):
    clock = 0.0
    allowance = Allowance(now=lambda: clock)
    spent = dict.fromkeys("abcdefgh", 0.0)
    for address, pause, cost in asked:
        clock += pause
        wait = allowance.wait(address, per_minute, cost)
        assert wait >= 0
        spent[address] += cost if wait == 0 else 0
        assert spent[address] <= per_minute * (1 + clock / 60) + 1e-6
    assert len(allowance) <= 8


def test_only_so_many_addresses_are_remembered():
    allowance = Allowance(now=lambda: 0.0, most=100)
    for number in range(5000):
        allowance.wait(f"10.0.{number // 256}.{number % 256}", 1)
    assert len(allowance) == 100
    assert allowance.wait("10.0.19.135", 1) > 0  # the last one is known
    assert allowance.wait("10.0.0.0", 1) == 0  # the first one was forgotten


def test_open_pages_are_counted_while_they_are_open(monkeypatch):
    ask = Asked(monkeypatch, connections_per_address=2)
    held: list[asyncio.Event] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        held.append(asyncio.Event())
        await held[-1].wait()

    ask.gate.app = page
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def pages() -> None:
        opened = [
            asyncio.create_task(ask.gate(scope_of("10.1.1.1", kind="websocket"), None, send))
            for _ in range(3)
        ]
        await asyncio.sleep(0.01)
        assert [task.done() for task in opened] == [False, False, True]
        assert told == [{"type": "websocket.close", "code": 1013, "reason": ""}]
        extended = scope_of("10.1.1.1", kind="websocket", extensions=("websocket.http.response",))
        await ask.gate(extended, None, send)
        assert (told[1]["type"], told[1]["status"]) == ("websocket.http.response.start", 429)
        assert told[2]["body"].decode() == limits.TOO_MANY_PAGES
        for event in held:
            event.set()
        await asyncio.gather(*opened)

    asyncio.run(pages())
    assert ask.gate.open_pages == {}


def said_by(ask: Asked, pages: int, messages: int) -> list[int]:
    """How many messages each of so many pages of one address got through, said in turn."""
    got = [0] * pages

    async def page(number: int) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            while (await receive())["type"] == "websocket.receive":
                got[number] += 1

        left = messages

        async def receive() -> dict[str, Any]:
            nonlocal left
            left -= 1
            await asyncio.sleep(0)
            return {"type": "websocket.receive" if left >= 0 else "websocket.disconnect"}

        closed: list[Any] = []

        async def send(message: Any) -> None:
            closed.append(message)

        ask.gate.app = app
        await ask.gate._within_messages("10.1.1.1", scope_of("10.1.1.1"), receive, send)
        assert [m["code"] for m in closed] == ([1013] if got[number] < messages else [])

    async def all_pages() -> None:
        for number in range(pages):
            await page(number)

    asyncio.run(all_pages())
    return got


def test_an_open_page_that_says_too_much_is_closed(monkeypatch):
    """Each message may draw a page again: a script could keep all readers waiting with them."""
    ask = Asked(monkeypatch, requests_per_minute=1200)
    ask.gate.said = Allowance(now=lambda: ask.clock)
    assert said_by(ask, 2, 400) == [300, 300]
    assert said_by(ask, 1, 20) == [20]


def test_all_pages_of_an_address_share_what_they_may_say(monkeypatch):
    ask = Asked(monkeypatch, requests_per_minute=10)
    ask.gate.said = Allowance(now=lambda: ask.clock)
    assert said_by(ask, 3, 25) == [25, 15, 0]
    ask.clock = 60
    assert said_by(ask, 1, 50) == [40]


def test_a_page_that_fails_is_no_longer_counted(monkeypatch):
    ask = Asked(monkeypatch, connections_per_address=1)

    async def page(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    ask.gate.app = page
    for _ in range(3):
        with pytest.raises(RuntimeError):
            ask(scope_of("10.1.1.1", kind="websocket"))
    assert ask.gate.open_pages == {}


@pytest.mark.parametrize(
    ("stated", "body", "status"),
    [
        (b"10", (b"0123456789",), 200),
        (b"65536", (b"x" * 65536,), 200),
        (b"65537", (), 413),
        (b"99999999999999", (), 413),
        (b"-1", (), 413),
        (b"1e9", (), 413),
        (None, (b"x" * 65536,), 200),
        (None, (b"x" * 65536, b"x"), 413),
    ],
)
def test_what_is_sent_is_small(monkeypatch, stated, body, status):
    ask = Asked(monkeypatch)
    headers = [(b"Content-Length", stated)] if stated is not None else []
    got, _, text = ask(scope_of("10.1.1.1", *headers), *body)
    assert got == status
    assert text == (limits.TOO_LARGE if status == 413 else "")
    assert ask.reached == (status == 200 or stated is None)


def test_uploads_are_measured_by_streamlit(monkeypatch):
    ask = Asked(monkeypatch)
    upload = scope_of("10.1.1.1", (b"content-length", b"1000000"), path="/_stcore/upload_file/a/b")
    assert ask(upload, b"x" * 1_000_000)[0] == 200
    assert len(ask.received) == 1_000_000


def test_addresses_of_pages_are_of_some_length(monkeypatch):
    ask = Asked(monkeypatch)
    assert ask(scope_of("10.1.1.1", path="/resolution", query=b"s=" + b"x" * 4000))[0] == 200
    got, _, text = ask(scope_of("10.1.1.1", path="/resolution", query=b"x" * 8000))
    assert (got, text) == (414, limits.TOO_LONG)


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        ("10.1.1.1", None, "10.1.1.1"),
        ("10.1.1.1", "9.9.9.9", "10.1.1.1"),  # anybody may say that
        ("10.0.0.5", None, "10.0.0.5"),
        ("10.0.0.5", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.5", "1.1.1.1, 9.9.9.9", "9.9.9.9"),  # the proxy's own word is the last
        ("10.0.0.5", "nonsense", "10.0.0.5"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("::ffff:10.1.1.1", None, "10.1.1.1"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", None, "2001:db8:1:3::/64"),
        (None, None, limits.UNKNOWN),
        ("unix:", None, limits.UNKNOWN),
    ],
)
def test_a_request_counts_for_its_own_address(monkeypatch, peer, told, address):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")
    headers = [] if told is None else [(b"X-Forwarded-For", told.encode())]
    assert address_of(scope_of(peer, *headers), PROXIES) == address


def test_where_the_server_itself_reads_the_header_it_is_not_read_twice(monkeypatch):
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    scope = scope_of("10.0.0.5", (b"x-forwarded-for", b"9.9.9.9"))
    assert address_of(scope, PROXIES) == "10.0.0.5"


def test_a_broken_settings_file_takes_no_limit_away(monkeypatch):
    ask = Asked(monkeypatch)

    def broken() -> Settings:
        raise SettingsError("broken")

    monkeypatch.setattr(settings, "load", broken)
    most = Settings().requests_per_minute
    assert [ask(scope_of("10.1.1.1"))[0] for _ in range(most + 1)] == [200] * most + [429]
