"""What every page says: names, navigation, states."""

WORDS: dict[str, tuple[str, str]] = {
    "app_name": ("外勤助手", "Field work"),
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
    "without_script": (
        "浏览器关闭了网页脚本，部分功能不能用。请在钉钉里打开，或在浏览器设置里允许脚本。",
        "Scripts are off, so not all of this works. Open the page in DingTalk, or allow scripts.",
    ),
    "language_label": ("English", "中文"),
    "reference": ("编号", "Reference"),
    "skip": ("跳到正文", "Skip to the content"),
    "back_home": ("返回首页", "Back home"),
    "nav_label": ("主导航", "Main navigation"),
    "nav_home": ("首页", "Home"),
    "nav_checkin": ("签到", "Check-in"),
    "nav_scan": ("扫码", "Scan"),
    "nav_chat": ("会话", "Chat"),
    "nav_files": ("文件", "Files"),
    "nav_report": ("报表", "Report"),
    "nav_checkin_hint": ("记下现在的位置和时间", "Note where you are, and when"),
    "nav_scan_hint": ("二维码、条形码、NFC 标签", "QR codes, bar codes, NFC tags"),
    "nav_chat_hint": ("往会话里发消息，给自己发通知", "Send to a chat, notify yourself"),
    "nav_files_hint": ("拍照、上传、预览、下载", "Photograph, upload, preview, download"),
    "nav_report_hint": ("按天、按人看签到", "Check-ins by day and person"),
    "failed_missing": ("没有这个页面", "There is no such page"),
    "failed_other": ("出了点问题", "Something went wrong"),
    "state_working": ("请稍候…", "One moment…"),
    "state_slow": (
        "比平时慢一些，还在继续，不用重复点击。",
        "This takes longer than usual and is still going on; no need to tap again.",
    ),
    "state_offline": (
        "没有网络。已填写的内容还在，连上网络后可以继续。",
        "You are offline. What you have typed is still here; go on once you are connected.",
    ),
    "state_cancelled": ("已取消。", "Cancelled."),
    "state_no_grant": (
        "钉钉没有授权本页面，原因见页面上方的说明。",
        "DingTalk has not granted this page; the note at the top says why.",
    ),
    "state_retry": ("重试", "Try again"),
}
