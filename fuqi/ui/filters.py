"""The filters that all pages share. They live in the URL: `?street=福保街道&from=2023-03-01&to=2023-06-28`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from fuqi.settings import Settings

CHOSEN = "自选日期"


@dataclass(frozen=True)
class Period:
    """Two days, both included."""

    first: date
    last: date

    @property
    def previous(self) -> "Period":
        """As many days, ending the day before."""
        days = self.last - self.first + timedelta(days=1)
        return Period(self.first - days, self.last - days)

    @property
    def step(self) -> str:
        """The step a trend over this period is drawn in: day, week or month."""
        days = (self.last - self.first).days + 1
        return "day" if days <= 31 else "week" if days <= 200 else "month"


@dataclass(frozen=True)
class Filters:
    period: Period
    subdistrict: str | None
    category: str | None


def presets(today: date, settings: Settings) -> dict[str, Period]:
    """The periods offered by name; `today` is the day of the data, not of the clock."""
    month = today.replace(day=1)
    last_month_end = month - timedelta(days=1)
    return {
        "今日": Period(today, today),
        "本周": Period(today - timedelta(days=today.weekday()), today),
        "本月": Period(month, today),
        "上月": Period(last_month_end.replace(day=1), last_month_end),
        "本季度": Period(today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today),
        "今年": Period(today.replace(month=1, day=1), today),
        "启动以来": Period(min(settings.programme_start, today), today),
    }


DEFAULT_PRESET = "本季度"


def show(
    today: date,
    settings: Settings,
    subdistricts: Sequence[str],
    categories: Callable[[], Sequence[str]],
    offered: Sequence[str],
    question: str,
) -> Filters:
    """Draw the filters named in `offered` (period, street, category) in one row and say what is chosen.

    `question` is what the page answers, in small print at the row's end.
    """
    named = presets(today, settings)
    asked = _asked_on_arrival()
    # A link with dates and no named period means those dates.
    has_dates = "period" not in asked and bool({"from", "to"} & set(asked))
    st.session_state.setdefault("default_period", CHOSEN if has_dates else DEFAULT_PRESET)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        period = _period(named, today, settings) if "period" in offered else named[DEFAULT_PRESET]
        subdistrict = (
            _choice("street", "街道", "全区", subdistricts, asked) if "street" in offered else None
        )
        category = (
            _choice("category", "诉求类型", "全部类型", categories(), asked)
            if "category" in offered
            else None
        )
        st.caption(question, width="content")
    return Filters(period, subdistrict, category)


def _asked_on_arrival() -> dict[str, str]:
    """The URL's parameters when this is the first run of a visit, else nothing."""
    if "has_arrived" in st.session_state:
        return {}
    st.session_state["has_arrived"] = True
    return dict(st.query_params)


def _period(named: dict[str, Period], today: date, settings: Settings) -> Period:
    options = [*named, CHOSEN]
    name = st.selectbox(
        "时段",
        options,
        label_visibility="collapsed",
        index=options.index(st.session_state["default_period"]),
        key="period",
        bind="query-params",
        filter_mode=None,
        width=150,
    )
    if name != CHOSEN:
        st.session_state["shown_period"] = named[name]
        return named[name]
    # A first look at chosen dates starts from the period that was on the screen.
    before = st.session_state.get("shown_period", named[DEFAULT_PRESET])
    first = _day("from", "起始日期", before.first, today, settings)
    last = _day("to", "截止日期", before.last, today, settings)
    return Period(min(first, last), max(first, last))


def _day(key: str, label: str, default: date, today: date, settings: Settings) -> date:
    # Without a default of its own the widget keeps its day in the URL, so that a shared link stays the same.
    if key not in st.session_state and key not in st.query_params:
        st.session_state[key] = default
    chosen = st.date_input(
        label,
        label_visibility="collapsed",
        value=None,
        min_value=settings.programme_start - timedelta(days=3 * 366),
        max_value=today,
        key=key,
        bind="query-params",
        format="YYYY-MM-DD",
        width=165,
    )
    return chosen or default


def _choice(
    key: str, label: str, everything: str, options: Sequence[str], asked: dict[str, str]
) -> str | None:
    if key in asked and asked[key] not in (*options, everything):
        st.toast(f"链接里的{label}“{asked[key]}”不存在，已显示{everything}。")
    value = st.selectbox(
        label,
        label_visibility="collapsed",
        options=[everything, *options],
        key=key,
        bind="query-params",
        placeholder=everything,
        width=170,
    )
    return None if value in (None, everything) else value
