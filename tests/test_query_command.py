"""`python -m fuqi query`: one query on a folder of exports, nothing else touched."""

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fuqi import cli, paths
from tests.small_exports import write_csv, write_small_exports

HOTLINE = {
    "临渭": (212, 208, 98), "蒲城": (127, 126, 99), "富平": (114, 113, 99), "高新": (99, 99, 100),
    "合阳": (90, 90, 100), "大荔": (79, 79, 100), "华州": (56, 55, 98), "澄城": (53, 53, 100),
    "白水": (45, 45, 100), "韩城": (36, 34, 94), "华阴": (27, 26, 96), "潼关": (25, 25, 100),
    "经开": (16, 16, 100), "卤管委": (4, 4, 100),
}  # fmt: skip
"""Published by the hotline of Weinan for the fourth quarter of 2021: received, closed, printed percentage."""
QUARTER = ("--start", "2021-10-01", "--end", "2021-12-31")
FIRST = datetime(2021, 10, 1, 9)


def appeal(number: int, unit: str, received: datetime = FIRST, **columns: str) -> dict[str, str]:
    """One row as an appeals system exports it, under the contract's Chinese headers."""
    return {
        "工单编号": f"{number:05d}",
        "诉求类型": "咨询",
        "所属街道": unit,
        "受理时间": f"{received:%Y-%m-%d %H:%M:%S}",
        "办结时间": "",
    } | columns


def hotline_rows() -> list[dict[str, str]]:
    rows = []
    for unit, (received, closed, _) in HOTLINE.items():
        for number in range(received):
            at = FIRST + timedelta(hours=2 * number)
            closed_at = f"{at + timedelta(days=1):%Y-%m-%d %H:%M:%S}" if number < closed else ""
            rows.append(appeal(len(rows), unit, at, 办结时间=closed_at))
    return rows


@pytest.fixture(scope="module")
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hotline")
    write_csv(folder / "工单.csv", hotline_rows())
    return folder


@pytest.fixture
def untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for the dashboard's warehouse; the test ends with it still empty."""
    folder = tmp_path / "warehouse"
    monkeypatch.setattr(paths, "WAREHOUSE", folder)
    yield folder
    assert not folder.exists()


