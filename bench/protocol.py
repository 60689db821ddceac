"""What a browser says to Streamlit over the websocket, for visitors without one: those of tests and of benchmarks."""

import http.client
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg

TOKEN_COOKIE = "_streamlit_xsrf"  # noqa: S105 - the name of a cookie
STREAM = "/_stcore/stream"


def token(address: str) -> str:
    """The token that Streamlit asks for against forged requests: it hands it out as a cookie."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        connection.request("GET", "/_stcore/health")
        answer = connection.getresponse()
        answer.read()
        return (answer.getheader("set-cookie") or "").partition("=")[2].partition(";")[0]
    finally:
        connection.close()


def handshake(
    address: str,
    given: str,
    cookies: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What `connect` of websockets, sync or asyncio, is to be called with, `uri` included; `given` is the token."""
    kept = {**(cookies or {}), TOKEN_COOKIE: given}
    return {
        "uri": f"ws{address.removeprefix('http')}{STREAM}",
        "subprotocols": ["streamlit", given],
        "origin": address,
        "additional_headers": {
            "Cookie": "; ".join(f"{name}={value}" for name, value in kept.items()),
            **(headers or {}),
        },
        "max_size": None,
        "proxy": None,
    }


def rerun(
    page: str,
    query: str = "",
    chosen: Mapping[str, str] | None = None,
    *,
    fragment_id: str = "",
    is_auto: bool = False,
    kept: Iterable[str] = (),
) -> bytes:
    """The message that has a page drawn: `chosen` are texts by the id of their widget, `kept` hashes of messages.

    A message that the visitor still has (`cacheable` in its metadata) is then sent as a reference to it.
    """
    message = BackMsg()
    asked = message.rerun_script
    asked.page_name, asked.query_string = page, query
    if fragment_id:  # an empty one would be a fragment that does not exist
        asked.fragment_id, asked.is_auto_rerun = fragment_id, is_auto
    asked.cached_message_hashes.extend(kept)
    for widget_id, value in (chosen or {}).items():
        state = asked.widget_states.widgets.add()
        state.id, state.string_value = widget_id, value
    return message.SerializeToString()
