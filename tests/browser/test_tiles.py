"""Map tiles from a source that a setting names: asked for, drawn, and allowed by the page's policy; else none."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.browser.conftest import OpenScreen, served
from tests.browser.screen import link, real_complaints

COLOUR = (250, 240, 120)
"""A yellow that nothing else on a page has."""
MAP = "[data-testid=stDeckGlJsonChart]"
SHARE_OF_COLOUR = """async ([picture, wanted]) => {
    const bytes = Uint8Array.from(atob(picture), c => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const data = context.getImageData(0, 0, image.width, image.height).data;
    let hits = 0;
    for (let i = 0; i < data.length; i += 4) {
        hits += wanted.every((value, k) => Math.abs(data[i + k] - value) < 12);
    }
    return hits / (data.length / 4);
}"""
COUNT = f"async (picture) => [1, await ({SHARE_OF_COLOUR})([picture, {list(COLOUR)}])]"
"""The script that `Screen.pixels` runs, for one colour alone."""


class Tiles(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        picture = BytesIO()
        Image.new("RGB", (256, 256), COLOUR).save(picture, "PNG")
        self.send_response(200)
        self.send_header("content-type", "image/png")
        self.send_header("access-control-allow-origin", "*")
        self.end_headers()
        self.wfile.write(picture.getvalue())

    def log_message(self, *_: object) -> None:
        """Nothing: what was asked for is read in the browser."""


@pytest.fixture(scope="module")
def tile_source() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Tiles)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_tiles_of_the_source_that_a_setting_names_lie_below_the_map(
    tile_source: str, demo_warehouse: Path, open_screen: OpenScreen, tmp_path: Path
) -> None:
    chosen = tmp_path / "settings.toml"
    chosen.write_text(
        f'tile_url = "{tile_source}/{{z}}/{{x}}/{{y}}.png"\ntile_attribution = "底图：测试"\n',
        encoding="utf-8",
    )
    with served(demo_warehouse, tmp_path, FUQI_SETTINGS=str(chosen)) as address:
        screen = open_screen(link(address, "stations"))
        screen.page.wait_for_timeout(4000)
        share = screen.pixels(screen.page.locator(MAP).first, COUNT, 1, 0.2)[1]
        asked = [a for a in screen.addresses if a.startswith(tile_source)]
        others = {urlsplit(a).netloc for a in screen.addresses if a.startswith(("http", "ws"))}

        assert 4 <= len(set(asked)) <= 48
        assert all(re.search(r"/1[1-4]/\d+/\d+\.png$", a) for a in asked)
        assert others == {urlsplit(address).netloc, urlsplit(tile_source).netloc}
        assert share > 0.2
        assert "底图：测试" in screen.text
        assert real_complaints(screen) == []
        screen.close()


def test_without_the_setting_no_tile_is_asked_for(
    demo_server: str, open_screen: OpenScreen, tile_source: str
) -> None:
    screen = open_screen(link(demo_server, "stations"))
    screen.page.wait_for_timeout(2000)

    others = {urlsplit(a).netloc for a in screen.addresses if a.startswith(("http", "ws"))}
    assert others == {urlsplit(demo_server).netloc}
    blocked = screen.page.evaluate(
        "async (url) => fetch(url).then(() => 'fetched', () => 'blocked')", f"{tile_source}/1/1/1"
    )
    assert blocked == "blocked"
    screen.close()
