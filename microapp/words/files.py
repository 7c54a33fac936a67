"""The files page."""

WORDS: dict[str, tuple[str, str]] = {
    "files_title": ("文件", "Files"),
    "files_upload_heading": ("上传文件", "Upload files"),
    "files_upload_hint": (
        "图片、PDF、Word、Excel、PPT、文本、MP4 和 MOV 视频；每个不超过 20 MB。",
        "Pictures, PDF, Word, Excel, PowerPoint, text, MP4 and MOV videos; up to 20 MB each.",
    ),
    "files_photograph": ("拍照", "Take a photo"),
    "files_choose": ("选择文件", "Choose files"),
    "files_send": ("上传", "Upload"),
    "files_waiting": ("等待上传", "Waiting"),
    "files_uploading": ("正在上传 {percent}%", "Uploading, {percent} %"),
    "files_broken": (
        "连接断了，正在从 {percent}% 继续…",
        "The connection broke; going on from {percent} %…",
    ),
    "files_until_online": (
        "没有网络，已上传 {percent}%。连上网络后自动继续。",
        "You are offline at {percent} %. It goes on by itself once you are connected.",
    ),
    "files_uploaded": ("已上传", "Uploaded"),
    "files_unreadable": (
        "手机读不出这个文件了。它可能已被移动或删除，请重新选择。",
        "This file can no longer be read. It may have been moved or deleted; choose it again.",
    ),
    "files_stop": ("取消", "Cancel"),
    "files_stop_of": ("取消上传 {name}", "Cancel uploading {name}"),
    "files_remove": ("移除", "Remove"),
    "files_remove_of": ("从列表移除 {name}", "Remove {name} from this list"),
    "files_mine": ("我的文件", "My files"),
    "files_used": ("已用 {used} / {quota} MB", "{used} of {quota} MB used"),
    "files_empty": (
        "还没有文件。拍一张照片，或选择手机里的文件上传。",
        "No files yet. Take a photo, or choose files to upload.",
    ),
    "files_no_older": ("没有更早的文件了。", "There are no older files."),
    "files_older": ("更早的文件", "Older files"),
    "files_newest": ("回到最新", "Back to the newest"),
    "files_not_shown": (
        "图片打不开，可能已损坏。可以下载后查看。",
        "The picture cannot be shown; it may be damaged. Download it to have a look.",
    ),
    "files_download": ("下载", "Download"),
    "files_save": ("存到钉盘", "Save to drive"),
    "files_saving": ("正在存到钉盘…", "Saving to the drive…"),
    "files_saved": ("已存到钉盘：{name}", "Saved to the drive: {name}"),
    "files_drive_elsewhere": (
        "存到钉盘要在手机钉钉里操作；其他功能在这里都可以用。",
        "Saving to the drive (钉盘) needs DingTalk on a phone; everything else works here.",
    ),
    "files_delete": ("删除", "Delete"),
    "files_delete_sure": (
        "删除后不能恢复。确定要删除“{name}”吗？",
        "It cannot be brought back. Delete “{name}”?",
    ),
    "files_delete_yes": ("确定删除", "Yes, delete"),
    "files_deleting": ("正在删除…", "Deleting…"),
}
