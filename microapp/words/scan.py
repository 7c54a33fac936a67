"""The scan page."""

WORDS: dict[str, tuple[str, str]] = {
    "scan_title": ("扫码", "Scan"),
    "scan_heading": ("扫一扫", "Scan something"),
    "scan_qr": ("扫二维码", "Scan a QR code"),
    "scan_bar": ("扫条形码", "Scan a bar code"),
    "scan_nfc": ("读 NFC 标签", "Read an NFC tag"),
    "scan_nfc_elsewhere": (
        "NFC 标签只有安卓手机能读，这里请扫码或手动输入。",
        "NFC tags can be read on Android phones only. Here you can scan, or type.",
    ),
    "scan_nfc_missing": (
        "这台手机没有 NFC，或没有打开。可以到手机设置里打开，或者扫码。",
        "This phone has no NFC, or it is off. Switch it on in the phone's settings, or scan.",
    ),
    "scan_reading": ("正在等扫描结果…", "Waiting for the scan…"),
    "scan_storing": ("正在保存…", "Saving…"),
    "scan_done": ("已保存。", "Saved."),
    "scan_nothing": (
        "没有读到内容，请再扫一次。",
        "Nothing was read. Please scan once more.",
    ),
    "scan_save_first": (
        "上一条还没有保存。请先点“保存”，或清空内容，再扫下一条。",
        "The last one is not saved yet. Save it or clear it, then scan the next.",
    ),
    "scan_outside": (
        "在普通浏览器里不能扫码。请在手机钉钉里打开本页面；在这里可以手动输入和查看。",
        "A plain browser cannot scan. Use DingTalk on a phone; here you can type and read.",
    ),
    "scan_desktop": (
        "电脑上的钉钉不能扫码。请在手机钉钉里打开本页面；在这里可以手动输入和查看。",
        "DingTalk on a computer cannot scan. Use a phone; here you can type and read.",
    ),
    "scan_text": ("内容", "Content"),
    "scan_text_hint": (
        "扫到的内容会自动填在这里并保存，也可以手动输入",
        "What you scan appears here and is saved; you can also type",
    ),
    "scan_save": ("保存", "Save"),
    "scan_list_heading": ("扫过的内容", "What you have scanned"),
    "scan_empty": (
        "还没有扫过。点上面的按钮，对准二维码或条形码即可。",
        "Nothing yet. Tap a button above and point the camera at a code.",
    ),
    "scan_no_more": ("没有更早的了。", "There is nothing older."),
    "scan_kind_qr": ("二维码", "QR code"),
    "scan_kind_bar": ("条形码", "Bar code"),
    "scan_kind_nfc": ("NFC 标签", "NFC tag"),
    "scan_kind_typed": ("手动输入", "Typed"),
    "scan_open": ("打开 {host}", "Open {host}"),
    "scan_whole": ("查看全部", "Show all"),
    "scan_delete": ("删除", "Delete"),
    "scan_delete_sure": ("确定删除？再点一次", "Sure? Tap again to delete"),
    "scan_deleting": ("正在删除…", "Deleting…"),
    "scan_older": ("更早的", "Older"),
    "scan_newest": ("回到最新的", "Back to the newest"),
    "scan_rest": ("后面的内容", "The rest"),
    "scan_back": ("返回列表", "Back to the list"),
}
