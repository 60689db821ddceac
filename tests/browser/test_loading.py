"""A Monday morning in the browser: files dropped, looked at, published, and taken back."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fuqi import paths
from fuqi.store import Warehouse
from tests.browser.conftest import OpenScreen, served
from tests.browser.screen import Screen, foreign, link, real_complaints
from tests.browser.test_look import ALLOWED_WORDS, SIZES, VISIBLE_TEXTS

KINDS = {"ZIP", "TOML", "PARQUET", "ODS", "TSV", "XLSM", "XLSB", "XLS", "MB", "KB", "B", "zip"}


@pytest.fixture(scope="module")
def loading_server(
    chromium_path: str, changing_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A server on which data keepers may upload."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "settings.toml").write_text("uploads = true\n", encoding="utf-8")
    chosen = {"FUQI_SETTINGS": str(folder / "settings.toml")}
    with served(changing_warehouse, folder, **chosen) as address:
        yield address


@pytest.fixture
def news() -> dict[str, object]:
    """One visit more than the demo has, as the browser's file chooser gives it."""
    source = next(paths.EXPORTS.glob("走访记录*.csv"))
    with source.open(encoding="gb18030", newline="") as file:
        visit = next(csv.DictReader(file))
    written = io.StringIO()
    writer = csv.DictWriter(written, list(visit))
    writer.writeheader()
    writer.writerow({**visit, "走访编号": "ZF-NEW-1"})
    return {
        "name": "今天的走访.csv",
        "mimeType": "text/csv",
        "buffer": written.getvalue().encode("utf-8-sig"),
    }


def words_left_in_english(screen: Screen) -> set[str]:
    texts = screen.page.evaluate(VISIBLE_TEXTS)
    shown = " ".join(re.sub(r"\S+\.(csv|xlsx|parquet|toml)\b", "", text) for text in texts)
    return set(re.findall(r"[A-Za-z]{2,}", shown)) - ALLOWED_WORDS - KINDS


def choose_file(screen: Screen, news: dict[str, object]) -> None:
    screen.page.get_by_text("增量", exact=True).first.click()
    screen.page.get_by_text("文件只有新增和变更的行").wait_for()
    screen.page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(news)
    expect(screen.page.locator(".st-key-preview button")).to_be_enabled()


def visits(warehouse: Path) -> int:
    return Warehouse(warehouse).current().manifest.tables["visits"].rows


def test_files_are_uploaded_previewed_published_and_taken_back(
    loading_server: str,
    open_screen: OpenScreen,
    changing_warehouse: Path,
    news: dict[str, object],
) -> None:
    warehouse = Warehouse(changing_warehouse)
    before, count = warehouse.current_id(), visits(changing_warehouse)
    watching = open_screen(link(loading_server, "overview"))
    screen = open_screen(link(loading_server, "data"))
    assert words_left_in_english(screen) == set()

    choose_file(screen, news)
    assert words_left_in_english(screen) == set()
    screen.page.locator(".st-key-preview button").dblclick()
    publish = screen.page.locator(".st-key-publish button")
    publish.wait_for()
    screen.settle()
    (candidate,) = warehouse.candidates()
    assert (warehouse.current_id(), visits(changing_warehouse)) == (before, count)
    assert f"版本 {candidate.release_id}" in screen.text
    assert screen.page.locator("[data-testid=stAlertContentError]").count() == 0
    assert words_left_in_english(screen) == set()
    with screen.page.expect_download() as downloaded:
        screen.page.get_by_role("button", name="下载问题明细").click()
    assert downloaded.value.path().read_bytes().startswith("\ufeff程度,".encode())

    publish.dblclick()
    screen.page.get_by_text(f"已发布版本 {candidate.release_id}").first.wait_for()
    assert visits(changing_warehouse) == count + 1
    watching.page.get_by_text(f"版本 {candidate.release_id}", exact=True).first.wait_for()

    screen.page.locator(f".st-key-switch_{before} button").click()
    dialog = screen.page.get_by_role("dialog")
    dialog.wait_for()
    assert words_left_in_english(screen) == set()
    assert warehouse.current_id() == candidate.release_id
    dialog.locator(".st-key-confirm_switch button").click()
    screen.page.get_by_text(f"现用版本已换为 {before}").first.wait_for()
    dialog.wait_for(state="hidden")
    assert (warehouse.current_id(), visits(changing_warehouse)) == (before, count)
    watching.page.get_by_text(f"版本 {before}", exact=True).first.wait_for()

    assert foreign(screen.addresses, loading_server) == []
    assert real_complaints(screen) == []


@pytest.mark.parametrize("size", SIZES)
def test_the_form_fits_on_every_screen(
    loading_server: str, open_screen: OpenScreen, news: dict[str, object], size: str
) -> None:
    screen = open_screen(link(loading_server, "data"), **SIZES[size])
    choose_file(screen, news)
    width = screen.page.evaluate("() => innerWidth")
    for place in ("preview", "files_0", "mode_0"):
        box = screen.page.locator(f".st-key-{place}").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    too_wide = screen.page.evaluate(
        "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    )
    assert too_wide <= 0
    screen.close()


def test_switched_off_the_server_takes_no_file(demo_server: str, open_screen: OpenScreen) -> None:
    screen = open_screen(link(demo_server, "data"))
    assert screen.page.locator("[data-testid=stFileUploader]").count() == 0
    status = screen.page.evaluate(
        """async () => (await fetch('/_stcore/upload_file/any/any', {method: 'PUT', body: 'x'})).status"""
    )
    assert status == 403
    screen.close()
