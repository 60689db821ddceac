"""What a page works with: the release on the screen, the filters, and the queries bound to both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
import streamlit as st

from fuqi import paths, settings, targets, wording, worktime
from fuqi.access import OPEN_ACCOUNT, Account
from fuqi.maps import Boundaries, Frame
from fuqi.settings import Settings
from fuqi.store import Database, Kpi, Release, ReleaseError, Warehouse, parameters
from fuqi.targets import Target, Targets
from fuqi.ui import asked, downloads, filters, identity, places
from fuqi.ui.escaping import cut, in_badge, plain
from fuqi.ui.filters import Filters
from fuqi.ui.places import Places

SCOPE = b"scope"
LONGEST_ERROR = 300
OF_CASES = b"of_cases"


@dataclass(frozen=True)
class View:
    """One screen: everything on it is read from one release at one moment."""

    release: Release
    filters: Filters
    settings: Settings
    targets: Targets = field(default_factory=Targets)
    offers: tuple[str, ...] = ()
    """The filters that the page takes."""
    account: Account = OPEN_ACCOUNT
    """Whoever looks: every query sees the rows of that account's scope alone."""
    head: Any = None
    """The container of the page's first line."""

    def query(self, name: str, **instead: Any) -> pa.Table:
        """The rows of a query; its parameters come from the filters and settings unless given in `instead`.

        The rows know what they are about (`scope_of`): a filter the query does not take has not narrowed them.
        """
        if not identity.is_still(self.account):
            st.rerun(scope="app")  # the run that follows finds nobody, and says why
        given = dict(params := self.given(name, instead))
        rows = asked.rows(self.release.release_id, self.settings, self.account.scope, name, params)
        if name == "case_detail" and rows.num_rows:
            identity.record_case(self.account, given["case_id"], self.release.release_id)
        stands_at = [
            self.places.name(kind, given[f"{kind}_id"])
            for kind in places.OBJECTS
            if given.get(f"{kind}_id")
        ]
        about = _scope(given, self.account.scope.named, stands_at)
        is_case = "case_id" in given or downloads.CASE_NUMBER in rows.column_names
        return rows.replace_schema_metadata({SCOPE: about, **({OF_CASES: b"1"} if is_case else {})})

    def given(self, name: str, instead: Mapping[str, Any]) -> asked.Params:
        """The parameters that a query declares, from `instead` or else from the filters and settings."""
        known = {**self.params, **instead}
        declared = self._database.query(name).params
        return tuple((p, known[p]) for p in declared if p in known)

    def absent(self, kpi: Kpi) -> tuple[str, ...]:
        """Titles of the columns that the KPI needs and the exports do not have."""
        return self._database.absent(kpi)

    @property
    def _database(self) -> Database:
        return asked.database(self.release.release_id, self.settings, self.account.scope)

    def target(self, measure: str, street: str | None = None) -> Target | None:
        """The target on the period's last day, for `street` or else the street chosen; none for one category alone."""
        if self.filters.category is not None:
            return None
        return self.targets.at(
            measure, self.filters.period.last, street or self.filters.subdistrict
        )

    def target_value(self, measure: str) -> float | None:
        """The same as a number, for a chart."""
        target = self.target(measure)
        return None if target is None else target.value

    def target_lines(self, measure: str, streets: Sequence[str]) -> dict[str, Any]:
        """What a comparison of streets draws: the district's target, and those of streets that have their own."""
        if self.filters.category is not None:
            return {}
        day = self.filters.period.last
        whole = self.targets.at(measure, day)
        own = {street: self.targets.at(measure, day, street) for street in streets}
        return {
            "target": whole.value if whole else None,
            "own_targets": {s: t.value for s, t in own.items() if t is not None and t.street},
        }

    def previous(self, name: str, **instead: Any) -> pa.Table:
        """The same query over the period before, judged at the same moment."""
        before = self.filters.period.previous
        return self.query(name, start_date=before.first, end_date=before.last, **instead)

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """Every parameter a query may declare."""
        period = self.filters.period
        return parameters(
            self.as_of,
            period.first,
            period.last,
            self.settings,
            step=period.step,
            subdistrict=self.filters.subdistrict,
            category=self.filters.category,
            community=self.filters.community,
            park_id=self.filters.park_id,
            station_id=self.filters.station_id,
            compared_by=self.filters.compared_by,
            measure=self.filters.measure,
        )

    @property
    def as_of(self) -> datetime:
        return self.release.manifest.data_as_of

    @property
    def step(self) -> str:
        return self.filters.period.step

    @property
    def loaded_tables(self) -> pa.Table:
        """What the release holds: a row per table with its counts and the files it came from."""
        manifest = self.release.manifest
        return pa.Table.from_pylist(
            [
                {
                    "table_name": name,
                    "row_count": entry.rows,
                    "refused_count": entry.refused,
                    "flagged_count": entry.flagged,
                    "source_files": "、".join(entry.files),
                    "loaded_in": entry.loaded_in,
                }
                for name, entry in manifest.tables.items()
            ]
        )

    @property
    def boundaries(self) -> Boundaries:
        return Boundaries.load()

    @property
    def map_frame(self) -> Frame:
        """What a map's opening view has to fit; a phone is told by its browser's own description."""
        is_phone = "Mobile" in st.context.headers.get("User-Agent", "")
        width, height = (350, 330) if is_phone else (560, 460)
        return Frame(
            width,
            height,
            self.filters.subdistrict,
            self.filters.community,
            self.settings.tile_url,
        )

    @property
    def places(self) -> Places:
        """The places a reader can go to."""
        return Places(tuple(self.query("place_list").to_pylist()))

    @property
    def filters_in_words(self) -> str:
        """What is chosen on the page: place, category and period; empty for a page without filters."""
        if not self.offers:
            return ""
        chosen = self.filters
        given = {
            "subdistrict": chosen.subdistrict,
            "community": chosen.community,
            "category": chosen.category,
        }
        if "period" in self.offers:
            given |= {"start_date": chosen.period.first, "end_date": chosen.period.last}
        stood_at = {"park": chosen.park_id, "station": chosen.station_id}
        names = [self.places.name(kind, known) for kind, known in stood_at.items() if known]
        return _scope(given, self.account.scope.named, names)

    @property
    def provenance(self) -> str:
        """What every chart and export carries: for a demo that it is one, data-as-of and release."""
        manifest = self.release.manifest
        # The label first: where a narrow chart has no room for the end, it must not be that which is missing.
        parts = [
            cut(manifest.label),
            f"数据截至 {wording.moment(self.as_of)}",
            f"版本 {manifest.release_id}",
        ]
        return " · ".join(part for part in parts if part)


