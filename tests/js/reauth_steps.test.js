import assert from "node:assert/strict";
import { test } from "node:test";
import { nextStep } from "../../static/reauth_steps.js";

const FRESH = { taken: 0, run: 0, isElsewhere: false, isOwnDocument: false };
const ask = (facts) => nextStep({ ...FRESH, ...facts });

test("a grant that failed is worth one refresh of the parent, and no more", () => {
  const codes = ["3", "bridge_silent", "server_silent", "config_failed", "ticket_unavailable", "no_script"];
  for (const code of codes) {
    assert.equal(ask({ why: "grant", code }), "parent");
    assert.equal(ask({ why: "grant", code, taken: 1 }), "stop");
    assert.equal(ask({ why: "grant", code, taken: 2 }), "stop");
  }
});

test("what no other document can mend is none of its business", () => {
  for (const code of ["offline", "outside", "unsupported_here", "old_client"]) {
    assert.equal(ask({ why: "grant", code }), null);
  }
  for (const code of ["4", "-1", "cancelled", "3", "bridge_silent"]) {
    assert.equal(ask({ why: "answer", code }), null);
  }
});

test("an API that this document does not declare is looked for in the parent, if that is another", () => {
  const facts = { why: "grant", code: "undeclared_api" };
  assert.equal(ask({ ...facts, isElsewhere: true }), "parent");
  assert.equal(ask({ ...facts, isElsewhere: true, taken: 1 }), "stop");
  assert.equal(ask(facts), "stop");
});

test("a call that is refused gets the parent first, then the view's own document", () => {
  const refused = { why: "answer", code: "7" };
  assert.equal(ask(refused), "parent");
  assert.equal(ask({ ...refused, taken: 1 }), "view");
  assert.equal(ask({ ...refused, taken: 2 }), "stop");
});

test("what has been loaded already is not loaded again", () => {
  assert.equal(ask({ why: "answer", code: "7", taken: 1, isOwnDocument: true }), "stop");
  // The parent is the first step all the same: a client may have lost what it granted.
  assert.equal(ask({ why: "answer", code: "7", isOwnDocument: true }), "parent");
});

test("whatever it has seen, four refreshes in a row are enough", () => {
  for (const why of ["grant", "answer"]) {
    for (const taken of [0, 1, 2]) assert.equal(ask({ why, code: "7", taken, run: 4 }), "stop");
  }
});
