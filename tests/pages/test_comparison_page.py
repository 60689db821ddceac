"""The page 横向比较 as Streamlit runs it: links, the sentence, tables against a count in plain Python."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fuqi.store import Warehouse
from tests.ledger import appeal, publish_ledger, subdistricts
from tests.pages.conftest import OpenPage
from tests.pages.plain_figures import Asked, PlainFigures

RETURNS = {"by": "比较承办单位", "measure": "退单率"}


def chosen(opened: AppTest) -> dict[str, Any]:
    return {box.key: box.value for box in opened.selectbox}


def sentence(opened: AppTest) -> str:
    (found,) = [m.value for m in opened.markdown if m.value.startswith("**")]
    return found.strip("*")


def comparison(opened: AppTest) -> list[dict[str, Any]]:
    return next(t.value for t in opened.dataframe if "rate_rank" in t.value).to_dict("records")


def headings(opened: AppTest) -> list[str]:
    specs = [json.loads(chart.proto.spec) for chart in opened.get("vega_lite_chart")]
    return [spec["title"]["text"] for spec in specs]


def test_the_page_opens_with_streets_and_the_rate_on_time(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page("comparison")

    assert not opened.exception
    assert [t.value for t in opened.title] == ["横向比较"]
    assert chosen(opened) == {
        "by": "比较街道",
        "measure": "按时办结率",
        "period": "本季度",
        "street": "全区",
        "category": "全部类型",
    }
    rows = comparison(opened)
    assert len(rows) == 10
    for row in rows:
        alone = figures.cards("resolution", Asked(street=row["compared_name"]))["按时办结率"]
        assert alone.value == f"{row['measured_rate']:.2f}%"
        assert alone.n == f"{row['numerator_count']:,} / {row['denominator_count']:,}"
        whole = figures.cards("resolution", Asked())["按时办结率"]
        assert whole.value == f"{row['district_rate']:.2f}%"


def test_the_sentence_counts_the_verdicts_of_the_table(open_page: OpenPage) -> None:
    opened = open_page("comparison")

    verdicts = [row["rate_verdict"] for row in comparison(opened)]
    below = verdicts.count("低于全区")
    assert below > 0
    assert sentence(opened).startswith(f"{len(verdicts)}个街道中，{below}个显著低于全区")


def test_a_link_chooses_what_is_compared_and_on_which_rate(
    open_page: OpenPage, figures: PlainFigures
) -> None:
    opened = open_page("comparison", **RETURNS)

    assert not opened.exception
    assert not opened.toast
    assert (chosen(opened)["by"], chosen(opened)["measure"]) == ("比较承办单位", "退单率")
    assert headings(opened)[:2] == [
        "退单率：承办单位比较",
        "退单率：承办单位比较（控制图）",
    ]
    received = [
        a
        for a in figures.rows("appeals")
        if not a["is_void"] and date(2023, 4, 1) <= a["received_at"].date() <= date(2023, 6, 28)
    ]
    assert {r["compared_name"]: r["denominator_count"] for r in comparison(opened)} == {
        unit: sum(a["unit_name"] == unit for a in received)
        for unit in {a["unit_name"] for a in received}
    }
    assert {r["compared_name"]: r["numerator_count"] for r in comparison(opened)} == {
        unit: sum(a["unit_name"] == unit and (a["returned_count"] or 0) > 0 for a in received)
        for unit in {a["unit_name"] for a in received}
    }
    assert "低者为好" in sentence(opened)


def test_choosing_on_the_page_writes_the_link(open_page: OpenPage) -> None:
    opened = open_page("comparison")

    opened.selectbox(key="by").select("比较承办单位").run()
    opened.selectbox(key="measure").select("退单率").run()

    in_link = {k: v if isinstance(v, str) else v[-1] for k, v in opened.query_params.items()}
    assert in_link == RETURNS
    by_link = open_page("comparison", **RETURNS)
    names = [row["compared_name"] for row in comparison(opened)]
    assert names == [row["compared_name"] for row in comparison(by_link)]
    assert sentence(opened) == sentence(by_link)


def test_a_default_asked_for_by_name_is_no_unknown_value(open_page: OpenPage) -> None:
    opened = open_page("comparison", by="比较街道", measure="按时办结率")

    assert not opened.toast
    assert "by" not in opened.query_params
    assert "measure" not in opened.query_params


def test_an_unknown_rate_shows_the_default_and_says_so(open_page: OpenPage) -> None:
    opened = open_page("comparison", by="比较干部", measure="打卡率")

    assert not opened.exception
    assert ["比较干部" in t.value or "打卡率" in t.value for t in opened.toast] == [True, True]
    assert chosen(opened)["measure"] == "按时办结率"


def test_a_chosen_street_narrows_units_and_not_streets(open_page: OpenPage) -> None:
    streets = open_page("comparison", street="福保街道")
    units = open_page("comparison", street="福保街道", by="比较社区")

    assert len(comparison(streets)) == 10
    captions = [c.value for c in streets.caption if c.value.startswith("共 10 行")]
    assert ["全区" in c for c in captions] == [True, True]
    assert len(comparison(units)) < 92
    assert {row["rate_verdict"] for row in comparison(units)} <= {
        "高于福保街道",
        "低于福保街道",
        "与福保街道无显著差异",
        "样本不足",
        "无应计",
    }


def test_each_change_is_that_of_the_two_rates_beside_it(open_page: OpenPage) -> None:
    opened = open_page("comparison")

    table = next(t.value for t in opened.dataframe if "change_points" in t.value)
    rows = table.to_dict("records")
    assert [row["measure"] for row in rows][:2] == ["按时办结率", "当日响应率"]
    for row in rows:
        now = row["numerator_count"] / row["denominator_count"]
        before = row["previous_numerator_count"] / row["previous_denominator_count"]
        assert row["change_points"] == pytest.approx(100 * (now - before))
        assert row["change_low_points"] < row["change_points"] < row["change_high_points"]
    closed = next(row for row in rows if row["measure"] == "办结率")
    still_open = closed["denominator_count"] - closed["numerator_count"]
    assert any(f"本期还有 {still_open:,} 件未办结" in c.value for c in opened.caption)


def test_a_release_without_rows_says_there_is_nothing_to_compare(
    open_page: OpenPage, use_warehouse: Callable[[Path], None], tmp_path: Path
) -> None:
    publish_ledger(tmp_path, {"subdistricts": subdistricts("福保街道", "华强北街道")})
    use_warehouse(tmp_path)

    opened = open_page("comparison")

    assert not opened.exception
    assert (
        sentence(opened) == "没有街道达到30件的最低样本数，不作比较（另有2个无应计，不参加排名）。"
    )
    by_unit = open_page("comparison", by="比较承办单位")
    assert not by_unit.exception
    assert [i.value for i in by_unit.info] == ["这段时间没有受理诉求，请放宽筛选条件。"]


def test_a_rate_whose_column_no_export_had_cannot_be_computed(
    open_page: OpenPage, use_warehouse: Callable[[Path], None], tmp_path: Path
) -> None:
    rows = [appeal(n, datetime(2023, 6, 1, 9)) for n in range(40)]
    publish_ledger(tmp_path, {"subdistricts": subdistricts("福保街道"), "appeals": rows})
    manifest = tmp_path / "releases" / str(Warehouse(tmp_path).current_id()) / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["tables"]["appeals"]["columns"] = ["appeal_id", "received_at"]
    manifest.write_text(json.dumps(content), encoding="utf-8")
    use_warehouse(tmp_path)

    opened = open_page("comparison", measure="退单率")

    assert not opened.exception
    assert ["退单率不可算" in i.value and "退单次数" in i.value for i in opened.info] == [True]
    assert not [t for t in opened.dataframe if "rate_rank" in t.value]


def test_headings_of_charts_and_tables_are_chinese(open_page: OpenPage) -> None:
    opened = open_page("comparison", **RETURNS)

    shown = headings(opened)
    for table in opened.dataframe:
        configured = json.loads(table.proto.columns or "{}")
        shown += [configured[column]["label"] for column in table.value.columns]
    assert len(shown) > 20
    assert not [text for text in shown if re.search(r"[A-Za-z]{3,}", text)]


def test_a_period_with_nothing_before_it_is_not_compared_with_the_one_before(
    open_page: OpenPage,
) -> None:
    opened = open_page("comparison", period="启动以来")

    assert [i.value for i in opened.info] == ["上期没有受理诉求，不作前后比较。"]
    assert "较上期的变化" not in headings(opened)
