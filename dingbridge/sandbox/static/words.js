// The sentences of the sandbox's page in both languages, and the way into the document.

export const WORDS = {
  zh: {
    page_title: "钉桥 dingbridge 沙箱", sandbox: "沙箱", platform: "客户端", harmony: "鸿蒙", desktop: "桌面", browser: "浏览器",
    home: "首页", reload: "重新加载", open: "打开", address: "应用内的地址", back: "返回", more: "更多", views: "视图",
    open_alone: "在新标签页打开", first_page: "这是第一页，真机会在这里关闭应用",
    frame_title: "微应用", loading: "正在打开微应用…", theme: "明暗", switch_language: "Switch to English",
    down_title: "微应用没有响应", down_text: "应用可能还没启动、出错退出，或者这个地址不是网页。看看启动沙箱的终端，然后重试。", retry: "重试", show_anyway: "仍然显示",
    address_outside: "只能打开微应用自己的地址",
    tab_phone: "手机", tab_calls: "调用", tab_client: "客户端", tab_platform: "平台",
    live_connecting: "正在连接", live_open: "实时", live_broken: "实时连接已断开，正在重试", reconnect: "立即重连",
    filter: "筛选：接口、地址、参数", kinds: "显示哪些", kind_native: "桥", kind_platform: "服务端", kind_document: "页面", clear: "清空",
    none_title: "还没有调用", none_text: "页面每次调用客户端、应用每次请求平台，都会在这里实时出现，点开可看参数与结果。", none_match: "没有符合筛选条件的调用",
    arguments: "参数", answer: "结果", refused: "错误", more_facts: "其他", ok: "成功", loaded: "载入", reloaded: "刷新", went_back: "前进/后退",
    not_saved: "没有生效：", sandbox_silent: "沙箱服务没有响应",
    g_authority: "鉴权", url_rule: "校验哪个 URL", url_rule_help: "公开报告互相矛盾：有的客户端校验进入时的 URL，有的校验当前 URL。", current: "当前 URL", entry: "进入时的 URL",
    grant_life: "授权保持多久", grant_life_help: "dd.config 成功后，授权跟随整个文档、路径，还是连同 # 的完整 URL。", life_document: "整个文档", life_path: "同一路径", life_url: "完整 URL",
    error_shape: "错误的格式", modern: "新版", classic: "旧版", error_shape_help: "新版：字符串 errorCode 与 errorMessage；旧版：数字 errorCode 与 message。",
    g_bridge: "桥", bridge: "桥的状态", normal: "正常", late: "迟到", never: "永不出现", late_ms: "迟到多久（毫秒）", grant_ms: "鉴权用时（毫秒）",
    g_phone: "设备", location_off: "定位已关闭", nfc: "有 NFC", version: "客户端版本", language: "语言", user: "登录的员工",
    g_events: "客户端事件", events_help: "像真机那样通知页面：切到后台、回到前台、点右上角按钮。", resume: "回到前台", pause: "切到后台", right_button: "点右上角按钮",
    g_verify: "校验规则", algorithm: "签名算法", query_rule: "查询串", decoded: "解码一次再签", raw: "原样签",
    g_ticket: "jsapi_ticket", ticket: "重复获取时", renew: "同一个", replace: "新的", ticket_help: "同一个 ticket 续期，或者给新的、旧的随即作废。", revoke_ticket: "立即作废 ticket", revoke_token: "立即作废 access_token", revoked: "已作废",
    g_clock: "时钟", speed: "走得多快（倍）", offset: "快多少秒", g_faults: "故障", faults_help: "让平台的某个接口出故障，看应用如何应对。",
    no_fault: "正常", refuse: "拒绝连接", hang: "不回应", reset: "中途断开", lost: "做了，回答丢了", http500: "HTTP 500", html: "返回 HTML", busy: "系统繁忙（-1）", limited: "超出频率", wrong_types: "字段类型错误", slow: "很慢", bad_ticket: "给出坏的 ticket",
    all_endpoints: "所有接口", g_start: "从头开始", reset_all: "全部复位", reset_help: "设置、计数和记录都回到启动时的样子。",
    cancel: "取消", confirm: "确定", closed: "应用请求关闭页面", close: "关闭", remove: "删除",
    scan_title: "扫码", scan_text: "镜头前有这些码，选一个，或者输入别的内容。", tag_title: "读取 NFC 标签", tag_text: "把哪个标签靠近手机？", type_other: "其他内容", use_typed: "使用", nothing_prepared: "没有准备好的内容。可以在“现场”里添加。",
    choose_chat: "选择会话", search_chats: "搜索会话", no_chat: "没有这样的会话", people: "人", confirm_chat: "选择这个会话？",
    choose_photo: "选择照片", take_photo: "拍照", from_computer: "用电脑上的图片…", photos: "照片", choose_folder: "存到钉盘的哪里？", choose_file: "选择文件", drive: "钉盘", drive_empty: "钉盘里还没有文件。",
    pictures: "图片", no_picture: "没有可以显示的图片。", picture_failed: "这张图片打不开。", previous: "上一张", next: "下一张", save_file: "保存到电脑", outside_title: "打开其他网页", outside_text: "真机会在新页面打开这个地址；它不是微应用自己的地址。", no_address: "这不是可以打开的地址",
    messages: "消息", work_notification: "工作通知", robot: "机器人", unread: "未读", view_details: "查看详情", no_letters: "还没有消息。应用发出的工作通知和群消息会出现在这里。",
    tab_surroundings: "现场", g_place: "手机的位置", pin: "手机的位置", map_help: "拖动图钉，或点地图上的一处；键盘用方向键（按住 Shift 走小步），加减号缩放。街道是虚构的。", zoom_in: "放大", zoom_out: "缩小", go_to_city: "去某个城市…", address_there: "地址", location_is_off: "定位已关闭", longitude: "经度", latitude: "纬度", accuracy: "精度（米）",
    g_answers: "谁来回答", answers: "需要人选择时", answers_person: "在手机里选", answers_automatic: "自动选第一个", answers_help: "扫码、选会话、选照片、对话框等。沙箱页面之外总是自动。",
    g_codes: "可以扫的码", code: "码的内容", code_kind: "码的种类", code_qr: "二维码", code_bar: "条形码", add_code: "添加一个码", g_tags: "NFC 标签", tag: "标签的内容", add_tag: "添加一个标签",
  },
  en: {
    page_title: "dingbridge sandbox", sandbox: "sandbox", platform: "Client", harmony: "Harmony", desktop: "Desktop", browser: "Browser",
    home: "Home page", reload: "Reload", open: "Open", address: "Address within the app", back: "Back", more: "More", views: "Views",
    open_alone: "Open in a new tab", first_page: "This is the first page; a phone would close the app here",
    frame_title: "Micro-app", loading: "Opening the micro-app…", theme: "Light or dark", switch_language: "切换到中文",
    down_title: "The micro-app does not answer", down_text: "It may still be starting, may have stopped with an error, or this address is no web page. Look at the terminal that runs the sandbox, then try again.", retry: "Try again", show_anyway: "Show it anyway",
    address_outside: "Only addresses of the micro-app itself can be opened",
    tab_phone: "Phone", tab_calls: "Calls", tab_client: "Client", tab_platform: "Platform",
    live_connecting: "Connecting", live_open: "Live", live_broken: "Live updates are interrupted; trying again", reconnect: "Reconnect now",
    filter: "Filter: API, address, argument", kinds: "What to show", kind_native: "Bridge", kind_platform: "Server", kind_document: "Pages", clear: "Clear",
    none_title: "No calls yet", none_text: "Whatever the page asks of the client, and the app of the platform, appears here as it happens. Open an entry for its arguments and its answer.", none_match: "No call matches the filter",
    arguments: "Arguments", answer: "Answer", refused: "Error", more_facts: "More", ok: "ok", loaded: "loaded", reloaded: "reloaded", went_back: "back/forward",
    not_saved: "Not in effect: ", sandbox_silent: "the sandbox does not answer",
    g_authority: "Authorisation", url_rule: "URL that is checked", url_rule_help: "Public reports contradict each other: some clients check the URL at entry, some the current one.", current: "Current URL", entry: "URL at entry",
    grant_life: "How long a grant lives", grant_life_help: "After dd.config, the grant goes with the document, with the path, or with the whole URL, fragment included.", life_document: "Document", life_path: "Same path", life_url: "Whole URL",
    error_shape: "Shape of errors", modern: "Modern", classic: "Classic", error_shape_help: "Modern: errorCode as a string, errorMessage. Classic: errorCode as a number, message.",
    g_bridge: "Bridge", bridge: "State of the bridge", normal: "Normal", late: "Late", never: "Never comes", late_ms: "How late (ms)", grant_ms: "Time to grant (ms)",
    g_phone: "Device", location_off: "Location switched off", nfc: "Has NFC", version: "Client version", language: "Language", user: "Employee signed in",
    g_events: "Events of the client", events_help: "Tell the page what a phone would: into the background, back again, a tap on the button at the top right.", resume: "Resume", pause: "Pause", right_button: "Tap the right button",
    g_verify: "Verification", algorithm: "Algorithm", query_rule: "Query string", decoded: "decoded once", raw: "as it is",
    g_ticket: "jsapi_ticket", ticket: "When asked again", renew: "Same one", replace: "New one", ticket_help: "The same ticket with its life renewed, or a new one that ends the one before.", revoke_ticket: "Revoke the ticket", revoke_token: "Revoke the access token", revoked: "Revoked",
    g_clock: "Clock", speed: "Speed (times)", offset: "Ahead by (seconds)", g_faults: "Faults", faults_help: "Let an endpoint of the platform fail, and see what the app makes of it.",
    no_fault: "Fine", refuse: "Refuses connections", hang: "Never answers", reset: "Drops the connection", lost: "Done, answer lost", http500: "HTTP 500", html: "Answers HTML", busy: "Busy (-1)", limited: "Rate limited", wrong_types: "Wrong types", slow: "Slow", bad_ticket: "Hands out a bad ticket",
    all_endpoints: "All endpoints", g_start: "Back to the start", reset_all: "Reset everything", reset_help: "Settings, counters and the list are as they were when the sandbox started.",
    cancel: "Cancel", confirm: "OK", closed: "The app asked to close the page", close: "Close", remove: "Remove",
    scan_title: "Scan", scan_text: "These codes are before the camera. Choose one, or type something else.", tag_title: "Read an NFC tag", tag_text: "Which tag is held to the phone?", type_other: "Something else", use_typed: "Use", nothing_prepared: "Nothing is prepared. Add something under Scene.",
    choose_chat: "Choose a chat", search_chats: "Search chats", no_chat: "No such chat", people: "people", confirm_chat: "Choose this chat?",
    choose_photo: "Choose a photo", take_photo: "Take a photo", from_computer: "A picture of this computer…", photos: "Photos", choose_folder: "Where to in the drive?", choose_file: "Choose a file", drive: "Drive (钉盘)", drive_empty: "There is no file in the drive yet.",
    pictures: "Picture", no_picture: "There is no picture to show.", picture_failed: "This picture cannot be opened.", previous: "Previous", next: "Next", save_file: "Save to this computer", outside_title: "Another website", outside_text: "A phone would open this address in a new page; it is not one of the micro-app.", no_address: "This is no address that could be opened",
    messages: "Messages", work_notification: "Work notification", robot: "Robot", unread: "Unread", view_details: "View details", no_letters: "No messages yet. Work notifications and chat messages that the app sends appear here.",
    tab_surroundings: "Scene", g_place: "Where the phone is", pin: "Where the phone is", map_help: "Drag the pin or click a spot on the map; on the keyboard, arrow keys (with Shift in small steps), plus and minus to zoom. The streets are made up.", zoom_in: "Zoom in", zoom_out: "Zoom out", go_to_city: "Go to a city…", address_there: "Address", location_is_off: "Location is switched off", longitude: "Longitude", latitude: "Latitude", accuracy: "Accuracy (m)",
    g_answers: "Who answers", answers: "When a person is asked", answers_person: "Choose in the phone", answers_automatic: "Take the first", answers_help: "Codes, chats, photos, dialogs and the like. Outside this page it is always automatic.",
    g_codes: "Codes to scan", code: "Content of code", code_kind: "Kind of code", code_qr: "QR code", code_bar: "Bar code", add_code: "Add a code", g_tags: "NFC tags", tag: "Content of tag", add_tag: "Add a tag",
  },
};

