"""Make docs/report.png from a page of the report.

    python docs/picture.py out/report.html

Needs the extra `browser`, Pillow and a chromium on the path.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PATHS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")


def main(page: str) -> None:
    """Take the head of the page and the first charts at twice the size, in 64 colours."""
    browser = next(filter(None, map(shutil.which, PATHS)))
    with sync_playwright() as started:
        running = started.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        tab = running.new_page(
            viewport={"width": 1040, "height": 1000}, device_scale_factor=2, color_scheme="light"
        )
        tab.goto(Path(page).resolve().as_uri())
        # The matrix, then the charts: what is between opens on the page.
        tab.evaluate("document.querySelectorAll('#transports, #clauses').forEach(e => e.remove())")
        end = tab.evaluate(
            "(() => { const f = document.querySelectorAll('#cost figure:not(.wide)');"
            " const e = f.length ? f[Math.min(1, f.length - 1)] :"
            " document.querySelector('#support .scroll');"
            " return e.getBoundingClientRect().bottom + scrollY })()"
        )
        area = {"x": 0.0, "y": 0.0, "width": 1040.0, "height": float(end) + 32}
        data = tab.screenshot(full_page=True, clip=area)
        running.close()
    target = Path(__file__).parent / "report.png"
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)
    print(f"{target}: {target.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main(sys.argv[1])
