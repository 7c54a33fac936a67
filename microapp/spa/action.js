// One button that calls one API of the client.
import { inject, onMounted, shallowReactive } from "vue";
import { tellError } from "./calls.js";

/**
 * {state: "", "working" or "bad", text, start}: `run(reauth)` does the call and returns what to say.
 * Where a refresh cut off a call of `api` in this view, it goes on by itself.
 */
export function useAction(api, run) {
  const reauth = inject("reauth");
  const action = shallowReactive({ state: "", text: "", start });
  async function start() {
    if (action.state === "working") return;
    Object.assign(action, { state: "working", text: "" });
    try {
      Object.assign(action, { state: "", text: await run(reauth) });
    } catch (error) {
      Object.assign(action, { state: "bad", text: tellError(error) });
    }
  }
  onMounted(() => {
    if (reauth.resume(api)) start();
  });
  return action;
}
