"""One person's working day with the micro-app: what they do on each page, and what they then see.

On a phone the person sits at the sandbox's page and taps what the client asks; on a computer the
app is in the desktop client's frame, and the phone lies beside it.
"""

from __future__ import annotations

import csv
import io
from urllib.parse import urlencode

from microapp_states import watch_policy
from phone import Phone
from playwright.sync_api import BrowserContext, Locator, expect
from served import PC_HOST, Served
from uploaded_files import PDF, png

from dingbridge.sandbox.conversations import CHATS

NOTE = "到达现场，<b>门卫</b> & 客户"
PICTURE = png(600, 400)
CHAT = CHATS[3]
DONE = "#outcome .note-good"
# The browser's own lines for what this day brings about on purpose.
EXPECTED = ("ERR_INTERNET_DISCONNECTED", "status of 401")


class Day:
    """Somebody's day on one platform."""

    def __init__(self, context: BrowserContext, served: Served, platform: str, user: str) -> None:
        self.violations = watch_policy(context)
        self.phone = Phone(context, served.sandbox, f"day-{platform}-{user}")
        self.phone.set(platform=platform, user=user, chat=CHAT.open_id)
        self.page = self.phone.page
        self.app = self.page.frame_locator("#frame")
        self.sheet = self.page.locator("#sheet")
        self.platform = platform
        self.is_desktop = platform == "pc"

    # ---- one's way about

    def begins(self, path: str = "/") -> None:
        """Open the app and be signed in."""
        sandbox = self.phone.sandbox
        if self.is_desktop:
            assert sandbox.tls_url
            app = sandbox.tls_url.rstrip("/") + path
            query = urlencode({"app": app, "device": self.phone.name})
            self._knows_the_device()
            self.page.goto(f"https://{PC_HOST}/__sandbox__/pc-host.html?{query}")
        else:
            self.page.goto(f"{sandbox.page_url}?lang=zh#{path}")
        expect(self.see("html")).to_have_attribute("data-login", "in")

    def _knows_the_device(self) -> None:
        """The frame's cookies are kept apart, under the site of the page around it."""
        cookie = {"url": self.phone.sandbox.tls_url, "name": "sandbox_device"}
        apart = {"secure": True, "sameSite": "None", "partitionKey": "https://dingtalk.com"}
        self.phone.context.add_cookies([{**cookie, **apart, "value": self.phone.name}])  # type: ignore[list-item]

    def see(self, selector: str) -> Locator:
        """A place in the app."""
        return self.app.locator(selector)

    def tap(self, name: str) -> None:
        """A button of the app."""
        self.app.get_by_role("button", name=name, exact=True).click()

    def goes_to(self, name: str) -> None:
        """A page of the app."""
        self.app.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        expect(self.see("nav [aria-current]")).to_have_text(name)
        expect(self.see("html")).to_have_attribute("data-login", "in")
        expect(self.see("[data-signed-out]")).to_have_count(0)

    def answers(self, name: str) -> None:
        """What the client asks."""
        self.sheet.get_by_role("button", name=name).first.click()

    # ---- the pages

    def reads_home(self, name: str) -> None:
        """Who one is, and that the client is connected."""
        expect(self.see(".dingbridge-login-in")).to_contain_text(name)
        expect(self.see(".state-ready")).to_be_visible()

    def checks_in(self) -> None:
        """First with location switched off; a computer says that it cannot."""
        self.phone.set(location_off=True)
        self.goes_to("签到")
        if self.is_desktop:
            expect(self.see("#place")).to_contain_text("手机钉钉里签到")
            expect(self.see("#checkin .main-button")).to_be_hidden()
            return
        expect(self.see("#place .note-bad")).to_contain_text("在系统设置里打开定位")
        self.see("#note").fill(NOTE)
        self.phone.set(location_off=False)
        self.tap("重试")
        expect(self.see("#sketch .map")).to_be_visible()
        self.tap("签到")
        expect(self.see(DONE)).to_contain_text("已签到")
        expect(self.see(".list li")).to_contain_text([NOTE])
        expect(self.see("#note")).to_have_value("")

    def scans(self) -> None:
        """A code and, with Android, a tag."""
        self.goes_to("扫码")
        if self.is_desktop:
            expect(self.see("#elsewhere")).to_contain_text("电脑上的钉钉不能扫码")
            return
        self.tap("扫二维码")
        self.sheet.get_by_label("其他内容").fill("资产 A-1024")
        self.page.keyboard.press("Enter")
        expect(self.see(".list li")).to_contain_text(["资产 A-1024"])
        if self.platform == "android":
            self.tap("读 NFC 标签")
            self.answers("沙箱资产")
            expect(self.see(".list li")).to_have_count(2)
        else:
            expect(self.see("#no-nfc")).to_contain_text("只有安卓手机能读")

    def types_while_offline(self) -> None:
        """The connection is gone for a moment; nothing is typed twice."""
        before = self.see(".list li").count()
        self.see("#text").fill("断网时输入的")
        self.phone.context.set_offline(True)
        expect(self.see("[data-offline]")).to_be_visible()
        self.tap("保存")
        expect(self.see("#outcome .note-bad")).to_contain_text("没有网络")
        expect(self.see("#text")).to_have_value("断网时输入的")
        self.phone.context.set_offline(False)
        expect(self.see("[data-offline]")).to_be_hidden()
        self.tap("重试")
        expect(self.see(".list li")).to_have_count(before + 1)
        expect(self.see("#text")).to_have_value("")

    def writes_to_a_chat(self) -> None:
        """A text and, the session having expired over the typing, a card."""
        self.goes_to("会话")
        self.tap("从钉钉里选会话")
        if not self.is_desktop:  # the desktop client's stand-in answers by itself
            self.answers(CHAT.title)
        expect(self.see("#chosen")).to_contain_text(f"已选择：{CHAT.title}")
        self.sends(f"到了，{self.platform}")
        self.see("#kind").select_option("card")
        self.see("#title").fill("巡检任务")
        self.see("#url").fill("https://example.com/tasks/7")
        self.see("#text").fill(f"请在下班前确认，{self.platform}")
        self.phone.context.clear_cookies(name="session")
        self.tap("发送")
        expect(self.see(DONE)).to_contain_text("已交给钉钉")
        expect(self.see(".chat-content").first).to_contain_text("巡检任务：请在下班前确认")
        expect(self.see(".list [role=status]").first).to_contain_text("已发出")

    def sends(self, text: str) -> None:
        """A text to whoever is chosen."""
        self.see("#text").fill(text)
        self.tap("发送")
        expect(self.see(".chat-content").first).to_have_text(text)
        expect(self.see("#text")).to_have_value("")

    def notifies_oneself(self, phone: Phone) -> None:
        """The notification arrives on the phone, is read there, and the app tells that it was."""
        text = f"记得交周报，{self.platform}"
        self.see("#to").select_option("me")
        self.sends(text)
        phone.page.locator("#banner").filter(has_text=text).click()
        expect(phone.page.locator("#letters")).to_contain_text(text)
        phone.page.locator("#inbox-close").click()
        expect(self.see(".list [role=status]").first).to_contain_text("已读")

    def keeps_files(self) -> None:
        """A photograph and a document: seen, downloaded, saved to the drive, deleted."""
        self.goes_to("文件")
        camera = "input[name=file]" if self.is_desktop else "#photograph input"
        self.gives(camera, "现场照片 1.png", PICTURE)
        self.gives("input[name=file]", "合同（终稿）.pdf", PDF)
        self.see(".file").filter(has_text="现场照片").click()
        expect(self.see("#picture")).to_have_js_property("naturalWidth", 600)
        assert self.downloads("下载") == ("现场照片 1.png", PICTURE)
        if self.is_desktop:
            expect(self.see(".elsewhere")).to_contain_text("在手机钉钉里操作")
        else:
            self.tap("存到钉盘")
            self.answers("外勤资料")
            expect(self.see(DONE)).to_contain_text("已存到钉盘")
        self.goes_to("文件")
        self.see(".file").filter(has_text="合同").click()
        self.see("#delete summary").click()
        self.tap("确定删除")
        expect(self.see(".file")).to_have_count(1)

    def gives(self, chooser: str, name: str, content: bytes) -> None:
        """A file, and waits until it is in the list."""
        mime = "application/octet-stream"
        self.see(chooser).set_input_files({"name": name, "mimeType": mime, "buffer": content})
        expect(self.see(".file").filter(has_text=name)).to_be_visible()

    def downloads(self, name: str) -> tuple[str, bytes]:
        """What a link brings: name and content."""
        with self.page.expect_download() as started:
            self.app.get_by_role("link", name=name).click()
        return started.value.suggested_filename, started.value.path().read_bytes()

    def reads_the_report(self, heading: str) -> list[str]:
        """The charts; the notes that the downloaded table holds."""
        self.goes_to("Report")
        expect(self.see("[data-part=report] h2")).to_contain_text(heading)
        expect(self.see(".chart-box canvas").first).to_be_visible()
        name, content = self.downloads("Download as CSV")
        assert name.endswith(".csv")
        assert content.startswith("\ufeff".encode())
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        return [row["Note"] for row in rows]

    def speaks_english(self) -> None:
        """From here on every page is in English."""
        self.tap("English")
        expect(self.see("html")).to_have_attribute("lang", "en")

    def was_quiet(self) -> None:
        """Nothing was said on the console but what this day brought about; no rule was broken."""
        said = [line for line in self.phone.console if not any(e in line for e in EXPECTED)]
        assert (said, self.phone.errors, self.violations) == ([], [], [])
