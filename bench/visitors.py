"""Many visitors at once, without browsers: each opens a page over the websocket and then changes a filter every while.

A process of its own (`python -m bench.visitors`), so that their work is not the server's: it reads what to do as json
from stdin and prints what was measured. They do as a browser does: keep what the server marks as cacheable, send the
state of what was chosen, follow the address that the page writes, and ask for news as often as the page says.
What a browser fetches over HTTP besides is left out; it has it after the first visit.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bench import protocol

SECONDS_TO_DRAW = 60
OVER = ForwardMsg.FINISHED_SUCCESSFULLY
FRAGMENT_OVER = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


@dataclass
class Orders:
    """What all visitors do."""

    addresses: list[str]
    """Of the servers; the visitors go to them in turn."""
    sessions: int
    seconds: float
    every_seconds: float
    pages: list[list[str]]
    """Name in the address and query of each page; the visitors take them in turn."""
    filters: list[str]
    seed: int = 20230628


@dataclass
class Measured:
    opened_ms: list[float] = field(default_factory=list)
    changed_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    received_bytes: int = 0
    news_count: int = 0


@dataclass
class Visit:
    """One open page."""

    socket: ClientConnection
    page: str
    query: str
    measured: Measured
    boxes: dict[str, tuple[str, str, list[str]]] = field(default_factory=dict)
    """Select boxes by key: id, fragment, options."""
    chosen: dict[str, str] = field(default_factory=dict)
    kept: dict[str, None] = field(default_factory=dict)
    awaited: tuple[str, asyncio.Future[None]] | None = None
    news: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def draw(self, fragment_id: str = "") -> float:
        """Ask for the page, or a fragment of it, and wait for the end of its run; gives milliseconds."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.awaited = (fragment_id, done)
        begun = time.perf_counter()
        await self._say(fragment_id, is_auto=False)
        await asyncio.wait_for(done, SECONDS_TO_DRAW)
        return 1000 * (time.perf_counter() - begun)

    async def listen(self) -> None:
        """Take what the server sends, until the connection ends; what is waited for then ends as well."""
        ending: Exception = ConnectionError("the server closed the connection")
        try:
            async for data in self.socket:
                self.measured.received_bytes += len(data)
                message = ForwardMsg()
                message.ParseFromString(bytes(data))
                self._take(message)
        except Exception as error:
            ending = error
            raise
        finally:
            if self.awaited is not None and not self.awaited[1].done():
                self.awaited[1].set_exception(ending)

    def stop(self) -> None:
        for task in self.news.values():
            task.cancel()

    def _take(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self.kept[message.hash] = None
        match message.WhichOneof("type"):
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "auto_rerun":
                asked = message.auto_rerun
                if asked.fragment_id not in self.news:
                    task = asyncio.create_task(
                        self._ask_for_news(asked.fragment_id, asked.interval)
                    )
                    self.news[asked.fragment_id] = task
            case "delta":
                self._take_element(message)
            case "script_finished":
                self._end(message.script_finished)

    def _take_element(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        match element.WhichOneof("type"):
            case "selectbox":
                box = element.selectbox
                key = box.id.rpartition("-")[2]
                self.boxes[key] = (box.id, message.delta.fragment_id, list(box.options))
            case "exception":
                self.measured.errors.append(f"{self.page}: {element.exception.message[:200]}")
            case "alert" if "编号" in element.alert.body:
                self.measured.errors.append(f"{self.page}: {element.alert.body[:200]}")

    def _end(self, how: int) -> None:
        if self.awaited is None:
            return
        fragment_id, done = self.awaited
        if how == (FRAGMENT_OVER if fragment_id else OVER) and not done.done():
            done.set_result(None)

    async def _ask_for_news(self, fragment_id: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            if self.awaited is not None and not self.awaited[1].done():
                continue  # the end of a fragment's run does not say which one it was
            self.measured.news_count += 1
            await self._say(fragment_id, is_auto=True)

    async def _say(self, fragment_id: str, *, is_auto: bool) -> None:
        await self.socket.send(
            protocol.rerun(
                self.page,
                self.query,
                self.chosen,
                fragment_id=fragment_id,
                is_auto=is_auto,
                kept=self.kept,
            )
        )


async def visit(orders: Orders, number: int, measured: Measured, tokens: Mapping[str, str]) -> None:
    """One visitor from the first page to the end; what goes wrong is noted."""
    dice = random.Random(orders.seed + number)  # noqa: S311 - a draw, no secret
    page, query = orders.pages[number % len(orders.pages)]
    # Not in step with the pages, or each server would have some of them alone.
    address = orders.addresses[(number + number // len(orders.pages)) % len(orders.addresses)]
    # Arrivals and changes are spread over the interval, as those of people are.
    await asyncio.sleep(dice.random() * orders.every_seconds)
    ends_at = time.monotonic() + orders.seconds
    try:
        shaken = protocol.handshake(address, tokens[address])
        async with connect(**shaken, compression="deflate", open_timeout=30) as socket:
            one = Visit(socket, page, query, measured)
            listening = asyncio.create_task(one.listen())
            try:
                measured.opened_ms.append(await one.draw())
                while time.monotonic() < ends_at:
                    await asyncio.sleep(orders.every_seconds * dice.uniform(0.7, 1.3))
                    known = [key for key in orders.filters if key in one.boxes]
                    key = dice.choice(known)
                    widget_id, fragment_id, options = one.boxes[key]
                    current = one.chosen.get(widget_id)
                    offered = [o for o in options if o not in (current, "自选日期")]
                    one.chosen[widget_id] = dice.choice(offered)
                    measured.changed_ms.append(await one.draw(fragment_id))
            finally:
                one.stop()
                listening.cancel()
    except TimeoutError:
        measured.errors.append(f"{page}: not drawn within {SECONDS_TO_DRAW} s")
    except (WebSocketException, OSError) as error:
        measured.errors.append(f"{page}: {type(error).__name__} {str(error)[:200]}")


async def all_visits(orders: Orders) -> dict[str, Any]:
    measured = Measured()
    tokens = {address: protocol.token(address) for address in orders.addresses}
    begun = time.perf_counter()
    await asyncio.gather(*(visit(orders, n, measured, tokens) for n in range(orders.sessions)))
    return {
        "opened_ms": measured.opened_ms,
        "changed_ms": measured.changed_ms,
        "errors": measured.errors,
        "received_bytes": measured.received_bytes,
        "news_count": measured.news_count,
        "seconds": time.perf_counter() - begun,
        "cpu_seconds": time.process_time(),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(all_visits(Orders(**json.load(sys.stdin))))))