@pytest.fixture
def query(capsys: pytest.CaptureFixture, untouched: Path):
    """Runs the command: exit code, what it wrote to stdout, what to stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["query", *map(str, arguments)])
        written = capsys.readouterr()
        return code, written.out, written.err

    return run


@pytest.fixture
def rows(query):
    """The rows of a question that must succeed."""

    def run(*arguments: object) -> list[dict[str, str]]:
        code, out, err = query(*arguments)
        assert code == 0, err
        return list(csv.DictReader(io.StringIO(out)))

    return run


def settings_file(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


# ---------------------------------------------------------------- published tables


def test_published_table_comes_out_under_truncation(rows, hotline, tmp_path):
    cut = settings_file(tmp_path, 'rounding = "truncate"')
    found = rows(
        "resolution_by_subdistrict", "--data", hotline, *QUARTER,
        "--settings", cut, "--percent", "--digits", 0,
    )  # fmt: skip
    assert {
        r["subdistrict_name"]: (
            int(r["received_count"]), int(r["closed_count"]), r["closed_rate"],
        )
        for r in found
    } == {unit: (n, closed, f"{rate}%") for unit, (n, closed, rate) in HOTLINE.items()}  # fmt: skip


def test_total_of_the_published_table_is_cut_off_too(rows, hotline, tmp_path):
    asked = ("resolution_totals", "--data", hotline, *QUARTER, "--percent", "--digits", 0)
    (rounded,) = rows(*asked)
    (cut,) = rows(*asked, "--settings", settings_file(tmp_path, 'rounding = "truncate"'))
    assert (rounded["received_count"], rounded["closed_count"]) == ("983", "973")
    assert (rounded["closed_rate"], cut["closed_rate"]) == ("99%", "98%")


def test_rates_are_written_in_full_precision(rows, hotline):
    found = rows("resolution_by_subdistrict", "--data", hotline, *QUARTER)
    assert {r["subdistrict_name"]: float(r["closed_rate"]) for r in found} == {
        unit: closed / n for unit, (n, closed, _) in HOTLINE.items()
    }


# ---------------------------------------------------------------- forms


def test_the_three_forms_hold_the_same_rows(query, hotline):
    asked = ("resolution_by_subdistrict", "--data", hotline, *QUARTER)
    _, text, _ = query(*asked, "--format", "json")
    _, as_csv, _ = query(*asked)
    _, table, _ = query(*asked, "--format", "table")
    objects = json.loads(text)
    lines = list(csv.DictReader(io.StringIO(as_csv)))
    assert [o["closed_rate"] for o in objects] == [float(r["closed_rate"]) for r in lines]
    assert [o["subdistrict_name"] for o in objects] == [r["subdistrict_name"] for r in lines]
    header, *body = table.splitlines()
    assert header.split() == list(objects[0])
    assert [line.split()[1] for line in body] == [o["subdistrict_name"] for o in objects]


def test_moments_are_iso_and_what_is_not_known_is_empty(rows, tmp_path):
    write_csv(tmp_path / "a.csv", [appeal(1, "高新", 办结时间="2021-10-02 08:00:01")])
    (case,) = rows("judged_cases", "--data", tmp_path / "a.csv", "--as-of", "2021-12-31")
    assert case["received_at"] == "2021-10-01T09:00:00"
    assert case["closed_at"] == "2021-10-02T08:00:01"
    assert (case["rating"], case["is_closed"]) == ("", "true")


def test_output_goes_to_the_file_named(query, hotline, tmp_path):
    file = tmp_path / "out.csv"
    code, out, _ = query("resolution_totals", "--data", hotline, *QUARTER, "--output", file)
    assert (code, out) == (0, "")
    assert file.read_text(encoding="utf-8").startswith("received_count,")


def test_only_rows_go_to_stdout(query, hotline):
    _, out, err = query("resolution_totals", "--data", hotline, *QUARTER)
    assert len(out.splitlines()) == 2
    assert "载入 983 行" in err


# ---------------------------------------------------------------- folders as people have them


def test_unit_under_a_mistaken_row_is_told_and_the_others_counted(query, tmp_path):
    write_csv(
        tmp_path / "a.csv",
        [
            appeal(1, "高新"),
            appeal(2, "高新", 办结时间="2021-09-30 09:00:00"),
            appeal(3, "高新", 办结时间="昨天"),
        ],
    )
    code, out, err = query("resolution_totals", "--data", tmp_path, *QUARTER, "--format", "json")
    assert (code, json.loads(out)[0]["received_count"]) == (0, 1)
    assert "拒收：a.csv 第3行" in err and "办结时间早于受理时间" in err
    assert "第4行，办结时间 = 昨天" in err


def test_rows_of_several_files_count_together(rows, tmp_path):
    write_csv(tmp_path / "十月.csv", [appeal(1, "高新"), appeal(2, "临渭")])
    write_csv(tmp_path / "十一月.csv", [appeal(3, "高新", datetime(2021, 11, 2, 9))])
    found = rows("resolution_by_subdistrict", "--data", tmp_path, *QUARTER)
    assert {r["subdistrict_name"]: r["received_count"] for r in found} == {"高新": "2", "临渭": "1"}


def test_source_file_of_the_folder_is_obeyed(query, tmp_path):
    write_csv(tmp_path / "a.csv", [appeal(1, "高新")])
    (tmp_path / "source.toml").write_text("exported_at = 2021-12-05 10:00:00\n", encoding="utf-8")
    _, _, err = query("resolution_totals", "--data", tmp_path, *QUARTER)
    assert "截至 2021-12-05 10:00:00 判定" in err


def test_whole_exports_are_judged_against_their_own_registers(query, tmp_path):
    folder = write_small_exports(tmp_path / "exports")
    write_csv(folder / "诉求.csv", [appeal(1, "福保"), appeal(2, "高新")])
    _, out, err = query("resolution_by_subdistrict", "--data", folder, "--start", "2021-10-01")
    found = {r["subdistrict_name"]: r["received_count"] for r in csv.DictReader(io.StringIO(out))}
    assert found == {"福保街道": "1", "华强北街道": "0"}
    assert "诉求.csv 第3行，所属街道 = 高新" in err


def test_limits_of_the_settings_give_a_folder_its_deadlines(rows, tmp_path):
    write_csv(
        tmp_path / "a.csv",
        [
            appeal(1, "高新", 诉求类型="政策咨询", 办结时限="", 办结时间="2021-10-02 09:00:00"),
            appeal(2, "高新", 诉求类型="政策咨询", 办结时限="", 办结时间="2021-10-02 09:00:01"),
        ],
    )
    (total,) = rows("resolution_totals", "--data", tmp_path, *QUARTER)
    assert (total["due_count"], total["on_time_count"]) == ("2", "1")
    assert total["worked_out_deadline_count"] == "2"


def test_without_the_column_of_a_deadline_on_time_is_empty_and_told(query, tmp_path):
    write_csv(tmp_path / "a.csv", [appeal(1, "高新", 办结时间="2021-10-02 09:00:00")])
    _, out, err = query("resolution_by_subdistrict", "--data", tmp_path, *QUARTER)
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["on_time_rate"], row["closed_rate"]) == ("", "1.0")
    _, out, err = query("resolution_totals", "--data", tmp_path, *QUARTER)
    (total,) = csv.DictReader(io.StringIO(out))
    assert (total["on_time_rate"], total["rated_rate"], total["redone_case_count"]) == ("", "", "")
    assert "不可算：按时办结率（on_time_rate），数据里没有列 办结时限" in err


def test_export_that_never_says_closed_has_no_closed_rate(rows, tmp_path):
    row = appeal(1, "高新")
    del row["办结时间"]
    write_csv(tmp_path / "a.csv", [row])
    (unit,) = rows("resolution_by_subdistrict", "--data", tmp_path, *QUARTER)
    assert (unit["received_count"], unit["closed_count"], unit["closed_rate"]) == ("1", "", "")


# ---------------------------------------------------------------- period and moment


def test_without_a_period_everything_in_the_folder_counts(rows, hotline):
    (total,) = rows("resolution_totals", "--data", hotline)
    assert total["received_count"] == "983"


def test_last_day_of_the_period_counts(rows, tmp_path):
    write_csv(
        tmp_path / "a.csv",
        [
            appeal(1, "高新", datetime(2021, 12, 31, 23, 59, 59)),
            appeal(2, "高新", datetime(2022, 1, 1)),
            appeal(3, "高新", datetime(2021, 9, 30, 23, 59, 59)),
        ],
    )
    (total,) = rows("resolution_totals", "--data", tmp_path, *QUARTER)
    assert total["received_count"] == "1"


def test_day_as_moment_means_its_end(rows, tmp_path):
    write_csv(
        tmp_path / "a.csv",
        [
            appeal(1, "高新", 办结时间="2021-12-31 23:59:59"),
            appeal(2, "高新", 办结时间="2022-01-01 00:00:00"),
        ],
    )
    judged = ("resolution_totals", "--data", tmp_path, *QUARTER, "--as-of")
    assert rows(*judged, "2021-12-31")[0]["closed_count"] == "1"
    assert rows(*judged, "2021-12-31T23:59:58")[0]["closed_count"] == "0"
    assert rows(*judged, "2021-12-31T16:00:00+00:00")[0]["closed_count"] == "2"


def test_later_moment_than_the_data_makes_open_cases_late(rows, tmp_path):
    write_csv(tmp_path / "a.csv", [appeal(1, "高新", 办结时限="2021-10-20")])
    judged = ("resolution_totals", "--data", tmp_path, *QUARTER)
    assert rows(*judged)[0]["due_count"] == "0"
    assert rows(*judged, "--as-of", "2021-10-21")[0]["due_count"] == "1"


def test_the_example_of_the_readme_runs(query, tmp_path, monkeypatch):
    readme = (paths.PROJECT / "README.md").read_text(encoding="utf-8")
    example = readme.partition("$ cat appeals.csv\n")[2].partition("```")[0]
    content, _, command = example.partition("$ python -m fuqi query ")
    monkeypatch.chdir(tmp_path)
    Path("appeals.csv").write_text(content, encoding="utf-8")
    code, out, err = query(*command.replace("\\\n", " ").split())
    assert code == 0, err
    names, values = (line.split() for line in out.splitlines())
    shown = dict(zip(names, values, strict=True))
    assert (shown["received_count"], shown["on_time_rate"]) == ("2", "50.00%")


# ---------------------------------------------------------------- what cannot be asked


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["resolution_by_streets"], "resolution_by_subdistrict"),
        (["resolution_totals", "--param", "min_n=3"], "没有参数 min_n"),
        (["resolution_by_subdistrict", "--subdistrict", "高新"], "没有参数 subdistrict"),
        (["resolution_by_subdistrict", "--param", "min_n=many"], "参数 min_n 是 'many'，应为整数"),
        (["resolution_time_distribution"], "还需要参数 longest_days"),
        (["resolution_time_distribution", "--param", "longest_days=x"], "longest_days"),
        (["resolution_totals", "--subdistrict", "福田"], "数据里没有街道“福田”"),
        (["resolution_totals", "--category", "投诉"], "有：咨询"),
        (["resolution_totals", "--start", "2022-01-01", "--end", "2021-01-01"], "晚于截止日期"),
        (["resolution_totals", "--settings", "none/of/these.toml"], "these.toml"),
    ],
)
def test_question_that_cannot_be_asked_says_why(query, tmp_path, arguments, named):
    write_csv(tmp_path / "a.csv", [appeal(1, "高新")])
    code, out, err = query(*arguments, "--data", tmp_path)
    assert (code, out) == (1, "")
    assert named in err


def test_empty_folder_says_so(query, tmp_path):
    code, _, err = query("resolution_totals", "--data", tmp_path)
    assert code == 1 and "里没有文件" in err


def test_folder_that_is_not_there_says_so(query, tmp_path):
    code, _, err = query("resolution_totals", "--data", tmp_path / "gone")
    assert code == 1 and "找不到" in err


def test_folder_of_unreadable_files_names_each(query, tmp_path):
    (tmp_path / "图.png").write_bytes(b"\x89PNG")
    (tmp_path / "坏.xlsx").write_bytes(b"no workbook")
    code, _, err = query("resolution_totals", "--data", tmp_path)
    assert code == 1
    assert "没有一个文件能载入" in err and "图.png" in err and "坏.xlsx" in err
    assert "fuqi-query-" not in err, "the folder of the report is gone by now"


def test_folder_whose_rows_are_all_mistaken_names_them(query, tmp_path):
    write_csv(tmp_path / "a.csv", [appeal(1, "高新", 办结时间="2021-09-30")])
    code, _, err = query("resolution_totals", "--data", tmp_path, "--report", tmp_path / "report")
    assert code == 1
    assert "第2行" in err and "办结时间早于受理时间" in err
    assert (tmp_path / "report" / "intake_problems.csv").is_file()


def test_parameter_of_its_own_reaches_the_query(rows, hotline):
    found = rows(
        "resolution_time_distribution", "--data", hotline, *QUARTER, "--param", "longest_days=2"
    )
    assert [(r["days_taken"], r["closed_count"]) for r in found] == [
        ("0", "0"), ("1", "973"), ("2", "0"),
    ]  # fmt: skip


def test_filters_narrow_the_rows(rows, hotline):
    (total,) = rows("resolution_totals", "--data", hotline, *QUARTER, "--subdistrict", "临渭")
    assert (total["received_count"], total["closed_count"]) == ("212", "208")


def test_minimum_of_the_command_counts_before_that_of_the_settings(rows, tmp_path):
    write_csv(
        tmp_path / "a.csv",
        [
            appeal(n, "高新", 办结时间="2021-10-02 09:00:00", 办结时限="2021-10-03")
            for n in range(3)
        ],
    )
    asked = ("resolution_by_subdistrict", "--data", tmp_path, *QUARTER)
    assert rows(*asked)[0]["on_time_rank"] == ""
    assert rows(*asked, "--param", "min_n=3")[0]["on_time_rank"] == "1"


def test_without_a_name_the_queries_are_listed(query):
    code, out, _ = query()
    assert code == 0
    assert "resolution/resolution_by_subdistrict" in out
    assert "--param longest_days=…" in out


def test_without_a_folder_the_current_release_is_asked(demo_warehouse, monkeypatch, capsys):
    monkeypatch.setattr(paths, "WAREHOUSE", demo_warehouse)
    assert cli.main(["query", "resolution_totals", "--format", "json"]) == 0
    written = capsys.readouterr()
    ((released,),) = [json.loads(written.out)]
    assert released["received_count"] > 1000
    assert "2022-06-01 至 2023-06-28" in written.err


def test_without_a_folder_and_a_release_it_says_what_to_do(query):
    code, _, err = query("resolution_totals")
    assert code == 1 and "--data" in err
