"""Channels whose value depends on a row."""

from typing import Any, TypeVar

from altair.utils.schemapi import SchemaBase

Channel = TypeVar("Channel", bound=SchemaBase)


def either(channel: type[Channel], test: str, if_true: Any, otherwise: Any) -> Channel:
    """`if_true`, a constant or a channel, where the row fulfils `test`, and the constant `otherwise` elsewhere.

    `channel` is the kind for constants, such as `alt.FillValue`. The same as alt.condition, whose dictionary Altair
    compares with all of its schema to find out what it is: up to five milliseconds each.
    """
    value = (
        if_true.to_dict(validate=False) if isinstance(if_true, SchemaBase) else {"value": if_true}
    )
    return channel(otherwise, condition={"test": test, **value})
