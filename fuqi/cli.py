"""The command line: `python -m fuqi COMMAND`.

Exit code 0 when it did what was asked, 1 when it could not, 75 when somebody else is writing to the warehouse.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fuqi import contract, paths, settings, wording
from fuqi.contract import ContractError
from fuqi.printed import Printable
from fuqi.settings import SettingsError
from fuqi.store import BusyError, QueryError, Release, ReleaseError, Warehouse

if TYPE_CHECKING:
    from fuqi import brief

DEMO_SEED = 20230628
BUSY = 75
"""What mail servers too exit with when a later try may do (EX_TEMPFAIL)."""


def main(arguments: Sequence[str] | None = None) -> int:
    # Names of files and sheets, headers and values are printed; none of them may steer the terminal.
    with redirect_stdout(Printable(sys.stdout)), redirect_stderr(Printable(sys.stderr)):
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.run(chosen)
    except BusyError as error:
        print(f"没有执行：{error}", file=sys.stderr)
        return BUSY
    except (ContractError, QueryError, ReleaseError, SettingsError) as error:
        print(f"错误：{error}", file=sys.stderr)
        return 1


def demo(chosen: argparse.Namespace) -> int:
    from fuqi import demo as generator

    generator.write(chosen.folder, chosen.seed, progress=_timed(), appeal_count=chosen.appeals)
    return 0


def intake(chosen: argparse.Namespace) -> int:
    from fuqi import intake as loader

    try:
        outcome = loader.run(
            chosen.source,
            Warehouse(paths.WAREHOUSE),
            data_as_of=chosen.as_of,
            mapping=chosen.mapping,
            incremental=chosen.incremental,
            max_lost_share=1.0 if chosen.accept_loss else settings.load().max_lost_share,
            wait_seconds=chosen.wait,
            progress=_timed(),
            publish=not chosen.preview,
        )
    except loader.IntakeError as error:
        print(f"未载入，原有版本保持不变：{error}", file=sys.stderr)
        if error.report is not None:
            print(f"问题明细：{error.report / loader.REPORT_CSV}", file=sys.stderr)
        loader.copy_report(error.report, chosen.report)
        return 1
    print(outcome.summary())
    if chosen.preview:
        print(f"发布：python -m fuqi publish {outcome.release.release_id}")
    loader.copy_report(outcome.release.folder, chosen.report)
    return 0


def propose_mapping(chosen: argparse.Namespace) -> int:
    from fuqi import intake as loader

    try:
        print(loader.propose(chosen.file, chosen.table), end="")
    except loader.IntakeError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 1
    return 0


def releases(_: argparse.Namespace) -> int:
    warehouse = Warehouse(paths.WAREHOUSE)
    current = warehouse.current_id()
    for release in warehouse.releases():
        manifest = release.manifest
        rows = sum(entry.rows for entry in manifest.tables.values())
        print(
            f"{'*' if release.release_id == current else ' '} {release.release_id}"
            f"  数据截至 {wording.moment(manifest.data_as_of)}"
            f"  载入于 {wording.moment(manifest.loaded_at)}  {rows:,} 行  {manifest.label}"
        )
    for candidate in warehouse.candidates():
        print(f"? {candidate.release_id}  待发布")
    if current is None:
        print("还没有版本。请先运行：python -m fuqi intake data/exports")
    return 0


def rollback(chosen: argparse.Namespace) -> int:
    release = Warehouse(paths.WAREHOUSE).rollback(chosen.release_id, wait_seconds=chosen.wait)
    print(f"当前版本已切换为 {release.release_id}；打开着的页面会自动更新。")
    return 0


def publish(chosen: argparse.Namespace) -> int:
    release = Warehouse(paths.WAREHOUSE).publish_candidate(
        chosen.release_id, wait_seconds=chosen.wait
    )
    print(f"当前版本已切换为 {release.release_id}；打开着的页面会自动更新。")
    return 0


def discard(chosen: argparse.Namespace) -> int:
    warehouse = Warehouse(paths.WAREHOUSE)
    if not warehouse.discard_candidate(chosen.release_id, wait_seconds=chosen.wait):
        raise ReleaseError(f"没有待发布的版本 {chosen.release_id}")
    print(f"已放弃版本 {chosen.release_id}。")
    return 0


def prune(chosen: argparse.Namespace) -> int:
    removed = Warehouse(paths.WAREHOUSE).prune(chosen.keep, wait_seconds=chosen.wait)
    names = "、".join(release.release_id for release in removed.releases)
    print(f"已删除 {len(removed.releases)} 个旧版本：{names}" if names else "没有可删除的旧版本。")
    if removed.candidates:
        print(f"已删除 {len(removed.candidates)} 个不能再发布的待发布版本。")
    if removed.reports:
        print(f"已删除 {len(removed.reports)} 份未载入的报告。")
    return 0


def watch(chosen: argparse.Namespace) -> int:
    from fuqi import inbox

    inbox.watch(chosen.folder, chosen.every, until_stdin_closes=chosen.until_stdin_closes)
    return 0


def build(chosen: argparse.Namespace) -> int:
    import duckdb

    from fuqi.intake import rollups
    from fuqi.store import lock

    warehouse, current = Warehouse(paths.WAREHOUSE), settings.load()
    if chosen.engine == "duckdb" and (chosen.master is not None or chosen.conf):
        print("错误：--master 和 --conf 只用于 --engine spark", file=sys.stderr)
        return 1
    with lock.held(warehouse.folder, "汇总", chosen.wait):
        release = warehouse.current()
        if release is None:
            raise ReleaseError("还没有版本；请先运行 python -m fuqi intake data/exports")
        began = time.monotonic()
        try:
            if chosen.engine == "duckdb":
                counts = rollups.write(release, current)
            else:
                counts = _build_with_spark(release, current, chosen)
        except (OSError, ImportError, RuntimeError, ValueError, duckdb.Error) as error:
            print(f"没有汇总，原有的汇总保持不变：{error}", file=sys.stderr)
            return 1
    for name, count in sorted(counts.items()):
        print(f"{count:>12,} 行  {name}")
    print(f"版本 {release.release_id} 的汇总已重算，用时 {time.monotonic() - began:.1f} 秒")
    return 0


def _build_with_spark(
    release: Release, current: settings.Settings, chosen: argparse.Namespace
) -> Mapping[str, int]:
    from fuqi import spark

    master = chosen.master or "local[*]"
    return spark.write(release, current, master, configured=dict(chosen.conf))


def doctor(_: argparse.Namespace) -> int:
    from fuqi import health

    report = health.examine(Warehouse(paths.WAREHOUSE), settings.load())
    print(report.text())
    return 0 if report.is_sound else 1


def query(chosen: argparse.Namespace) -> int:
    from fuqi import inquiry, printed

    if chosen.name is None:
        print(f"可用的查询：\n{inquiry.listed()}")
        return 0
    if chosen.settings is not None and not chosen.settings.is_file():
        raise SettingsError(f"没有设置文件 {chosen.settings}")
    decided = settings.load(chosen.settings or paths.SETTINGS)
    given = dict(chosen.param)
    for name in inquiry.AREAS:
        if getattr(chosen, name) is not None:
            given[name] = getattr(chosen, name)
    try:
        rows = inquiry.ask(
            inquiry.Inquiry(
                chosen.name,
                data=chosen.data,
                start=chosen.start,
                end=chosen.end,
                as_of=chosen.as_of,
                given=given,
                settings=decided,
                mapping=chosen.mapping,
                report=chosen.report,
            ),
            tell=lambda line: print(line, file=sys.stderr),
        )
        if chosen.percent:
            rows = printed.in_percent(rows, decided.rounding, chosen.digits)
        text = printed.FORMATS[chosen.format](rows)
        if chosen.output is not None:
            chosen.output.write_text(text, encoding="utf-8", newline="")
            print(f"已写入 {chosen.output}，共 {rows.num_rows:,} 行", file=sys.stderr)
        else:
            sys.stdout.reconfigure(encoding="utf-8", newline="")
            sys.stdout.write(text)
    except (inquiry.InquiryError, OSError) as error:
        print(f"错误：{error}", file=sys.stderr)
        return 1
    return 0


def freeze(chosen: argparse.Namespace) -> int:
    from fuqi import frozen as kept

    try:
        file = kept.freeze(
            Warehouse(paths.WAREHOUSE),
            chosen.period,
            settings.load(),
            as_of=chosen.as_of,
            replace=chosen.replace,
            wait_seconds=chosen.wait,
        )
    except kept.FrozenError as error:
        print(f"没有封存：{error}", file=sys.stderr)
        return 1
    print(f"已封存：{file}")
    one = kept.read(file)
    if one.last > one.as_of.date():
        print(f"注意：判定时点 {wording.moment(one.as_of)} 时该时段还没有结束", file=sys.stderr)
    return 0


def frozen(_: argparse.Namespace) -> int:
    from fuqi import frozen as kept

    try:
        found = kept.listed(Warehouse(paths.WAREHOUSE))
    except kept.FrozenError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 1
    for one in found:
        print(
            f"{one.name}  {wording.period(one.first, one.last)}  截至 {wording.moment(one.as_of)} 判定"
            f"  版本 {one.release_id}  口径 {one.version}  封存于 {wording.moment(one.frozen_at)}"
            f"  {one.label}".rstrip()
        )
    if not found:
        print("还没有封存的时段。例：python -m fuqi freeze 2023-05")
    return 0


def briefing(chosen: argparse.Namespace) -> int:
    from fuqi import brief
    from fuqi.maps import Boundaries, BoundaryError
    from fuqi.store import Database
    from fuqi.store.releases import LOCAL_ZONE

    release = Warehouse(paths.WAREHOUSE).current()
    if release is None:
        raise ReleaseError("还没有版本；请先运行 python -m fuqi intake data/exports")
    current, database = settings.load(), None
    try:
        kinds = _formats(chosen.format)
        period = _briefed(chosen, release.manifest.data_as_of)
        database = Database(release, current)
        listed = database.run("subdistrict_list", {})["subdistrict_name"].to_pylist()
        street = None if chosen.street is None else brief.street_named(chosen.street, listed)
        made = chosen.made_at or datetime.now(LOCAL_ZONE).replace(tzinfo=None, microsecond=0)
        content = brief.compose(
            brief.Request(period, street, made),
            database.run,
            release.manifest,
            current,
            absent=database.absent,
            boundaries=Boundaries.load(),
        )
        chosen.output.mkdir(parents=True, exist_ok=True)
        for kind in kinds:
            file = chosen.output / f"{content.file_stem}.{kind}"
            file.write_bytes(brief.FORMATS[kind](content))
            print(f"已写入 {file}")
    except (brief.BriefingError, BoundaryError, OSError) as error:
        print(f"没有编成简报：{error}", file=sys.stderr)
        return 1
    finally:
        if database is not None:
            database.close()
    return 0


def _formats(text: str) -> list[str]:
    from fuqi import brief

    kinds = list(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    if not kinds or (unknown := [kind for kind in kinds if kind not in brief.FORMATS]):
        said = "、".join(unknown) if kinds else text
        raise brief.BriefingError(f"没有格式“{said}”；有：{'、'.join(brief.FORMATS)}")
    return kinds


def _briefed(chosen: argparse.Namespace, as_of: datetime) -> "brief.Period":
    from fuqi import brief

    if chosen.first is None and chosen.last is None:
        return brief.last_whole_week(as_of) if chosen.week is None else brief.week(chosen.week)
    if chosen.week is not None or chosen.first is None or chosen.last is None:
        raise brief.BriefingError("要么写 --week，要么 --from 和 --to 都写")
    return brief.between(chosen.first, chosen.last)


def contract_tables(chosen: argparse.Namespace) -> int:
    from fuqi.contract import document

    readme = paths.PROJECT / "data" / "README.md"
    text = readme.read_text(encoding="utf-8")
    written = document.with_tables(text, contract.load())
    if chosen.check:
        if text != written:
            print("data/README.md 与 data/contract 不一致；请运行：python -m fuqi contract")
        return int(text != written)
    readme.write_text(written, encoding="utf-8")
    return 0


def serve(chosen: argparse.Namespace) -> int:
    print(f"福企看板：http://localhost:{chosen.port}", flush=True)
    if chosen.watch is not None:
        from fuqi import inbox

        inbox.watch_beside_this_process(chosen.watch)
    command = [sys.executable, "-m", "streamlit", "run", str(paths.PROJECT / "app.py")]
    os.chdir(paths.PROJECT)  # where Streamlit looks for .streamlit/config.toml
    # The address of a request is the one that is connected: X-Forwarded-For may say anything.
    os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
    os.execv(sys.executable, [*command, "--server.port", str(chosen.port)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fuqi", description="福企看板")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    def wait(added: argparse.ArgumentParser) -> None:
        added.add_argument(
            "--wait", type=float, default=0.0, metavar="SECONDS", help="for another load to finish"
        )

    added = command("demo", demo, "write the demo exports (演示数据)")
    added.add_argument(
        "--seed", type=int, default=DEMO_SEED, help="the same seed writes the same content"
    )
    added.add_argument("--folder", type=Path, default=paths.EXPORTS)
    added.add_argument(
        "--appeals",
        type=int,
        metavar="COUNT",
        help="so many appeals, of three years, as parquet files; give a --folder of their own",
    )

    added = command("intake", intake, "load export files into a new release")
    added.add_argument("source", type=Path, help="a folder of exports, or one file")
    added.add_argument(
        "--as-of",
        type=datetime.fromisoformat,
        help="the moment the data are from, such as 2023-06-28T18:00; default: what the source states",
    )
    added.add_argument(
        "--mapping",
        type=Path,
        help="a mapping file for exports of another shape, see docs/mappings.md",
    )

    added.add_argument(
        "--incremental",
        action="store_true",
        help="the files bring news: the newest state of a key wins, rows they do not name stay",
    )
    added.add_argument(
        "--accept-loss",
        action="store_true",
        help="publish although tables lose more rows than the setting max_lost_share allows",
    )
    added.add_argument(
        "--preview", action="store_true", help="prepare a release and do not switch to it"
    )
    wait(added)
    added.add_argument("--report", type=Path, help="a folder to put a copy of the report into")

    added = command("map", propose_mapping, "propose a mapping file for an export, on stdout")
    added.add_argument("file", type=Path, help="an export of a shape the contract does not know")
    added.add_argument("--table", help="the table of the contract it is to become")

    command(
        "releases",
        releases,
        "list the releases, * marks the current one, ? one that waits to be published",
    )

    added = command("rollback", rollback, "make an earlier release current")
    added.add_argument("release_id", nargs="?", help="default: the one before the current")
    wait(added)

    added = command("publish", publish, "make a release that was prepared by --preview current")
    added.add_argument("release_id")
    wait(added)

    added = command("discard", discard, "remove a release that was prepared by --preview")
    added.add_argument("release_id")
    wait(added)

    added = command("prune", prune, "remove old releases, never the current one")
    added.add_argument("--keep", type=int, required=True, help="how many of the newest stay")
    wait(added)

    added = command("watch", watch, "load whatever is put into a folder")
    added.add_argument("folder", type=Path)
    added.add_argument("--every", type=float, default=5.0, help="seconds between two looks")
    added.add_argument("--until-stdin-closes", action="store_true", help=argparse.SUPPRESS)

    added = command(
        "query", query, "run one query on a folder of exports, or on the current release"
    )
    added.add_argument(
        "name", nargs="?", help="a file of queries/ without .sql; default: list them"
    )
    added.add_argument(
        "--data", type=Path, help="a folder of exports, or one file; the dashboard stays as it is"
    )
    added.add_argument("--mapping", type=Path, help="a mapping file for exports of another shape")
    added.add_argument("--start", type=_day, metavar="DAY", help="default: the programme's start")
    added.add_argument("--end", type=_day, metavar="DAY", help="included; default: the data's day")
    added.add_argument(
        "--as-of",
        type=_moment,
        metavar="MOMENT",
        help="judge at this moment, a day alone means its end; default: the data's own",
    )
    added.add_argument("--subdistrict", metavar="NAME", help="only this street")
    added.add_argument("--category", metavar="NAME", help="only this category")
    added.add_argument(
        "--param",
        type=_assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other parameter of the query, such as min_n=10",
    )
    added.add_argument("--settings", type=Path, metavar="FILE", help="a settings file of its own")
    added.add_argument("--format", choices=("csv", "json", "table"), default="csv")
    added.add_argument(
        "--percent",
        action="store_true",
        help="rates as a screen shows them, by the setting rounding",
    )
    added.add_argument(
        "--digits", type=int, choices=range(5), default=2, help="decimals of --percent"
    )
    added.add_argument("--output", type=Path, metavar="FILE", help="default: stdout")
    added.add_argument(
        "--report", type=Path, help="a folder to put the report of refused rows into"
    )

    added = command("freeze", freeze, "keep a period's figures as they are judged now")
    added.add_argument("period", help="2023-05, 2023-Q2, 2023-W20 or 2023-05-26..2023-06-25")
    added.add_argument(
        "--as-of",
        type=_moment,
        metavar="MOMENT",
        help="judge at this moment, a day alone means its end; default: the data's own",
    )
    added.add_argument(
        "--replace",
        action="store_true",
        help="freeze again; the old figures are kept under a number",
    )
    wait(added)

    command("frozen", frozen, "list the frozen periods")

    added = command("briefing", briefing, "write a briefing (简报) of a week")
    added.add_argument(
        "--street", metavar="NAME", help="福保 or 福保街道; default: the whole district"
    )
    added.add_argument(
        "--week", metavar="WEEK", help="such as 2023-W25; default: the last whole one"
    )
    added.add_argument("--from", dest="first", type=_day, metavar="DAY", help="instead of a week")
    added.add_argument("--to", dest="last", type=_day, metavar="DAY", help="included")
    added.add_argument("--format", default="docx,pdf,html", metavar="KINDS", help="default: all")
    added.add_argument(
        "--output", type=Path, default=Path(), metavar="FOLDER", help="default: here"
    )
    added.add_argument(
        "--made-at", type=_moment, metavar="MOMENT", help="what it is dated with; default: now"
    )

    added = command("build", build, "work out the roll-ups of the current release again")
    added.add_argument(
        "--engine", choices=("duckdb", "spark"), default="duckdb", help="see docs/scale.md"
    )
    added.add_argument(
        "--master", help="of Spark, such as spark://host:7077; default: local[*], this machine"
    )
    added.add_argument(
        "--conf",
        type=_assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of Spark, such as spark.executor.memory=8g",
    )
    wait(added)

    command("doctor", doctor, "check the current release and print what it computes")

    added = command("contract", contract_tables, "write the contract's tables into data/README.md")
    added.add_argument("--check", action="store_true", help="only say whether they agree")

    added = command("serve", serve, "serve the dashboard")
    added.add_argument("--port", type=int, default=8501)
    added.add_argument("--watch", type=Path, metavar="FOLDER", help="load what is put in there")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} 不是日期，应为 2023-06-28") from None


def _moment(text: str) -> datetime:
    from fuqi import inquiry

    try:
        return inquiry.moment(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} 不是时间，应为 2023-06-28T18:00 或 2023-06-28"
        ) from None


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} 应写成 名称=值，如 min_n=10")
    return name, value


def _timed() -> Callable[[str], None]:
    """Prints each message with the seconds since the start."""
    start = time.monotonic()
    return lambda message: print(f"[{time.monotonic() - start:5.1f}s] {message}", flush=True)
