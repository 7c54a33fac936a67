// Which refresh may still help a view. Pure, so that every course of events can be tried.

export const REFUSED = "7"; // the client's code for a call without a grant
// Another document is no better for these.
const HOPELESS = ["offline", "outside", "unsupported_here", "old_client"];
// Refreshes in a row without a tap of the visitor. A grant may take one and a refused call two;
// whatever wants more goes in circles, be it that a client answers one call in every other document.
const LONGEST_RUN = 4;

/**
 * "parent": load the parent page, which authorises, and come back. "view": load the view's own
 * address as a document. "stop": neither helps any more. null: it is no matter of grants.
 *
 * `why`: "grant" where the API may not be called in this document, "answer" where the client
 * answered; `code`: the error's. `taken`: the steps that this view has taken, 0 to 2. `run`: the
 * refreshes in a row. `isElsewhere`: the document was loaded on another page than the parent. `isOwnDocument`: it was
 * loaded on the very address that the view has.
 */
export function nextStep({ why, code, taken, run, isElsewhere, isOwnDocument }) {
  const isOver = run >= LONGEST_RUN;
  if (why === "grant") {
    if (HOPELESS.includes(code)) return null;
    // The parent's template declares the APIs of all views; where it does not, nobody does.
    const isNowhere = code === "undeclared_api" && !isElsewhere;
    return taken > 0 || isOver || isNowhere ? "stop" : "parent";
  }
  if (code !== REFUSED) return null;
  if (isOver) return "stop";
  if (taken === 0) return "parent";
  return taken === 1 && !isOwnDocument ? "view" : "stop";
}
