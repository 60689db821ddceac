"""The filters that all pages share. They live in the URL: `?street=福保街道&from=2023-03-01&to=2023-06-28`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from fuqi.access import WHOLE, Scope
from fuqi.periods import Period, presets
from fuqi.settings import Settings
from fuqi.store import kpis
from fuqi.ui import places
from fuqi.ui.escaping import plain
from fuqi.ui.labels import WHOLE_DISTRICT
from fuqi.ui.places import Places

CHOSEN = "自选日期"
STANDS_ON = "page_of_filters"
"""The session's entry with the page that has drawn them last."""


@dataclass(frozen=True)
class Filters:
    period: Period
    subdistrict: str | None
    category: str | None
    community: str | None = None
    park_id: str | None = None
    station_id: str | None = None
    compared_by: str = "street"
    measure: str = "on_time_rate"


DEFAULT_PRESET = "本季度"
COMPARED_BY = {
    "比较街道": "street",
    "比较承办单位": "unit",
    "比较诉求类型": "category",
    "比较社区": "community",
}
MEASURES = (
    "on_time_rate",
    "same_day_response_rate",
    "response_24h_rate",
    "resolved_rate",
    "satisfied_rate",
    "closed_rate",
    "returned_rate",
    "redone_rate",
    "extended_rate",
)
"""The rates that `units_compared` compares, in the order they are offered."""

LABELS = {
    "period": "时段",
    "street": "街道",
    "community": "社区",
    "park": "园区商圈",
    "station": "站点",
    "category": "诉求类型",
    "by": "比较对象",
    "measure": "指标",
}
DEFAULTS = {
    "period": DEFAULT_PRESET,
    "street": WHOLE_DISTRICT,
    "community": places.ALL_COMMUNITIES,
    "park": "全部园区商圈",
    "station": "全部站点",
    "category": "全部类型",
    "by": "比较街道",
    "measure": kpis()[MEASURES[0]].label,
}


def show(
    page: str,
    today: date,
    settings: Settings,
    subdistricts: Sequence[str],
    categories: Callable[[], Sequence[str]],
    listed: Callable[[], Places],
    offered: Sequence[str],
    question: str,
    seen: Scope = WHOLE,
) -> Filters:
    """Draw the filters named in `offered` in one row and say what is chosen, the place also as a way back.

    Known are by, measure, period, street, community, park, station and category; a park or station is chosen on a
    map or in a table, so it has no select box. What is chosen lasts for the visit, on every page, and stands
    in the URL. `page` is its title; `question` is what it answers, in small print at the row's end. Somebody who
    sees the rows of some streets chooses among those, and of one street has it chosen.
    """
    named = presets(today, settings)
    _take_along(page)
    # Not `bind="query-params"`: it leaves out a day that equals its default and forgets one that code has set.
    if "has_arrived" not in st.session_state:
        st.session_state["has_arrived"] = True
        _take_over(
            dict(st.query_params), named, [*subdistricts], [*categories()], listed(), today, seen
        )
    if seen.only_street:
        st.session_state["street"] = seen.only_street
    if "community" in offered:
        places.complete(listed())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        by = _choice("by", [*COMPARED_BY]) if "by" in offered else None
        measure = _choice("measure", [*_measures()]) if "measure" in offered else None
        period = _period(named, today, settings) if "period" in offered else named[DEFAULT_PRESET]
        subdistrict = _street(subdistricts, seen) if "street" in offered else None
        community = None
        if "community" in offered:
            community = _choice("community", listed().communities_of(subdistrict))
        category = _choice("category", categories()) if "category" in offered else None
        st.caption(question, width="content")
    chosen = {
        "by": by,
        "measure": measure,
        "street": subdistrict,
        "community": community,
        "category": category,
    }
    for kind in places.OBJECTS:
        chosen[kind] = (
            places.chosen(kind, listed, subdistrict, community) if kind in offered else None
        )
    st.session_state[STANDS_ON] = page  # not before: a run that is broken off has not drawn them
    _write_url(period, chosen, offered)
    places.way_back(subdistrict, community, [(k, chosen[k]) for k in places.OBJECTS], listed, seen)
    return Filters(
        period,
        subdistrict,
        category,
        community,
        chosen["park"],
        chosen["station"],
        COMPARED_BY[by or DEFAULTS["by"]],
        _measures()[measure or DEFAULTS["measure"]],
    )


def _take_along(page: str) -> None:
    """Have what is chosen also on another page, whose widgets of the same keys are others.

    Streamlit does that itself only for values that have outlived a second run: of those that code has set, such as
    what a link asks for, the first click on another page would leave the first option of each.
    """
    if st.session_state.get(STANDS_ON) != page:
        for key in (*LABELS, "from", "to", "case"):
            if key in st.session_state:
                st.session_state[key] = st.session_state[key]


