import { h } from "vue";
import { useAction } from "./action.js";
import { LOCATE, describePlace, locate } from "./calls.js";
import { t } from "./page.js";
import { save } from "./saved_list.js";

export const PlaceView = {
  setup() {
    const action = useAction(LOCATE, async (reauth) => {
      const place = await locate(reauth);
      save(t.spa_place, place.address || t.spa_no_address);
      return describePlace(place);
    });
    return () => h("section", { class: "card" }, [
      h("h1", t.spa_place),
      h("p", { class: "hint" }, t.spa_place_hint),
      h("button", {
        class: "main-button", id: "locate", type: "button", "data-action": "locate",
        "aria-disabled": action.state === "working" ? "true" : null, onClick: action.start,
      }, action.state === "working" ? t.spa_locating : t.spa_locate),
      h("output", { class: "outcome", id: "place", "data-kind": action.state }, action.text),
    ]);
  },
};
