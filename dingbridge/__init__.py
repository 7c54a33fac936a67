"""DingTalk H5 micro-apps on Flask."""