def _measures() -> dict[str, str]:
    """The offered rates by their Chinese name."""
    return {kpis()[measure].label: measure for measure in MEASURES}


def _take_over(
    asked: dict[str, str],
    named: dict[str, Period],
    subdistricts: list[str],
    categories: list[str],
    listed: Places,
    today: date,
    seen: Scope,
) -> None:
    """Start the visit with what its link asks for; what does not exist is told and left out."""
    if {"from", "to"} & set(asked):
        asked.setdefault("period", CHOSEN)
    known = {
        "period": [*named, CHOSEN],
        "street": subdistricts,
        "category": categories,
        "community": listed.ids("community"),
        "park": listed.ids("park"),
        "station": listed.ids("station"),
        "by": [*COMPARED_BY],
        "measure": [*_measures()],
    }
    for key, options in known.items():
        if asked.get(key) in options:
            st.session_state[key] = asked[key]
        elif key in asked:
            shown = seen.named if key == "street" else DEFAULTS[key]
            whose = "不存在" if seen.streets is None else "不存在，或不在您的权限内"
            st.toast(
                f"链接里的{LABELS[key]}“{plain(asked[key])}”{whose}，已显示{plain(shown)}。",
                duration="long",
            )
    for level in reversed(
        places.LEVELS
    ):  # a link that names a park alone also stands in its street
        place_id = st.session_state.get(level)
        if level != "street" and place_id in listed.ids(level):
            places.go_to(listed, **{level: place_id})
            break
    for key in ("from", "to"):
        if key not in asked:
            continue
        try:
            st.session_state[key] = min(date.fromisoformat(asked[key]), today)
        except ValueError:
            st.toast(
                f"链接里的日期“{plain(asked[key])}”读不懂，应为 2023-06-28 这样的日期。",
                duration="long",
            )


def _period(named: dict[str, Period], today: date, settings: Settings) -> Period:
    st.session_state.setdefault("period", DEFAULT_PRESET)
    name = st.selectbox(
        LABELS["period"],
        [*named, CHOSEN],
        label_visibility="collapsed",
        key="period",
        persist_state="session",
        filter_mode=None,
        width=150,
    )
    if name in named:
        st.session_state["shown_period"] = named[name]
        return named[name]
    # A first look at chosen dates starts from the period that was on the screen.
    before = st.session_state.get("shown_period", named[DEFAULT_PRESET])
    first = _day("from", "起始日期", before.first, today, settings)
    last = _day("to", "截止日期", before.last, today, settings)
    return Period(min(first, last), max(first, last))


def _day(key: str, label: str, default: date, today: date, settings: Settings) -> date:
    earliest = settings.programme_start - timedelta(days=3 * 366)
    if st.session_state.get(key) is None:  # not chosen yet, or cleared by the reader
        st.session_state[key] = default
    st.session_state[key] = max(st.session_state[key], earliest)
    return st.date_input(
        label,
        value=None,
        min_value=earliest,
        max_value=today,
        label_visibility="collapsed",
        key=key,
        persist_state="session",
        format="YYYY-MM-DD",
        width=165,
    )


def _street(subdistricts: Sequence[str], seen: Scope) -> str | None:
    if seen.only_street is None:
        return _choice("street", subdistricts, {WHOLE_DISTRICT: places.whole(seen)})
    st.selectbox(
        LABELS["street"],
        [seen.only_street],
        label_visibility="collapsed",
        key="street",
        persist_state="session",
        filter_mode=None,
        width=170,
    )
    return seen.only_street


def _choice(key: str, options: Sequence[str], shown: Mapping[str, str] | None = None) -> str | None:
    everything = DEFAULTS[key]
    if st.session_state.get(key) not in options:  # such as a category the new release no longer has
        st.session_state[key] = everything
    value = st.selectbox(
        LABELS[key],
        [everything, *(option for option in options if option != everything)],
        format_func=lambda option: (shown or {}).get(option, option),
        label_visibility="collapsed",
        key=key,
        persist_state="session",
        placeholder=everything,
        width=170,
    )
    return None if value == everything else value


def _write_url(period: Period, chosen: Mapping[str, str | None], offered: Sequence[str]) -> None:
    """Have the URL say what is on the screen; a default is left out, so that a plain link stays live."""
    preset = st.session_state.get("period", DEFAULT_PRESET)
    wanted = dict(chosen)
    if "period" in offered and preset == CHOSEN:
        wanted |= {"from": period.first.isoformat(), "to": period.last.isoformat(), "period": None}
    elif "period" in offered:
        shown = None if preset == DEFAULT_PRESET else preset
        wanted |= {"from": None, "to": None, "period": shown}
    for key, value in wanted.items():
        if value is None:
            st.query_params.pop(key, None)
        elif st.query_params.get(key) != value:
            st.query_params[key] = value
