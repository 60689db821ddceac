"""Loading data from the page 数据: upload, preview, publish or discard, and go back to an earlier release.

What is on the screen comes from the warehouse and the uploads' folders at every run, never from a session alone: a
click that arrives twice, or after somebody else's, finds the state as it is and says so.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from fuqi import paths, settings, uploads, wording
from fuqi.access import Account
from fuqi.audit import AuditError
from fuqi.intake import REPORT_CSV
from fuqi.store import (
    BusyError,
    FileOutcome,
    Manifest,
    Release,
    ReleaseError,
    Warehouse,
    load_queries,
)
from fuqi.store.database import problems_of
from fuqi.ui import downloads, identity
from fuqi.ui.elements import grid, section, small_print
from fuqi.ui.escaping import plain_lines
from fuqi.ui.labels import PAGES, table_title
from fuqi.ui.view import View

FULL, INCREMENTAL = "全量", "增量"
SECONDS_BETWEEN_LOOKS = 1
LINES_OF_PROGRESS = 6
RELEASES_SHOWN = 8
ROWS_WITHOUT_SCROLLING = 8
SWITCHED_OFF = (
    "网页上传未开启。开启后数据管理员可以在本页载入、发布和回退数据；没有设登录时，能打开本页的人都可以，请只在仅供数据管理员访问的"
    "服务器上，把 `data/settings.toml` 里的 `uploads` 改为 `true`；也可以用命令 `python -m fuqi intake` 载入。"
)
NO_KEEPER = "载入、发布和回退由数据管理员进行。"
FILE_COLUMNS = (
    "file",
    "sheet",
    "table_name",
    "mapping_name",
    "load_mode",
    "read_count",
    "loaded_count",
    "new_count",
    "changed_count",
    "identical_count",
    "refused_count",
    "superseded_count",
    "flagged_count",
    "ignored_columns",
    "not_loaded_reason",
)
PROBLEM_COLUMNS = (
    "severity_name",
    "file",
    "sheet",
    "table_name",
    "reason",
    "problem_count",
    "examples",
)
# In the session: the upload it waits for, how many it has begun, what its last click came to.
UPLOAD, ROUND, NOTICE = "upload_id", "upload_round", "data_notice"
TOAST_ICONS = {
    "success": ":material/check_circle:",
    "warning": ":material/hourglass_top:",
    "error": ":material/block:",
}


def load_desk() -> None:
    """Everything about new data: the form, a running preview, what was refused, what waits to be published."""
    _show_notice()
    if not settings.load().uploads:
        section("载入新数据")
        st.caption(SWITCHED_OFF)
        return
    if not identity.may_load():
        section("载入新数据")
        st.caption(NO_KEEPER)
        return
    warehouse = _warehouse()
    upload = uploads.find(st.session_state.get(UPLOAD, ""), warehouse)
    result = upload.result if upload is not None else None
    if result is not None and result.state == uploads.READY:
        st.session_state["candidate"] = result.candidate
        _forget(upload)
        upload = None
    if upload is None:
        is_waiting = _waiting(warehouse)
        _form(is_waiting)
    elif result is None:
        section("正在准备预览", "可以离开本页，看板不受影响；准备好后列在“待发布”里。")
        _progress(upload)
    else:
        _not_loaded(upload, result)
        _waiting(warehouse)


def file_outcomes(view: View) -> None:
    """What came of each file of the load that made the release on the screen."""
    files = view.release.manifest.files
    if not files:
        st.info("本版本由较早的程序载入，没有留下每个文件的记录。", icon=":material/info:")
        return
    _files_table(files)
    st.caption(small_print(f"共 {len(files)} 个文件或工作表", view.provenance))


def release_history() -> None:
    """The releases, the newest first, each with a way back to it where that is allowed."""
    warehouse = _warehouse()
    current = warehouse.current_id()
    newest_first = warehouse.releases()[::-1]
    may_switch = settings.load().uploads and identity.may_load()
    for release in newest_first[:RELEASES_SHOWN]:
        _release_row(release, current, may_switch)
    if older := newest_first[RELEASES_SHOWN:]:
        with st.expander(f"更早的 {len(older)} 个版本"):
            for release in older:
                _release_row(release, current, may_switch)


# ---------------------------------------------------------------- upload and wait


def _form(is_folded: bool) -> None:
    place = st.expander("再载入一批文件", icon=":material/upload:") if is_folded else st.container()
    with place:
        if not is_folded:
            section("载入新数据", "先预览，看过再发布；发布之前看板不变。")
        number = st.session_state.get(ROUND, 0)
        mode = st.segmented_control(
            "载入方式", [FULL, INCREMENTAL], default=FULL, required=True, key=f"mode_{number}"
        )
        st.caption(
            "文件是整张表：载入后替换该表原有的行；没有选文件的表不变。"
            if mode == FULL
            else "文件只有新增和变更的行：同一编号取最新状态，其余的行保留。"
        )
        st.file_uploader(
            "导出文件（可多选，也可以是 zip）",
            type=[kind.removeprefix(".") for kind in uploads.KINDS],
            accept_multiple_files=True,
            key=f"files_{number}",
        )
        share = settings.load().max_lost_share
        if mode == FULL:
            st.checkbox(
                f"允许减少：某张表少了超过 {share:.0%} 的行也载入", key=f"accepts_loss_{number}"
            )
        st.button(
            "预览",
            key="preview",
            type="primary",
            icon=":material/preview:",
            disabled=not st.session_state.get(f"files_{number}"),
            on_click=_start,
            args=(number,),
        )


def _start(number: int) -> None:
    if number != st.session_state.get(ROUND, 0) or not _is_allowed():
        return
    files = st.session_state.get(f"files_{number}") or []
    order = uploads.Order(
        is_incremental=st.session_state.get(f"mode_{number}") == INCREMENTAL,
        accepts_loss=bool(st.session_state.get(f"accepts_loss_{number}")),
    )
    try:
        _record("load", f"{len(files)} 个文件")
        upload = uploads.start([(f.name, f.getbuffer()) for f in files], order, _warehouse())
    except (uploads.UploadError, AuditError) as error:
        _tell("error", str(error))
        return
    st.session_state[UPLOAD] = upload.upload_id
    # Another key is another, empty widget, which lets go of the files in memory.
    st.session_state[ROUND] = number + 1


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def _progress(upload: uploads.Upload) -> None:
    if upload.result is not None:
        st.rerun(scope="app")
    lines = [line for line in upload.progress if line][-LINES_OF_PROGRESS:]
    with st.container(border=True, key="progress"):
        st.markdown(":material/hourglass_top: **正在读取和核对**")
        st.text("\n".join(lines) or "正在启动……")


def _not_loaded(upload: uploads.Upload, result: uploads.Result) -> None:
    if result.state == uploads.BUSY:
        st.warning(result.message, icon=":material/hourglass_top:")
    else:
        st.error(
            f"没有载入，看板保持原样。  \n{plain_lines(result.message)}", icon=":material/block:"
        )
    with st.container(horizontal=True):
        if result.state == uploads.BUSY:
            st.button(
                "再试一次", key="again", type="primary", on_click=_again, args=(upload.upload_id,)
            )
        report = Release(Path(result.report)) if result.report else None
        if report is not None and report.folder.is_dir():
            _download(report, "refused")
        st.button(
            "知道了，重新选择文件", key="dismiss", on_click=_dismiss, args=(upload.upload_id,)
        )
    if result.files:
        st.markdown("**读到了什么**")
        _files_table(result.files)
    if report is not None and report.folder.is_dir():
        st.markdown("**问题**")
        _problems_table(report, ())


def _again(upload_id: str) -> None:
    upload = uploads.find(upload_id, _warehouse())
    if upload is not None and _is_allowed():
        uploads.again(upload, _warehouse())


def _dismiss(upload_id: str) -> None:
    upload = uploads.find(upload_id, _warehouse())
    if upload is not None and upload.result is not None:
        _forget(upload)


def _forget(upload: uploads.Upload) -> None:
    upload.remove()
    st.session_state.pop(UPLOAD, None)


# ---------------------------------------------------------------- publish or discard


def _waiting(warehouse: Warehouse) -> bool:
    """Draw the candidates; whether there are any."""
    waiting = {c.release_id: c for c in reversed(warehouse.candidates())}
    if not waiting:
        return False
    section("待发布", "还没有人看到这些数据。发布后所有打开的页面自动更新；放弃则不留痕迹。")
    chosen = next(iter(waiting))
    if len(waiting) > 1:
        if st.session_state.get("candidate") not in waiting:
            st.session_state["candidate"] = chosen
        chosen = st.selectbox(
            "选择待发布的版本",
            list(waiting),
            key="candidate",
            format_func=_candidate_title(waiting),
        )
    candidate = waiting[chosen]
    try:
        manifest = candidate.manifest
    except ReleaseError as error:
        st.error(plain_lines(f"{error}；请放弃它，重新预览。"))
        st.button("放弃", key="discard", on_click=_discard, args=(chosen,))
        return True
    _preview(candidate, manifest, warehouse.current())
    return True


def _candidate_title(waiting: dict[str, Release]) -> Callable[[str], str]:
    def title(release_id: str) -> str:
        try:
            files = waiting[release_id].manifest.files
        except ReleaseError:
            return f"版本 {release_id}"
        return f"版本 {release_id} · {'、'.join(dict.fromkeys(f.file for f in files))}"

    return title


def _preview(candidate: Release, manifest: Manifest, current: Release | None) -> None:
    release_id = candidate.release_id
    before = current.manifest if current is not None else None
    is_fresh = manifest.based_on == (current.release_id if current else None)
    notes = [
        f"版本 {release_id}",
        f"数据截至 {wording.moment(manifest.data_as_of)}",
        f"准备于 {wording.moment(manifest.loaded_at)}",
        f"对照现用版本 {manifest.based_on}" if manifest.based_on else "首个版本",
        manifest.label,
    ]
    st.markdown(" · ".join(plain_lines(note) for note in notes if note))
    if not is_fresh:
        st.warning(
            "准备好之后，现用的版本已经换了，这些数字不再对得上，不能发布。请放弃，重新预览。",
            icon=":material/sync_problem:",
        )
    elif before is not None and manifest.data_as_of < before.data_as_of:
        st.warning(
            f"数据截至时间早于现用版本（{wording.moment(before.data_as_of)}），请核对是不是旧文件。",
            icon=":material/history:",
        )
    with st.container(horizontal=True):
        st.button(
            "发布",
            key="publish",
            type="primary",
            icon=":material/publish:",
            disabled=not is_fresh,
            on_click=_publish,
            args=(release_id,),
        )
        st.button(
            "放弃", key="discard", icon=":material/delete:", on_click=_discard, args=(release_id,)
        )
        _download(candidate, release_id)
    st.markdown("**读到了什么**")
    _files_table(manifest.files)
    st.markdown("**发布后哪些表会变**")
    _changes_table(manifest, before if is_fresh else None)
    st.markdown("**问题**")
    _problems_table(candidate, manifest.not_loaded)


def _publish(release_id: str) -> None:
    def publish(warehouse: Warehouse) -> str:
        release = warehouse.publish_candidate(release_id)
        return f"已发布版本 {release.release_id}，打开着的页面会自动更新。"

    _decide(publish, "publish", release_id)


def _discard(release_id: str) -> None:
    def discard(warehouse: Warehouse) -> str:
        is_gone = warehouse.discard_candidate(release_id)
        return f"已放弃版本 {release_id}。" if is_gone else f"版本 {release_id} 已不在待发布之列。"

    _decide(discard, "discard", release_id)


# ---------------------------------------------------------------- go back


def _release_row(release: Release, current: str | None, may_switch: bool) -> None:
    release_id = release.release_id
    is_current = release_id == current
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key=f"release_{release_id}"
    ):
        try:
            manifest = release.manifest
        except ReleaseError as error:
            st.markdown(plain_lines(str(error)), width="stretch")
            return
        notes = (
            f"数据截至 {wording.moment(manifest.data_as_of)}",
            f"载入于 {wording.moment(manifest.loaded_at)}",
            f"{manifest.row_count:,} 行",
            manifest.label,
        )
        shown = " · ".join(plain_lines(note) for note in notes if note)
        st.markdown(f"**版本 {release_id}** · {shown}", width="stretch")
        if is_current:
            st.badge("现用", color="green", icon=":material/check:")
        elif may_switch and st.button(
            "回退" if release_id < (current or "") else "重新启用",
            key=f"switch_{release_id}",
            icon=":material/history:",
        ):
            _confirm(release, current)


@st.dialog("换用这个版本？", icon=":material/history:")
def _confirm(release: Release, current: str | None) -> None:
    manifest = release.manifest
    st.markdown(
        f"将由版本 {current} 换为版本 **{release.release_id}**：数据截至 {wording.moment(manifest.data_as_of)}，"
        f"共 {manifest.row_count:,} 行。所有打开的页面随之更新；之后仍可换回来。"
    )
    with st.container(horizontal=True):
        if st.button(
            "确认换用",
            key="confirm_switch",
            type="primary",
            on_click=_switch,
            args=(release.release_id, current),
        ):
            st.rerun()
        if st.button("取消", key="cancel_switch"):
            st.rerun()


def _switch(release_id: str, seen: str | None) -> None:
    def switch(warehouse: Warehouse) -> str:
        now = warehouse.current_id()
        if now not in (seen, release_id):
            raise ReleaseError(f"现用的版本刚刚换成了 {now}，没有切换；请看过再定")
        warehouse.rollback(release_id)
        return f"现用版本已换为 {release_id}，打开着的页面会自动更新。"

    _decide(switch, "rollback", release_id)


# ---------------------------------------------------------------- shared


def _warehouse() -> Warehouse:
    return Warehouse(paths.WAREHOUSE)


def _is_allowed() -> bool:
    """Whether loading is still switched on, and for whoever clicks, at the moment of the click."""
    if not settings.load().uploads:
        _tell("error", "网页上传已关闭，没有执行。")
        return False
    if not identity.may_load():
        _tell("error", "登录已结束，或账号不是数据管理员，没有执行。")
        return False
    return True


def _decide(decision: Callable[[Warehouse], str], action: str, release_id: str) -> None:
    """Carry out what changes the warehouse, and keep what came of it for the next run to say."""
    if not _is_allowed():
        return
    try:
        _record(action, "", release_id)
        _tell("success", decision(_warehouse()))
    except BusyError:
        _tell("warning", "此刻有另一次载入或切换正在进行，没有执行；请稍候再点一次。")
    except (ReleaseError, AuditError) as error:
        _tell("error", f"没有执行：{error}。")
    except OSError as error:
        _tell("error", f"没有执行：磁盘读写出错（{error.strerror}），请联系管理员。")


def _record(action: str, reason: str, release_id: str = "") -> None:
    """Write down who is about to change the data; AuditError when that cannot be written."""
    account = identity.read()
    if isinstance(account, Account):
        identity.record(account, action, PAGES["data"], reason=reason, release_id=release_id)


def _tell(kind: str, text: str) -> None:
    st.session_state[NOTICE] = (kind, text)


def _show_notice() -> None:
    kind, text = st.session_state.pop(NOTICE, ("", ""))
    if kind:
        {"success": st.success, "warning": st.warning, "error": st.error}[kind](plain_lines(text))
        # The box is out of sight for whoever has scrolled down to the history.
        st.toast(plain_lines(text), icon=TOAST_ICONS[kind])


def _files_table(files: Sequence[FileOutcome]) -> None:
    rows = pa.Table.from_pylist(
        [
            {
                "file": file.file,
                "sheet": file.sheet,
                "table_name": file.table,
                "mapping_name": file.mapping,
                "load_mode": (INCREMENTAL if file.is_incremental else FULL) if file.table else "",
                "read_count": file.rows_read,
                "loaded_count": file.loaded,
                "new_count": file.new,
                "changed_count": file.changed,
                "identical_count": file.identical,
                "refused_count": file.refused,
                "superseded_count": file.superseded,
                "flagged_count": file.flagged,
                "ignored_columns": "、".join(file.ignored_columns),
                "not_loaded_reason": file.reason,
            }
            for file in files
        ]
    )
    grid(rows, _filled(rows, FILE_COLUMNS))


def _changes_table(manifest: Manifest, before: Manifest | None) -> None:
    rows = []
    for name, entry in manifest.tables.items():
        if name in manifest.not_loaded or not (entry.rows or entry.files):
            continue
        was = before.tables[name].rows if before and name in before.tables else 0
        rows.append(
            {
                "table_name": name,
                "rows_before": was,
                "rows_after": entry.rows,
                "rows_difference": entry.rows - was,
            }
        )
    shown = ("table_name", "rows_before", "rows_after", "rows_difference")
    grid(pa.Table.from_pylist(rows), shown if before else shown[::2])
    for done in manifest.completed:
        st.caption(
            f"“{done.side_list}”按编号补充“{done.table}”："
            f"{done.rows:,} 行、{done.cases:,} 件，其中 {done.changed:,} 件因此不同于原表。"
        )
    completed = {done.table for done in manifest.completed}
    if kept := "、".join(t for t in map(table_title, manifest.not_loaded) if t not in completed):
        st.caption(f"沿用现用版本，不变：{kept}")


def _problems_table(release: Release, carried_over: Sequence[str]) -> None:
    rows = _problems(str(release.folder))
    earlier = pc.is_in(rows.column("table_name"), pa.array(carried_over, pa.string()))
    rows = rows.filter(pc.invert(earlier))
    if not rows.num_rows:
        st.info("没有被拒收或标记的行。", icon=":material/check_circle:")
        return
    height = "auto" if rows.num_rows <= ROWS_WITHOUT_SCROLLING else 320
    grid(rows, _filled(rows, PROBLEM_COLUMNS), height=height)


@st.cache_data(max_entries=20, show_spinner=False)
def _problems(folder: str) -> pa.Table:
    return problems_of(Path(folder), load_queries()["problem_examples"])


def _filled(rows: pa.Table, columns: Sequence[str]) -> list[str]:
    """The columns that say something: a text column without a text is left out."""
    return [c for c in columns if any(v != "" for v in rows.column(c).to_pylist())]


def _download(release: Release, key: str) -> None:
    """The report with every row as it was; names stand in it in the clear, so only where data are loaded."""
    report = release.folder / REPORT_CSV
    if report.is_file():
        downloads.button(
            "下载问题明细",
            f"问题明细 {release.release_id}",
            "csv",
            report.read_bytes,
            n=None,
            file_name=f"问题明细_{release.release_id}.csv",
            key=f"report_{key}",
            of_cases=True,
            icon=":material/download:",
        )
