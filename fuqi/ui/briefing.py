"""The button that makes a briefing (简报) of a week, for the street on the screen or for all that the account sees."""

from collections.abc import Callable
from datetime import datetime, timedelta

import streamlit as st

from fuqi import brief
from fuqi.access import Refused
from fuqi.brief import Briefing, Period, Request
from fuqi.store.releases import LOCAL_ZONE
from fuqi.ui import downloads, identity
from fuqi.ui.escaping import plain
from fuqi.ui.view import View

TITLE = "周简报"
WEEKS = 26
"""How many weeks back are offered."""
KINDS = {
    "docx": ("Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": ("PDF", "application/pdf"),
    "html": ("网页", "text/html"),
}


def briefing(view: View) -> None:
    """A word in the page's head that opens the choice of week and file; one is made when somebody asks for it."""
    street = view.filters.subdistrict or view.account.scope.only_street
    offered = _offered(view)
    whole = "福田区" if view.account.scope.streets is None else view.account.scope.named
    with (
        view.head,
        st.popover(TITLE, type="tertiary", icon=":material/description:", key="briefing"),
    ):
        chosen = st.selectbox(
            "哪一周",
            offered,
            index=0 if offered[0].is_over(view.as_of) or len(offered) == 1 else 1,
            format_func=lambda period: _in_words(period, view.as_of),
            filter_mode=None,
            key="briefing_week",
        )
        st.caption(
            f"{plain(street or whole)}一至两页：指标、图表、地图、超期清单、共性诉求和口径。"
        )
        reason = downloads.reason_for("briefing")  # it lists overdue cases
        with st.container(horizontal=True, gap="xsmall", width="content"):
            for kind, (title, mime) in KINDS.items():
                st.download_button(
                    title,
                    downloads.delivered(
                        TITLE,
                        kind,
                        _file(view, chosen, street, whole, kind),
                        n=None,
                        scope=street or whole,
                        of_cases=True,
                        reason=reason or "",
                        filters={"street": street or "", "week": chosen.name},
                    ),
                    file_name=f"{street or whole}企业诉求办理情况简报_{chosen.name}.{kind}",
                    mime=mime,
                    key=f"briefing_{kind}",
                    on_click="ignore",
                    disabled=reason is None,
                )


def _offered(view: View) -> list[Period]:
    """The week of the data and those before it that hold data, the newest first."""
    today = view.as_of.date()
    (extent,) = view.query("briefing_extent", subdistrict=None).to_pylist()
    weeks = [brief.week_of(today - timedelta(days=7 * n)) for n in range(WEEKS)]
    return [week for week in weeks if week.last >= (extent["first_received_date"] or today)]


def _in_words(period: Period, as_of: datetime) -> str:
    year, number = period.week or (period.first.year, 0)
    days = f"{period.first:%m-%d} 至 {period.last:%m-%d}"
    return f"{year}年第{number}周（{days}）" + ("" if period.is_over(as_of) else " 未结束")


def _file(
    view: View, period: Period, street: str | None, whole: str, kind: str
) -> Callable[[], bytes]:
    def make() -> bytes:
        # Nobody draws the page while this runs: it has to ask by itself whether the login is over.
        if not identity.is_still(view.account):
            raise Refused("登录已结束，请重新登录后再下载。")
        now = datetime.now(LOCAL_ZONE).replace(tzinfo=None, microsecond=0)
        return brief.FORMATS[kind](_composed(view, period, street, whole, now))

    return make


def _composed(
    view: View, period: Period, street: str | None, whole: str, now: datetime
) -> Briefing:
    """The briefing of what the account sees, on its own database."""
    scope = view.account.scope
    return brief.compose(
        Request(
            period,
            street,
            now,
            whole,
            sees_district=scope.streets is None,
            sees_problems=scope.sees_problems,
        ),
        lambda name, params: view.query(name, **params),
        view.release.manifest,
        view.settings,
        absent=view.absent,
        boundaries=view.boundaries,
    )
