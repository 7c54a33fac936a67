import { h, shallowRef } from "vue";
import { t } from "./page.js";
import { isKept, removeAll, saved } from "./saved_list.js";

export const SavedView = {
  setup() {
    const entries = shallowRef(saved());
    const clear = () => {
      removeAll();
      entries.value = saved();
    };
    return () => h("section", { class: "card" }, [
      h("h1", t.spa_saved),
      h("p", { class: "hint" }, isKept ? t.spa_saved_hint : t.spa_not_kept),
      entries.value.length
        ? h("ul", { class: "saved", id: "saved" }, entries.value.map((entry) => h("li", { key: entry.at }, [
          h("strong", entry.title),
          h("time", { datetime: entry.at }, new Date(entry.at).toLocaleString(document.documentElement.lang)),
          h("p", entry.detail),
        ])))
        : h("p", { class: "empty", id: "saved" }, t.spa_nothing),
      entries.value.length
        ? h("button", { class: "side-button", type: "button", onClick: clear }, t.spa_clear)
        : null,
    ]);
  },
};
