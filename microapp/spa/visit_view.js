import { h, inject, reactive, shallowRef } from "vue";
import { useRouter } from "vue-router";
import { useAction } from "./action.js";
import { PICK, names, pickPeople } from "./calls.js";
import { t } from "./page.js";
import { save } from "./saved_list.js";

export const VisitView = {
  setup() {
    const router = useRouter();
    const visit = reactive({ customer: "", purpose: "sales", result: "", note: "" });
    const people = shallowRef([]);
    // Chosen people are no form field, so they travel by name.
    people.value = inject("reauth").carry("people", () => people.value) || [];
    const choose = useAction(PICK, async (reauth) => {
      people.value = await pickPeople(reauth, people.value);
      return "";
    });

    const submit = (event) => {
      event.preventDefault();
      const detail = [
        t[`spa_purpose_${visit.purpose}`], t[`spa_result_${visit.result}`], visit.note,
        people.value.length ? names(people.value) : "",
      ];
      save(visit.customer, detail.filter(Boolean).join(" · "));
      router.push("/saved");
    };
    const bound = (name) => ({
      id: name, name, value: visit[name], onInput: (event) => { visit[name] = event.target.value; },
    });

    return () => h("form", { class: "card", id: "visit", onSubmit: submit }, [
      h("h1", t.spa_visit),
      field("customer", t.spa_customer, h("input", {
        ...bound("customer"), required: true, maxlength: 60, autocomplete: "organization",
      })),
      field("purpose", t.spa_purpose, h("select", bound("purpose"), (
        ["sales", "service", "payment"].map((name) => h("option", { value: name }, t[`spa_purpose_${name}`]))
      ))),
      h("fieldset", { class: "field" }, [
        h("legend", t.spa_result),
        ...["done", "open"].map((name) => h("label", { class: "choice" }, [
          h("input", {
            type: "radio", name: "result", value: name, required: true, checked: visit.result === name,
            onChange: () => { visit.result = name; },
          }), ` ${t[`spa_result_${name}`]}`,
        ])),
      ]),
      field("note", t.spa_note, h("textarea", { ...bound("note"), rows: 4, maxlength: 500 })),
      h("p", { class: "field" }, [
        h("span", { class: "label", id: "people-label" }, t.spa_people),
        h("button", {
          class: "side-button", id: "choose", type: "button", "data-action": "people",
          "aria-disabled": choose.state === "working" ? "true" : null, onClick: choose.start,
        }, choose.state === "working" ? t.spa_choosing : t.spa_choose),
        h("output", {
          class: "outcome", id: "people", "aria-labelledby": "people-label", "data-kind": choose.state,
        }, choose.text || names(people.value)),
      ]),
      h("button", { class: "main-button" }, t.spa_save),
    ]);
  },
};

function field(id, label, control) {
  return h("p", { class: "field" }, [h("label", { for: id }, label), control]);
}
