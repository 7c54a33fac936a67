"""The check-in page."""

WORDS: dict[str, tuple[str, str]] = {
    "checkin_title": ("签到", "Check-in"),
    "checkin_place_heading": ("现在的位置", "Where you are"),
    "checkin_locating": ("正在定位…", "Finding your position…"),
    "checkin_accuracy": ("误差约 {metres} 米", "accurate to about {metres} m"),
    "checkin_no_address": ("没有地址，只有坐标", "No address, only coordinates"),
    "checkin_again": ("重新定位", "Locate again"),
    "checkin_note": ("备注（可不填）", "Note (optional)"),
    "checkin_note_hint": (
        "例如：拜访客户、送货、巡检",
        "Such as: customer visit, delivery, inspection",
    ),
    "checkin_submit": ("签到", "Check in"),
    "checkin_storing": ("正在保存…", "Saving…"),
    "checkin_done": ("已签到，{time}", "Checked in at {time}"),
    "checkin_elsewhere": (
        "这里不能定位：电脑和普通浏览器没有这项功能。请在手机钉钉里签到；今天的记录照常能看。",
        (
            "Desktops and plain browsers cannot locate you. Check in with DingTalk on a phone; "
            "today's list is shown here all the same."
        ),
    ),
    "checkin_today": ("今天", "Today"),
    "checkin_count": ("{count} 次", "{count} check-ins"),
    "checkin_count_one": ("1 次", "1 check-in"),
    "checkin_no_more": ("没有更早的了。", "There is nothing older."),
    "checkin_older": ("更早的", "Older"),
    "checkin_newest": ("回到最新的", "Back to the newest"),
    "checkin_empty": (
        "今天还没有签到。到了地方，点“签到”就会记下位置和时间。",
        'No check-ins today. Once you are there, tap "Check in" to note place and time.',
    ),
    "checkin_map": (
        "示意图：你在中央，圆圈是误差范围，方块是今天签到过的地方",
        "Sketch: you are in the middle, the circle is the accuracy, squares are today's places",
    ),
    "checkin_map_earlier": (
        "离今天签到过的地方最近约 {metres} 米。",
        "About {metres} m from the nearest of today's places.",
    ),
    "checkin_north": ("北", "N"),
    "checkin_metres": ("{value} 米", "{value} m"),
    "checkin_kilometres": ("{value} 公里", "{value} km"),
    "checkin_without_script": (
        "签到需要读取位置，请在钉钉里打开，或允许脚本。今天的记录在下面。",
        "Your position has to be read: open this in DingTalk, or allow scripts. The list is below.",
    ),
}
