"""The micro-app's sentences, Chinese and English side by side."""

from __future__ import annotations

from dingbridge.settings import Language

_WORDS: dict[str, tuple[str, str]] = {
    "app_name": ("外勤助手", "Field work"),
    "home_title": ("首页", "Home"),
    "bridge_heading": ("钉钉连接", "Connection to DingTalk"),
    "bridge_pending": ("正在连接钉钉…", "Connecting to DingTalk…"),
    "bridge_ready": ("已连接，可以使用全部功能。", "Connected. Everything is ready to use."),
    "bridge_error": (
        "部分功能暂时不可用，原因见上方说明。",
        "Some functions are not available now; the note above says why.",
    ),
    "bridge_outside": (
        "当前不在钉钉中。请在钉钉里打开本页面，以使用定位、扫码等功能。",
        "This is not DingTalk. Open the page in DingTalk to use location, scanning and the rest.",
    ),
    "login_heading": ("你是谁", "Who you are"),
    "abilities_heading": ("可以做什么", "What you can do"),
    "locate": ("我在哪里", "Where am I"),
    "locate_hint": ("读取当前位置和地址", "Reads your position and address"),
    "scan": ("扫一扫", "Scan a code"),
    "scan_hint": ("二维码、条形码", "QR codes and bar codes"),
    "nfc": ("读 NFC 标签", "Read an NFC tag"),
    "nfc_hint": ("仅支持安卓手机", "On Android phones only"),
    "chat": ("选择会话", "Choose a chat"),
    "chat_hint": ("从聊天列表中选择", "From the list of your chats"),
    "result_heading": ("结果", "Result"),
    "result_empty": ("还没有结果。点上面任意一项试试。", "Nothing yet. Try one of the above."),
    "working": ("请稍候…", "One moment…"),
    "cancelled": ("已取消。", "Cancelled."),
    "accuracy": ("精度约 {metres} 米", "accurate to about {metres} m"),
    "location_unknown": ("（没有地址）", "(no address)"),
    "without_script": (
        "本页面的功能需要 JavaScript。请在钉钉中打开，或在浏览器设置中允许脚本。",
        "What this page does needs JavaScript. Open it in DingTalk, or allow scripts.",
    ),
    "language_label": ("English", "中文"),
    "reference": ("编号", "Reference"),
    "offline": ("网络已断开，恢复后会自动继续。", "You are offline; this continues by itself."),
    "developer_heading": ("开发者信息", "For developers"),
    "developer_page_url": ("浏览器地址（location.href）", "Browser's address (location.href)"),
    "developer_signed_url": ("服务端签名地址", "Address signed by the server"),
    "developer_apis": ("本页声明的接口", "APIs declared by this page"),
    "developer_none": ("未签名", "not signed"),
    "not_found_title": ("找不到这个页面", "There is no such page"),
    "not_found": ("地址可能已变更。请返回首页。", "The address may have changed. Go back home."),
    "failed_title": ("出了点问题", "Something went wrong"),
    "failed": (
        "请稍后重试；仍不行时，把编号告诉管理员。",
        "Try again later. If it stays, tell the administrator the reference.",
    ),
    "skip": ("跳到正文", "Skip to the content"),
    "back_home": ("返回首页", "Back home"),
    "spa_title": ("外勤记录", "Field notes"),
    "spa_overview": ("概览", "Overview"),
    "spa_intro": (
        "在客户那里签到、写拜访记录。需要重新连接钉钉时会自动回到原处，已填写的内容不会丢。",
        "Check in at a customer's, write down the visit. Nothing you fill in is lost on the way.",
    ),
    "spa_place": ("签到", "Check in"),
    "spa_place_hint": (
        "读取当前位置，记下时间和地点。",
        "Reads your position and notes time and place.",
    ),
    "spa_visit": ("拜访", "Visit"),
    "spa_visit_hint": (
        "填写客户、结果和同行的同事。",
        "Customer, outcome, and colleagues who came along.",
    ),
    "spa_saved": ("已存", "Saved"),
    "spa_saved_hint": ("只保存在这台设备上。", "Kept on this device only."),
    "spa_returning": (
        "正在重新连接钉钉，马上就好…",
        "Connecting to DingTalk again, one moment…",
    ),
    "spa_locate": ("签到", "Check in here"),
    "spa_locating": ("正在定位…", "Finding your position…"),
    "spa_located": ("已签到，精度约 {metres} 米", "Checked in, accurate to about {metres} m"),
    "spa_no_address": ("（没有地址）", "(no address)"),
    "spa_customer": ("客户", "Customer"),
    "spa_purpose": ("事由", "Purpose"),
    "spa_purpose_sales": ("销售", "Sales"),
    "spa_purpose_service": ("售后", "Service"),
    "spa_purpose_payment": ("收款", "Payment"),
    "spa_result": ("结果", "Outcome"),
    "spa_result_done": ("已完成", "Done"),
    "spa_result_open": ("需跟进", "To be followed up"),
    "spa_note": ("备注", "Notes"),
    "spa_people": ("同行同事", "Colleagues"),
    "spa_choose": ("选择同事", "Choose colleagues"),
    "spa_choosing": ("请在钉钉中选择…", "Choose in DingTalk…"),
    "spa_nobody": ("未选择", "Nobody yet"),
    "spa_too_many": ("人数太多", "Too many people"),
    "spa_save": ("保存", "Save"),
    "spa_nothing": ("还没有记录。", "Nothing saved yet."),
    "spa_clear": ("全部删除", "Delete all"),
    "spa_not_kept": (
        "这台设备不允许网页保存内容，关闭页面后记录会消失。",
        "This device lets pages keep nothing: what is here is gone when the page is closed.",
    ),
    "spa_cancelled": ("已取消。", "Cancelled."),
    "spa_reference": ("编号", "Reference"),
}

Words = dict[str, str]
_BY_LANGUAGE: dict[Language, Words] = {
    "zh": {key: pair[0] for key, pair in _WORDS.items()},
    "en": {key: pair[1] for key, pair in _WORDS.items()},
}


def words(lang: Language) -> Words:
    """Every sentence in one language, by key."""
    return _BY_LANGUAGE[lang]
