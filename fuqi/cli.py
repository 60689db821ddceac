"""The command line: `python -m fuqi COMMAND`. Exit code 0 when it did what was asked, 1 when it could not."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from fuqi import contract, paths, settings, wording
from fuqi.contract import ContractError
from fuqi.settings import SettingsError
from fuqi.store import QueryError, ReleaseError, Warehouse

DEMO_SEED = 20230628


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.run(chosen)
    except (ContractError, QueryError, ReleaseError, SettingsError) as error:
        print(f"错误：{error}", file=sys.stderr)
        return 1


def demo(chosen: argparse.Namespace) -> int:
    from fuqi import demo as generator

    generator.write(chosen.folder, chosen.seed, progress=_timed())
    return 0


def intake(chosen: argparse.Namespace) -> int:
    from fuqi import intake as loader

    try:
        outcome = loader.run(
            chosen.source,
            Warehouse(paths.WAREHOUSE),
            data_as_of=chosen.as_of,
            progress=_timed(),
        )
    except loader.IntakeError as error:
        print(f"未载入，原有版本保持不变：{error}", file=sys.stderr)
        return 1
    print(outcome.summary())
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
    if current is None:
        print("还没有版本。请先运行：python -m fuqi intake data/exports")
    return 0


def rollback(chosen: argparse.Namespace) -> int:
    release = Warehouse(paths.WAREHOUSE).rollback(chosen.release_id)
    print(f"当前版本已切换为 {release.release_id}；打开着的页面会自动更新。")
    return 0


def doctor(_: argparse.Namespace) -> int:
    from fuqi import health

    report = health.examine(Warehouse(paths.WAREHOUSE), settings.load())
    print(report.text())
    return 0 if report.is_sound else 1


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
    command = [sys.executable, "-m", "streamlit", "run", str(paths.PROJECT / "app.py")]
    os.chdir(paths.PROJECT)  # where Streamlit looks for .streamlit/config.toml
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

    added = command("demo", demo, "write the demo exports (演示数据)")
    added.add_argument(
        "--seed", type=int, default=DEMO_SEED, help="the same seed writes the same content"
    )
    added.add_argument("--folder", type=Path, default=paths.EXPORTS)

    added = command("intake", intake, "load export files into a new release")
    added.add_argument("source", type=Path, help="a folder of exports, or one file")
    added.add_argument(
        "--as-of",
        type=datetime.fromisoformat,
        help="the moment the data are from, such as 2023-06-28T18:00; default: what the source states",
    )

    command("releases", releases, "list the releases, * marks the current one")

    added = command("rollback", rollback, "make an earlier release current")
    added.add_argument("release_id", nargs="?", help="default: the one before the current")

    command("doctor", doctor, "check the current release and print what it computes")

    added = command("contract", contract_tables, "write the contract's tables into data/README.md")
    added.add_argument("--check", action="store_true", help="only say whether they agree")

    added = command("serve", serve, "serve the dashboard")
    added.add_argument("--port", type=int, default=8501)
    return parser


def _timed() -> Callable[[str], None]:
    """Prints each message with the seconds since the start."""
    start = time.monotonic()
    return lambda message: print(f"[{time.monotonic() - start:5.1f}s] {message}", flush=True)