def scope_of(rows: pa.Table) -> str:
    """What the rows of `View.query` are about: area, category and period in words."""
    return (rows.schema.metadata or {}).get(SCOPE, b"").decode()


def are_cases(rows: pa.Table) -> bool:
    """Whether the rows of `View.query` are single cases, or about one."""
    return OF_CASES in (rows.schema.metadata or {}) or downloads.CASE_NUMBER in rows.column_names


def _scope(given: Mapping[str, Any], whole: str, stands_at: Sequence[str] = ()) -> str:
    if not given:
        return ""
    if "case_id" in given:
        return f"工单 {given['case_id']}"
    # Where streets are compared a chosen street narrows nothing, nor does a category where categories are.
    compared_by = given.get("compared_by")
    subdistrict = None if compared_by == "street" else given.get("subdistrict")
    category = None if compared_by == "category" else given.get("category")
    parts = [
        subdistrict or given.get("topic") or ("" if stands_at else whole),
        given.get("community"),
        *stands_at,
        category,
    ]
    if "start_date" in given:
        parts.append(wording.period(given["start_date"], given["end_date"]))
    return " · ".join(part for part in parts if part)


def page(
    title: str,
    question: str,
    *,
    offers: Sequence[str] = ("period", "street", "category"),
    without_data: Callable[[], None] = lambda: None,
) -> View:
    """The top of a page: title, freshness and filters. Stops the run with a hint when nothing was loaded yet.

    `without_data` draws what the page has to offer even then.
    """
    current = settings.load()
    account = identity.read()
    if not isinstance(account, Account):  # the portal asks too; a page is not to depend on it
        identity.sign_in_page(account)
        st.stop()
    warehouse = Warehouse(paths.WAREHOUSE)
    try:
        release = warehouse.current()
    except ReleaseError as error:
        st.error(
            f"当前版本打不开：{plain(error, LONGEST_ERROR)}。请运行 `python -m fuqi doctor`，或用 rollback 回退。"
        )
        st.stop()
    _watch(release.release_id if release else None, current.refresh_seconds, account)
    if release is None:
        st.title(title, anchor=False)
        identity.corner(account)
        st.info(
            "还没有数据。请先运行 `python -m fuqi intake data/exports` 载入导出文件，本页会自动更新。"
        )
        without_data()
        st.stop()

    manifest = release.manifest
    head = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with head:
        st.title(title, anchor=False, width="content")
        if manifest.label:
            st.badge(in_badge(manifest.label), color="orange", icon=":material/science:")
        st.badge(
            f"数据截至 {wording.moment(manifest.data_as_of)}",
            color="blue",
            icon=":material/schedule:",
        )
        st.badge(f"版本 {manifest.release_id}", color="gray")
        identity.corner(account)
        taken_away = downloads.begin(
            title, manifest.data_as_of, manifest.release_id, manifest.label, account
        )
    as_of = manifest.data_as_of

    def rows(name: str, *params: tuple[str, Any]) -> pa.Table:
        return asked.rows(release.release_id, current, account.scope, name, params)

    streets = rows("subdistrict_list")["subdistrict_name"].to_pylist()
    if account.scope.streets and not streets:
        st.error(
            f"街道登记表里没有“{plain(account.scope.named)}”，因此看不到任何数据。请联系管理员核对账号的街道。",
            icon=":material/block:",
        )
        st.stop()
    chosen = filters.show(
        title,
        as_of.date(),
        current,
        streets,
        lambda: rows("categories", ("as_of", as_of))["category"].to_pylist(),
        lambda: Places(tuple(rows("place_list").to_pylist())),
        offers,
        question,
        account.scope,
    )
    view = View(release, chosen, current, targets.load(), tuple(offers), account, head)
    linked = (*offers, *(("from", "to") if "period" in offers else ()))
    shown = {key: st.query_params[key] for key in linked if key in st.query_params}
    identity.record_view(account, title, shown, release.release_id)
    taken_away.filters, taken_away.asked = view.filters_in_words, shown
    _warn_of_unknown_years(chosen.period.first.year, view.params["due_soon_at"].year)
    return view


def _watch(release_id: str | None, seconds: int, account: Account) -> None:
    """Ask every few seconds whether another release was switched in, or the login is over; only then draw again."""

    @st.fragment(run_every=seconds)
    def watch() -> None:
        for said in downloads.refusals():
            st.toast(said, icon=":material/block:", duration="long")
        is_over = identity.read() != account
        if is_over or Warehouse(paths.WAREHOUSE).current_id() != release_id:
            st.rerun(scope="app")

    watch()


def _warn_of_unknown_years(first: int, last: int) -> None:
    unknown = [year for year in range(first, last + 1) if not worktime.is_known(year)]
    if unknown:
        years = "、".join(str(year) for year in unknown)
        st.warning(f"工作日历没有 {years} 年的节假日安排，这些年份暂按周一至周五计算工作日。")
