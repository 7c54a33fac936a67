"""Make pictures: `make screenshots`. Needs Chromium, as the tests do.

Every state of every page of the micro-app, as the tests know them (microapp_pages.py), goes
into screenshots/, which is not committed; the README's go into docs/images/.

    python assets/screenshots.py               all of them
    python assets/screenshots.py checkin       the states whose names begin so, and no others
"""

import signal
import subprocess
import sys
import tempfile
from base64 import b64encode
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

from app_server import AppServer  # noqa: E402 - the tests' own
from chromium import ARGUMENTS, CHROMIUM  # noqa: E402
from microapp_pages import LANGUAGES, STATES  # noqa: E402
from microapp_states import Look, State, open_stage  # noqa: E402
from phone import Phone  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from dingbridge.sandbox.sandbox import Sandbox  # noqa: E402

PORT = 11600
PICTURES = ROOT / "screenshots"
IMAGES = ROOT / "docs" / "images"
LOOKS = (Look(390, "light", 100), Look(390, "dark", 100), Look(1280, "light", 100))
# The best ones, side by side in the README.
ROW = {
    "checkin-walked": LOOKS[0],
    "scan-scanned": LOOKS[0],
    "chat-sent": LOOKS[0],
    "files-stored": LOOKS[0],
    "report-week": LOOKS[1],
}
ROW_PAGE = """<!doctype html><style>
  body { display: flex; gap: 16px; width: max-content; margin: 0; padding: 8px; }
  img { width: 208px; border: 1px solid #c9cfd6; border-radius: 14px; }
</style>"""


def main() -> None:
    """Make the pictures that the command line asks for."""
    beginning = sys.argv[1] if len(sys.argv) > 1 else ""
    wanted = [state for name, state in STATES.items() if name.startswith(beginning)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        picture_pages(browser, wanted)
        if not beginning:
            picture_row(browser)
            picture_sandbox(browser)
        browser.close()


def picture_pages(browser: Browser, states: list[State]) -> None:
    """Every state in both languages, on a phone by day and by night, and on a desktop."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox:
        folder = Path(name)
        environment = {**sandbox.environment(folder / "instance"), "DING_DEBUG": "0"}
        with AppServer(environment, folder) as app:
            sandbox.upstream = app.url
            for state in states:
                for lang in LANGUAGES:
                    picture_state(browser, sandbox, folder / "instance", state, lang)


def picture_state(
    browser: Browser, sandbox: Sandbox, instance: Path, state: State, lang: str
) -> None:
    """One state in one language, in every look."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    phone = Phone(context, sandbox, f"{state}-{lang}")
    stage = open_stage(phone, instance)
    state.reach(stage, lang)
    for look in LOOKS:
        look.take(phone.page)
        whole(phone.page)
        phone.page.screenshot(path=PICTURES / f"{state}-{lang}-{look}.png")
    if look := ROW.get(str(state)):
        look.take(phone.page)
        phone.page.screenshot(path=screen(str(state), lang))
    stage.database.close()
    context.close()


def screen(state: str, lang: str) -> Path:
    """The picture of what of a state is on the phone's screen, without scrolling."""
    return PICTURES / f"{state}-{lang}-screen.png"


def picture_row(browser: Browser) -> None:
    """docs/images/microapp.{zh,en}.png: several pages side by side."""
    page = browser.new_page(device_scale_factor=1.5)
    for lang in LANGUAGES:
        images = [b64encode(screen(state, lang).read_bytes()).decode() for state in ROW]
        sources = "".join(f'<img src="data:image/png;base64,{image}">' for image in images)
        page.set_content(ROW_PAGE + sources)
        page.locator("body").screenshot(path=IMAGES / f"microapp.{lang}.png")
    page.close()


def whole(page: Page) -> None:
    """Make the screen as high as the page, so that what sticks to its foot stands there."""
    size = page.viewport_size
    height = page.evaluate("document.documentElement.scrollHeight")
    if size and height > size["height"]:
        page.set_viewport_size({"width": size["width"], "height": height})


def picture_sandbox(browser: Browser) -> None:
    """docs/images/sandbox.{zh,en}.png."""
    command = [sys.executable, "-m", "dingbridge.sandbox", "--port", str(PORT)]
    sandbox = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert sandbox.stdout is not None  # noqa: S101 - it was asked for
        while not (line := sandbox.stdout.readline()).startswith("ready:"):
            if not line:
                sys.exit("the sandbox did not start")
        for language in LANGUAGES:
            size = {"width": 1280, "height": 880}
            context = browser.new_context(viewport=size, locale=f"{language}-CN")
            if language == "en":
                phone = {"name": "lang", "value": "en", "url": f"http://127.0.0.1:{PORT + 1}/"}
                context.add_cookies([phone])
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{PORT}/?lang={language}")
            phone = page.frame_locator("iframe").first
            phone.locator("html[data-bridge=ready]").wait_for()
            phone.locator("header").first.scroll_into_view_if_needed()
            page.wait_for_timeout(1500)
            page.screenshot(path=IMAGES / f"sandbox.{language}.png")
            context.close()
    finally:
        sandbox.send_signal(signal.SIGTERM)
        sandbox.wait()


if __name__ == "__main__":
    main()