/** A choice about this page stands in its address, so that a link or a bookmark keeps it. */
export const chosen = (name) => new URLSearchParams(location.search).get(name);
export const choose = (name, value) => {
  const choices = new URLSearchParams(location.search);
  choices.set(name, value);
  history.replaceState(null, "", `?${choices}${location.hash}`);
};

let language = chosen("lang");
if (language !== "zh" && language !== "en") {
  language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** The word for `key` in the language of the page; an unknown key comes back as it is. */
export const word = (key) => WORDS[language][key] || key;

/** Fills everything below `root` that names a word: data-word (text), data-label (aria-label, title), data-placeholder. */
export const fillWords = (root) => {
  root.querySelectorAll("[data-word]").forEach((element) => {
    element.textContent = word(element.dataset.word);
  });
  root.querySelectorAll("[data-label]").forEach((element) => {
    element.setAttribute("aria-label", word(element.dataset.label));
    element.title = word(element.dataset.label);
  });
  root.querySelectorAll("[data-placeholder]").forEach((element) => {
    element.placeholder = word(element.dataset.placeholder);
  });
};

export const currentLanguage = () => language;

/** Puts the whole page into `wanted` ("zh" or "en"). */
export const useLanguage = (wanted) => {
  language = wanted;
  document.documentElement.lang = wanted === "zh" ? "zh-CN" : "en";
  document.title = word("page_title");
  fillWords(document);
};
