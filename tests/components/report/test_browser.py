"""The report in a real browser: nothing is loaded, nothing is wider than a phone, Japanese has glyphs."""

import json
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from components.report.page import render_page
from tests.components.report.stories import story

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium here (Debian: apt-get install chromium fonts-noto-cjk)"),
]

# Runs in the page, and leaves its findings in the title.
PROBE = """<script>
const wide = [...document.querySelectorAll("section, header, nav, figure svg, .tiles div, pre, table")]
  .filter(one => !one.closest(".scroll") && !one.closest("nav") && one.tagName !== "PRE")
  .filter(one => one.getBoundingClientRect().right > window.innerWidth + 1).map(one => one.tagName);
document.title = JSON.stringify({
  width: document.documentElement.scrollWidth, window: window.innerWidth, wide,
  requests: performance.getEntriesByType("resource").length,
  svgs: [...document.querySelectorAll("figure svg")].filter(one => one.getBoundingClientRect().height > 50).length,
});
</script></body>"""


def browse(page: Path, *arguments: str) -> str:
    """Opens a file without a screen; gives what the browser prints."""
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        f"--user-data-dir={page.parent / 'profile'}", *arguments, page.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_and_fetches_nothing(tmp_path: Path, width: int) -> None:
    page = tmp_path / "report.html"
    page.write_text(render_page(story()).replace("</body>", PROBE), encoding="utf-8")

    dom = browse(page, f"--window-size={width},900", "--dump-dom")

    found = json.loads(dom[dom.index("<title>") + len("<title>") : dom.index("</title>")])
    assert found["requests"] == 0
    assert found["wide"] == []
    assert found["width"] <= found["window"]
    assert found["svgs"] >= 6


def test_it_can_be_seen(tmp_path: Path) -> None:
    page, picture = tmp_path / "report.html", tmp_path / "report.png"
    page.write_text(render_page(story()), encoding="utf-8")

    browse(page, "--window-size=1280,1600", f"--screenshot={picture}")

    width, height, colors = _size_and_colors(picture)
    assert (width, height) == (1280, 1600)
    assert colors > 50  # not blank


def _size_and_colors(path: Path) -> tuple[int, int, int]:
    """Of a PNG with 8 bits a channel."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    place, packed = 8, b""
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        packed += data[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += 12 + length
    raw = zlib.decompress(packed)
    return width, height, len({raw[i : i + 3] for i in range(0, len(raw) - 3, 97)})
