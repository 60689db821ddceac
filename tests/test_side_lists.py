"""Side lists (延期, 回访, 超时): they join the appeals by number, whatever comes first, and never in silence."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fuqi import contract
from fuqi.intake import IntakeError, Outcome, run
from fuqi.intake.recognise import recognise
from fuqi.store import Database
from fuqi.store.releases import Warehouse
from tests.intake_rows import published, reported
from tests.small_exports import CLOSED, OPEN, ROWS, write_csv, write_small_exports

A, B = CLOSED["工单编号"], OPEN["工单编号"]
CASE = ("appeal_id", "due_at", "extension_count", "outcome", "rating", "is_marked_overdue")


def loaded(
    folder: Path, warehouse: Warehouse, name: str, *rows: dict[str, str], **how: Any
) -> Outcome:
    """Load one list alone."""
    file = write_csv(folder / f"{name}.csv", list(rows))
    outcome = run(file, warehouse, **how)
    file.unlink()
    return outcome


def column(outcome: Outcome, name: str) -> dict[str, Any]:
    """One column of the appeals by number."""
    return dict(published(outcome, "appeals", f"appeal_id, {name}"))


def doubts(outcome: Outcome) -> list[tuple[int | None, str, str, str]]:
    return [
        (d["row"], d["column_title"], d["value"], d["reason"]) for d in reported(outcome, "flagged")
    ]


# ---------------------------------------------------------------- what a list is


@pytest.mark.parametrize(
    ("headers", "names", "table"),
    [
        (["工单编号", "延期后时限"], [], "appeal_extensions"),
        (["工单编号", "延期理由", "延期次数"], [], "appeal_extensions"),
        (["序号", "工单编号", "标题", "所属街道", "承办单位", "延期理由"], [], "appeal_extensions"),
        (["工单编号", "超时时长"], [], "appeal_overdue_marks"),
        (["工单编号", "回访时间", "是否解决", "是否满意", "意见"], [], "appeal_follow_ups"),
        (["工单编号"], ["超时清单.xlsx"], "appeal_overdue_marks"),
        (["任务号", "延期次数"], ["七月.xlsx", "延期"], "appeal_extensions"),
        (["工单编号", "延期次数"], ["七月.xlsx"], "appeals"),
        # The ledger stays the ledger, with a column too few or with one of a list's.
        (["工单编号", "所属街道", "受理时间", "延期次数", "延期理由"], ["延期"], "appeals"),
        ([*OPEN, "延期理由", "回访时间"], ["延期和回访"], "appeals"),
    ],
)  # fmt: skip
def test_list_is_known_by_its_headers_or_by_its_name(headers, names, table):
    found = recognise([headers, ["x"] * len(headers)], contract.load(), None, names)
    assert found.table.name == table


# ---------------------------------------------------------------- 延期


def test_extension_moves_the_deadline_and_is_counted(warehouse, today):
    outcome = loaded(
        today,
        warehouse,
        "延期",
        {"工单编号": B, "延期后时限": "2023-07-05"},
        {"工单编号": B, "延期后时限": "2023-07-03 12:00:00"},
        {"工单编号": B, "延期后时限": "2023-07-03 12:00:00"},
    )
    assert column(outcome, "due_at") == {
        A: datetime(2023, 5, 9, 18), B: datetime(2023, 7, 5, 23, 59, 59)
    }  # fmt: skip
    assert column(outcome, "extension_count") == {A: 0, B: 2}
    (file,) = outcome.files
    assert (file.table, file.rows_read, file.loaded, file.superseded) == (
        "appeal_extensions",
        3,
        2,
        1,
    )
    assert "延期清单补充“企业诉求工单”：2 行、1 件，其中 1 件因此不同于原表" in outcome.summary()
    assert doubts(outcome) == []


def test_count_that_the_list_states_counts_where_it_is_higher(warehouse, today):
    row = {"工单编号": B, "延期后时限": "2023-07-05", "延期次数": "3"}
    assert column(loaded(today, warehouse, "延期", row), "extension_count")[B] == 3


def test_deadline_before_that_of_the_ledger_is_flagged_and_does_not_count(warehouse, today):
    outcome = loaded(today, warehouse, "延期", {"工单编号": B, "延期后时限": "2023-06-29"})
    assert column(outcome, "due_at")[B] == datetime(2023, 6, 30, 18)
    assert doubts(outcome) == [
        (2, "延期后时限", "2023-06-29", "延期后时限早于工单现有时限，按较晚的时限计")
    ]


def test_number_that_no_appeal_has_is_refused_by_row_and_value(warehouse, today):
    outcome = loaded(
        today,
        warehouse,
        "延期",
        {"工单编号": "SQ404", "延期后时限": "2023-07-05"},
        {"工单编号": B, "延期后时限": "2023-07-05"},
    )
    (problem,) = reported(outcome, "refused")
    named = ("table_name", "file", "row", "column_title", "value", "reason")
    assert tuple(problem[name] for name in named) == (
        "appeal_extensions", "延期.csv", 2, "工单编号", "SQ404", "“企业诉求工单”表中没有这一项",
    )  # fmt: skip
    assert outcome.files[0].refused == 1
    assert column(outcome, "extension_count")[B] == 1


# ---------------------------------------------------------------- 回访


def follow_up(number: str, at: str, outcome: str = "", rating: str = "") -> dict[str, str]:
    return {"工单编号": number, "回访时间": at, "是否解决": outcome, "是否满意": rating}


def test_newest_follow_up_since_the_closing_goes_before_the_ledger_and_is_told(warehouse, today):
    outcome = loaded(
        today,
        warehouse,
        "回访",
        follow_up(A, "2023-05-10 09:00", "否", "否"),
        follow_up(A, "2023-05-20 09:00", "", "一般"),
    )
    assert column(outcome, "(outcome, rating)")[A] == ("未解决", "基本满意")
    assert doubts(outcome) == [
        (2, "是否解决", "否", "回访与工单的办理结果不同，已采用回访"),
        (3, "是否满意", "一般", "回访与工单的满意度不同，已采用回访"),
    ]


def test_follow_up_before_the_closing_or_of_an_open_case_is_not_used(warehouse, today):
    outcome = loaded(
        today,
        warehouse,
        "回访",
        follow_up(A, "2023-05-05", "否", "不满意"),
        follow_up(B, "2023-06-28", "是", "满意"),
    )
    assert column(outcome, "(outcome, rating)") == {A: ("解决", "满意"), B: (None, None)}
    assert [(row, reason) for row, _, _, reason in doubts(outcome)] == [
        (2, "回访早于工单办结，未采用"), (3, "工单未办结，回访结果未采用"),
    ]  # fmt: skip


def test_follow_up_without_a_time_only_fills_what_is_empty(tmp_path, today):
    exports = write_small_exports(tmp_path / "e")
    write_csv(exports / "诉求.csv", [{**CLOSED, "满意度": ""}, OPEN])
    warehouse = Warehouse(tmp_path / "w")
    run(exports, warehouse)
    outcome = loaded(today, warehouse, "回访", follow_up(A, "", "否", "是"))
    assert column(outcome, "(outcome, rating)")[A] == ("解决", "满意")
    assert [reason for *_, reason in doubts(outcome)] == [
        "回访没有时间，与工单的办理结果不同，未采用"
    ]


def test_not_rated_is_no_rating(warehouse, today):
    outcome = loaded(today, warehouse, "回访", follow_up(A, "2023-05-10", "是", "未评价"))
    assert column(outcome, "(outcome, rating)")[A] == ("解决", "满意")
    assert doubts(outcome) == []
    outcome = loaded(today, warehouse, "回访", follow_up(A, "2023-05-10", "是", "很好"))
    assert [p["reason"] for p in reported(outcome, "refused")] == [
        "取值应为：满意、基本满意、不满意"
    ]


# ---------------------------------------------------------------- 超时


def test_mark_is_kept_beside_our_own_judgement_and_disagreement_is_flagged(tmp_path, today):
    exports = write_small_exports(tmp_path / "e")
    late = {**OPEN, "工单编号": "LATE", "办结时限": "2023-06-28 12:00:00"}
    void = {**late, "工单编号": "VOID", "是否作废": "是"}
    unlisted = {**late, "工单编号": "UNLISTED"}
    closed_late = {**CLOSED, "工单编号": "CLOSED-LATE", "办结时限": "2023-05-05"}
    no_deadline = {**OPEN, "工单编号": "NO-DEADLINE", "办结时限": ""}
    write_csv(exports / "诉求.csv", [CLOSED, OPEN, late, void, unlisted, closed_late, no_deadline])
    warehouse = Warehouse(tmp_path / "w")
    assert set(column(run(exports, warehouse), "is_marked_overdue").values()) == {None}
    marks = [{"工单编号": number} for number in ("LATE", B, "CLOSED-LATE", "NO-DEADLINE")]
    outcome = loaded(today, warehouse, "超时清单", *marks)
    assert column(outcome, "is_marked_overdue") == {
        A: False, B: True, "LATE": True, "VOID": False, "UNLISTED": False, "CLOSED-LATE": True,
        "NO-DEADLINE": True,
    }  # fmt: skip
    assert doubts(outcome) == [
        (None, "工单编号", "UNLISTED", "按办结时限已超时且未办结，不在超时清单中"),
        (3, "工单编号", B, "上游标记超时，按办结时限未超时"),
    ]
    assert "1 × 按办结时限已超时且未办结，不在超时清单中" in outcome.summary()


def test_list_of_overdue_cases_replaces_the_one_before_even_in_an_incremental_load(
    warehouse, today
):
    loaded(today, warehouse, "超时", {"工单编号": A, "超时时长": "1天"})
    outcome = loaded(today, warehouse, "超时", {"工单编号": B, "超时时长": "1天"}, incremental=True)
    assert column(outcome, "is_marked_overdue") == {A: False, B: True}
    outcome = loaded(today, warehouse, "超时", {"工单编号": B, "是否超时": "否", "超时时长": ""})
    assert column(outcome, "is_marked_overdue") == {A: False, B: False}


def test_judgement_counts_the_extension_that_came_with_the_list(warehouse, today):
    write_csv(today / "延期.csv", [{"工单编号": A, "延期后时限": "2023-05-20"}])
    write_csv(today / "超时.csv", [{"工单编号": A, "超时时长": "1天"}])
    ours = {**CLOSED, "办结时限": "2023-05-05"}
    write_csv(today / "诉求.csv", [ours, OPEN])
    outcome = run(today, warehouse)
    assert doubts(outcome) == [(2, "工单编号", A, "上游标记超时，按办结时限未超时")]


# ---------------------------------------------------------------- with other loads


EXTENSION = {"工单编号": B, "延期后时限": "2023-07-05 18:00:00", "延期理由": "联系13800001111"}


def test_what_a_list_did_stays_when_the_ledger_comes_again(warehouse, today):
    loaded(today, warehouse, "延期", EXTENSION)
    for how in ({}, {"incremental": True}):
        write_csv(today / "诉求.csv", [CLOSED, {**OPEN, "诉求标题": f"新{len(how)}"}])
        outcome = run(today, warehouse, **how)
        assert column(outcome, "due_at")[B] == datetime(2023, 7, 5, 18)
        assert column(outcome, "title")[B] == f"新{len(how)}"
        (file,) = outcome.files
        assert (file.identical, file.changed) == (1, 1)


def test_ledger_that_says_the_same_as_before_the_list_is_no_change(warehouse, today):
    release = loaded(today, warehouse, "延期", EXTENSION).release
    write_csv(today / "诉求.csv", [CLOSED, OPEN])
    outcome = run(today, warehouse, incremental=True)
    assert outcome.files[0].identical == 2
    for name in ("appeals", "appeals_as_exported", "appeal_extensions"):
        assert (
            outcome.release.table_path(name).stat().st_ino == release.table_path(name).stat().st_ino
        )


def test_same_row_again_is_no_second_extension_though_it_has_no_time(warehouse, today):
    loaded(today, warehouse, "延期", EXTENSION)
    outcome = loaded(today, warehouse, "延期", EXTENSION)
    assert outcome.files[0].identical == 1
    assert column(outcome, "extension_count")[B] == 1


def test_events_of_a_list_add_up_and_a_full_load_takes_them_back(warehouse, today):
    loaded(today, warehouse, "延期", EXTENSION)
    outcome = loaded(today, warehouse, "延期", {**EXTENSION, "延期后时限": "2023-07-09 18:00:00"})
    assert column(outcome, "extension_count")[B] == 2
    (today / "source.toml").write_text('[[files]]\npattern = "*"\nload = "full"\n', "utf-8")
    again = {**EXTENSION, "工单编号": A}
    with pytest.raises(IntakeError, match="“延期清单”（appeal_extensions）现有 2 行"):
        loaded(today, warehouse, "延期", again)
    outcome = loaded(today, warehouse, "延期", again, max_lost_share=1.0)
    assert column(outcome, "(extension_count, due_at)") == {
        A: (1, datetime(2023, 7, 5, 18)), B: (0, datetime(2023, 6, 30, 18)),
    }  # fmt: skip


def test_list_that_comes_with_a_ledger_without_news_counts(warehouse, today):
    write_csv(today / "诉求.csv", [CLOSED, OPEN])
    write_csv(today / "延期.csv", [EXTENSION])
    outcome = run(today, warehouse, incremental=True)
    assert column(outcome, "extension_count") == {A: 0, B: 1}
    assert [file.identical for file in outcome.files if file.table == "appeals"] == [2]


def test_list_comes_with_the_first_load_of_all(tmp_path):
    exports = write_small_exports(tmp_path / "e")
    write_csv(exports / "延期清单.csv", [EXTENSION])
    outcome = run(exports, Warehouse(tmp_path / "w"))
    assert column(outcome, "extension_count") == {A: 0, B: 1}
    assert "appeal_extensions" not in outcome.carried_over


def test_list_without_a_ledger_is_no_first_load(tmp_path, today):
    with pytest.raises(IntakeError, match="缺少必需的表"):
        loaded(today, Warehouse(tmp_path / "w"), "延期", EXTENSION)


def test_list_of_another_shape_comes_by_a_mapping_file(warehouse, today):
    mapping = today / "overdue.toml"
    mapping.write_text(
        'table = "appeal_overdue_marks"\n[columns]\nappeal_id = "Case"\n', encoding="utf-8"
    )
    outcome = loaded(today, warehouse, "cases", {"Case": A}, mapping=mapping)
    assert column(outcome, "is_marked_overdue") == {A: True, B: False}


def test_release_made_before_there_were_lists_is_read(warehouse, today):
    release = warehouse.current()
    path = release.table_path("appeals")
    table = pq.read_table(path).drop_columns(["is_marked_overdue"])
    path.unlink()
    pq.write_table(table, path)
    stations = write_csv(today / "服务站.csv", ROWS["服务站"])
    assert column(run(stations, warehouse), "is_marked_overdue") == {A: None, B: None}


def test_columns_that_lists_fill_are_no_longer_absent(tmp_path, today):
    exports = write_small_exports(tmp_path / "e")
    names = ("工单编号", "诉求类型", "所属街道", "受理时间", "办结时间")
    write_csv(exports / "诉求.csv", [{n: row[n] for n in names} for row in (CLOSED, OPEN)])
    warehouse = Warehouse(tmp_path / "w")
    asked = ("rating", "outcome", "due_at", "extension_count", "is_marked_overdue")

    def absent() -> tuple[str, ...]:
        return warehouse.current().manifest.tables["appeals"].absent(*asked)

    run(exports, warehouse)
    assert absent() == asked
    loaded(today, warehouse, "回访", {"工单编号": A, "回访时间": "2023-06-01", "满意度": "满意"})
    assert absent() == ("outcome", "due_at", "extension_count", "is_marked_overdue")
    loaded(today, warehouse, "延期", EXTENSION)
    # A deadline of the extended cases alone is none for the others.
    assert absent() == ("outcome", "due_at", "is_marked_overdue")
    run(exports, warehouse)
    assert absent() == ("outcome", "due_at", "is_marked_overdue")


def test_reasons_of_extensions_are_shown_with_phone_numbers_masked(warehouse, today):
    database = Database(loaded(today, warehouse, "延期", EXTENSION).release)
    cursor = database._connection.cursor()
    assert cursor.execute("select reason from appeal_extensions").fetchall() == [
        ("联系138****1111",)
    ]
    database.close()


# ---------------------------------------------------------------- against plain Python


def expected_cases(ledger, extensions, follow_ups, marks):
    """The same by hand: the appeals as a person would complete them from the lists, case by case."""
    cases = {}
    for row in ledger:
        number = row["appeal_id"]
        mine = {(due, at): count for n, due, at, count in extensions if n == number}
        due, count = row["due_at"], row["extension_count"]
        if mine:
            due = max(
                [d for d, _ in mine if d] + [due] if due else [d for d, _ in mine if d],
                default=None,
            )
            count = max(count or 0, len(mine), *(c or 0 for c in mine.values()))
        outcome, rating = row["outcome"], row["rating"]
        if row["closed_at"]:
            later = sorted(f for f in follow_ups if f[0] == number and f[1] >= row["closed_at"])
            outcome = next((o for _, _, o, _ in reversed(later) if o), outcome)
            rating = next((r for _, _, _, r in reversed(later) if r), rating)
        cases[number] = (due, count, outcome, rating, number in marks)
    return cases


@pytest.mark.parametrize("seed", range(4))
def test_lists_in_any_order_complete_the_ledger_as_a_person_would(tmp_path, warehouse, today, seed):
    chance = random.Random(seed)  # noqa: S311 - the same lists in every run
    day = datetime(2023, 5, 1)

    def moment(start: int, end: int) -> datetime:
        return day + timedelta(hours=chance.randrange(24 * start, 24 * end))

    ledger = []
    for number in range(30):
        closed = chance.choice([None, moment(3, 10)])
        ledger.append(
            {
                "appeal_id": f"C{number:02d}",
                "closed_at": closed,
                "due_at": chance.choice([None, moment(5, 20)]),
                "extension_count": chance.choice([None, 0, 1]),
                "outcome": chance.choice([None, "解决", "未解决"]) if closed else None,
                "rating": chance.choice([None, "满意", "不满意"]),
            }
        )
    numbers = [row["appeal_id"] for row in ledger]
    extensions = {
        (chance.choice(numbers), moment(5, 30), moment(2, 20)): chance.choice([None, 1, 4])
        for _ in range(25)
    }
    extensions = [(*key, count) for key, count in extensions.items()]
    follow_ups = {
        (chance.choice(numbers), moment(2, 20)): (
            chance.choice([None, "解决", "部分解决"]), chance.choice([None, "满意", "基本满意"])
        )
        for _ in range(40)
    }  # fmt: skip
    follow_ups = [(*key, *said) for key, said in follow_ups.items()]
    marks = chance.sample(numbers, 7)

    appeal = {name: OPEN[name] for name in ("诉求类型", "所属街道", "受理时间")}
    appeals = [
        {
            **appeal,
            "受理时间": "2023-05-01",
            "工单编号": row["appeal_id"],
            "办结时间": text(row["closed_at"]),
            "办结时限": text(row["due_at"]),
            "延期次数": text(row["extension_count"]),
            "办理结果": text(row["outcome"]),
            "满意度": text(row["rating"]),
        }
        for row in ledger
    ]
    parts = [
        ("诉求", appeals[:20]),
        ("诉求", appeals[10:]),
        ("延期", [lined("工单编号 延期后时限 延期时间 延期次数", row) for row in extensions]),
        ("回访", [lined("工单编号 回访时间 是否解决 是否满意", row) for row in follow_ups]),
        ("超时", [{"工单编号": number} for number in marks]),
    ]
    write_csv(today / "诉求.csv", appeals)
    run(today, warehouse, max_lost_share=1.0)
    chance.shuffle(parts)
    for name, rows in parts:
        outcome = loaded(today, warehouse, name, *rows, incremental=True)
        assert outcome.files[0].refused == 0
    found = published(outcome, "appeals", ", ".join(CASE))
    wanted = expected_cases(ledger, extensions, follow_ups, marks)
    assert {number: tuple(rest) for number, *rest in found} == wanted


def text(value: object) -> str:
    return "" if value is None else str(value)


def lined(headers: str, row: tuple[object, ...]) -> dict[str, str]:
    return dict(zip(headers.split(), map(text, row), strict=True))
