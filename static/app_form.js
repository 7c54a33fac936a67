// A form that is sent by script: what was typed stays until the server has it, two taps store
// once, and what failed can be tried again. Without JavaScript the same form posts itself.
//
//   sendForm(document.getElementById("checkin"), {
//     outcome: document.getElementById("outcome"),
//     collect: async () => ({ place: await where() }),     // more for the server; an error whose
//                                                          // `isShown` is true is told elsewhere
//     done: (answer) => …,
//     refused: (error) => …,          // the server said no
//   });
//
// The form has a hidden field `key`. The server stores one submission per key and person.
import { clear, failed, working } from "./app_outcome.js";
import { Draft } from "./app_draft.js";
import { send } from "./app_server.js";

// With these the server has said for good what becomes of the submission of this key.
const SETTLED = ["submitted_before", "send_unclear"];

/** Takes over a form. `says`: the sentence while it is being stored. */
export function sendForm(form, options) {
  const draft = new Draft(form);
  let isBusy = false;

  async function submit() {
    if (isBusy) return; // a double tap
    isBusy = true;
    form.setAttribute("aria-busy", "true");
    try {
      await attempt();
    } catch (error) {
      const isSettled = SETTLED.includes(error.code);
      if (isSettled) draft.renewKey();
      if (options.refused && error.status >= 400 && error.status < 500) options.refused(error);
      if (error.isShown) clear(options.outcome);
      // Under a new key a button that tries again would make a second one: who has looked and wants
      // that, as the sentence says, takes the form's own.
      else failed(options.outcome, error, isSettled ? null : submit);
    } finally {
      isBusy = false;
      form.removeAttribute("aria-busy");
    }
  }

  async function attempt() {
    clear(options.outcome);
    draft.keep(); // with the key: an answer may be lost
    const more = options.collect ? await options.collect() : {};
    const [data, sent] = [new FormData(form), draft.fields()]; // also what was typed in between
    Object.keys(more).forEach((name) => data.append(name, more[name]));
    working(options.outcome, options.says);
    const answer = await send(form.action, data);
    draft.finish(sent);
    options.done(answer);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
}
