"""Make the pictures of the README: `make screenshots`. Needs Chromium, as the tests do."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PORT = 11600
CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
)


def main() -> None:
    """Write docs/images/sandbox.{zh,en}.png."""
    command = [sys.executable, "-m", "dingbridge.sandbox", "--port", str(PORT)]
    sandbox = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert sandbox.stdout is not None  # noqa: S101 - it was asked for
        while not (line := sandbox.stdout.readline()).startswith("ready:"):
            if not line:
                sys.exit("the sandbox did not start")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
            )
            for language in ("zh", "en"):
                size = {"width": 1280, "height": 880}
                context = browser.new_context(viewport=size, locale=f"{language}-CN")
                if language == "en":
                    phone = {"name": "lang", "value": "en", "url": f"http://127.0.0.1:{PORT + 1}/"}
                    context.add_cookies([phone])
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{PORT}/?lang={language}")
                phone = page.frame_locator("iframe").first
                phone.locator("html[data-bridge=ready]").wait_for()
                phone.locator("#try summary").click()
                phone.locator("[data-action=locate]").click()
                phone.locator("#result:not(:empty)").wait_for()
                phone.locator("header").first.scroll_into_view_if_needed()
                page.wait_for_timeout(1500)
                page.screenshot(path=ROOT / "docs" / "images" / f"sandbox.{language}.png")
                context.close()
            browser.close()
    finally:
        sandbox.send_signal(signal.SIGTERM)
        sandbox.wait()


if __name__ == "__main__":
    main()
