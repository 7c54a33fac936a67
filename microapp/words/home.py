"""The home page."""

WORDS: dict[str, tuple[str, str]] = {
    "bridge_heading": ("钉钉连接", "Connection to DingTalk"),
    "login_heading": ("你是谁", "Who you are"),
    "abilities_heading": ("可以做什么", "What you can do"),
    "home_locate": ("我在哪里", "Where am I"),
    "home_locate_hint": ("读取当前位置和地址", "Reads your position and address"),
    "home_scan": ("扫一扫", "Scan a code"),
    "home_scan_hint": ("二维码、条形码", "QR codes and bar codes"),
    "home_nfc": ("读 NFC 标签", "Read an NFC tag"),
    "home_nfc_hint": ("仅支持安卓手机", "On Android phones only"),
    "home_chat": ("选择会话", "Choose a chat"),
    "home_chat_hint": ("从聊天列表中选择", "From the list of your chats"),
    "home_accuracy": ("误差约 {metres} 米", "accurate to about {metres} m"),
    "home_no_address": ("（没有地址）", "(no address)"),
    "home_spa_hint": ("在客户那里签到、写拜访记录", "Check in at a customer's, note the visit"),
    "home_try": ("检查这台设备", "Try this device"),
    "home_try_hint": (
        "看看定位、扫码等功能在这台设备上能不能用，什么都不会保存。",
        "See whether location, scanning and the rest work on this device; nothing is stored.",
    ),
    "developer_heading": ("开发者信息", "For developers"),
    "developer_page_url": ("浏览器地址（location.href）", "Browser's address (location.href)"),
    "developer_signed_url": ("服务端签名地址", "Address signed by the server"),
    "developer_apis": ("本页声明的接口", "APIs declared by this page"),
    "developer_none": ("未签名", "not signed"),
}
