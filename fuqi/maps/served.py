"""What layers draw; areas that a browser fetches by an address instead of getting them with every map that is drawn.

The address says what it holds, so it can be kept forever; the same areas have the same address on every server.
Only what no filter changes is served: streets and communities with their names and lines, and no value. They are public
geography.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

FOLDER = "fuqi/boundaries/"
"""Without a slash before it: the page may be served below a path."""

Feature = Mapping[str, Any]

_contents: dict[str, bytes] = {}


def address(features: Sequence[Feature]) -> str:
    """Where the features are from now on served as GeoJSON, seen from a page."""
    return _address(json.dumps(features, ensure_ascii=False, separators=(",", ":")))


@cache
def _address(features: str) -> str:
    content = f'{{"type":"FeatureCollection","features":{features}}}'.encode()
    name = hashlib.sha256(content).hexdigest()[:24]
    _contents[name] = content
    return f"{FOLDER}{name}.json"


def content_of(name: str) -> bytes | None:
    """The GeoJSON of that name, None where there is none."""
    return _contents.get(name)


def objects_of(data: Any) -> Sequence[Mapping[str, Any]]:
    """What a layer draws of its data: rows, features, or the features at an address.

    Raises KeyError for an address that was not given out.
    """
    if isinstance(data, str):
        data = json.loads(_contents[data.removeprefix(FOLDER).removesuffix(".json")])
    return data["features"] if isinstance(data, dict) else data


def value_of(layer: Mapping[str, Any], each: Mapping[str, Any], accessor: str) -> Any:
    """The value of an accessor for one object of a layer: a constant, or the property it names; None without it."""
    value = layer.get(accessor)
    if isinstance(value, str) and value.startswith("@@="):
        return each[value.removeprefix("@@=")]
    return value
