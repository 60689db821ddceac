"""Where the reader stands, 全区 > 街道 > 社区 > 园区或站点: chosen on a map, in a table or by hand; the way back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st

from fuqi.access import WHOLE, Scope
from fuqi.ui.escaping import plain
from fuqi.ui.labels import WHOLE_DISTRICT

LEVELS = ("street", "community", "park", "station")
"""Entries of the session and of the URL, from wide to narrow; park and station exclude each other."""
OBJECTS = ("park", "station")
ALL_COMMUNITIES = "全部社区"


@dataclass(frozen=True)
class Places:
    """The rows of `place_list`: what can be chosen, and where each place lies."""

    rows: tuple[Mapping[str, Any], ...]

    @cached_property
    def _known(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        return {(row["place_kind"], row["place_id"]): row for row in self.rows}

    def ids(self, kind: str) -> list[str]:
        return [place_id for known, place_id in self._known if known == kind]

    def communities_of(self, street: str | None) -> list[str]:
        """The communities of a street, or of the district, in the order of their names."""
        return sorted(
            row["place_id"]
            for row in self.rows
            if row["place_kind"] == "community" and street in (None, row["subdistrict_name"])
        )

    def name(self, kind: str, place_id: str) -> str:
        """What the place is called; its number when nothing is known of it."""
        known = self._known.get((kind, place_id))
        return known["place_name"] if known else place_id

    def above(self, kind: str, place_id: str) -> dict[str, str]:
        """The street and, if it is known, the community that a community, park or station lies in."""
        row = self._known.get((kind, place_id))
        if row is None:
            return {}
        where = {"street": row["subdistrict_name"]}
        if kind in OBJECTS and row["community_name"]:
            where["community"] = row["community_name"]
        return where


def go_to(listed: Places, **place: str) -> None:
    """Stand at a place, `go_to(listed, park="P001")`, and at what it lies in; everything narrower is left.

    Only before the filters are drawn, as in a callback: their entries cannot be changed after that.
    """
    for kind, place_id in list(place.items()):
        place = {**listed.above(kind, place_id), **place}
    for level, nothing in (("street", WHOLE_DISTRICT), ("community", ALL_COMMUNITIES)):
        st.session_state[level] = place.get(level, nothing)
    for level in OBJECTS:
        st.session_state[level] = place.get(level)


def chosen(
    kind: str, listed: Callable[[], Places], street: str | None, community: str | None
) -> str | None:
    """The park or station the reader stands at, as long as it lies in the street and community chosen beside it."""
    place_id = st.session_state.get(kind)
    if not place_id:
        return None
    where = listed().above(kind, place_id)
    outside = street not in (None, where.get("street")) or community not in (
        None,
        where.get("community"),
    )
    if not where or outside:
        st.session_state[kind] = None
        return None
    return place_id


def complete(listed: Places) -> None:
    """Have the street of a community chosen beside no street, before the filters are drawn."""
    community = st.session_state.get("community", ALL_COMMUNITIES)
    if st.session_state.get("street", WHOLE_DISTRICT) == WHOLE_DISTRICT:
        st.session_state.update(listed.above("community", community))


def whole(seen: Scope) -> str:
    """What everything that somebody sees is called."""
    return WHOLE_DISTRICT if seen.streets is None else "所辖街道"


def way_back(
    street: str | None,
    community: str | None,
    objects: Sequence[tuple[str, str | None]],
    listed: Callable[[], Places],
    seen: Scope = WHOLE,
) -> None:
    """The line 全区 › 街道 › 社区 › 园区或站点; each step leads back to it. Nothing is drawn for the whole district.

    For somebody who sees some streets it begins with these.
    """
    steps: list[tuple[str, dict[str, str]]] = []
    if seen.only_street is None:
        steps.append((whole(seen), {}))
    if street:
        steps.append((street, {"street": street}))
    if community:
        steps.append((community, {"community": community}))
    for kind, place_id in objects:
        if place_id:
            steps.append((listed().name(kind, place_id), {kind: place_id}))
    # Also without steps: what follows would move up by one, and the browser would draw all of it anew.
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="way_back"):
        if len(steps) <= 1:
            return
        for name, place in steps[:-1]:
            st.button(
                plain(name),
                key=f"back_to_{'_'.join(place) or 'district'}",
                type="tertiary",
                on_click=lambda place=place: go_to(listed(), **place),
            )
            st.markdown(":gray[›]", width="content")
        st.markdown(f"**{plain(steps[-1][0])}**", width="content")
