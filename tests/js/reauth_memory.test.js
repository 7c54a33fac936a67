import assert from "node:assert/strict";
import { test } from "node:test";
import { Memory } from "../../static/reauth_memory.js";
import { Tab } from "./tab.js";

const KEY = "dingbridge.reauth";
const API = "biz.contact.complexPicker";

for (const storage of ["allowed", "full", "forbidden"]) {
  test(`steps and trip outlive a reload where sessionStorage is ${storage}`, () => {
    const router = { position: 3, current: "/visit" };
    const tab = new Tab({ address: "/app/visit", state: router, storage });
    const trip = { href: "https://h/app/visit", belongings: { fields: ["x"] } };
    const before = new Memory();
    assert.equal(before.depart(trip, "/app/", { view: "/visit", taken: 1, api: API }), true);
    assert.equal(tab.address, "/app/");

    const after = new Memory();
    assert.deepEqual([after.taken("/visit"), after.run], [1, 1]);
    assert.deepEqual(after.trip(), trip);
    assert.deepEqual(after.arrive(), trip);
    assert.deepEqual([tab.address, tab.state], ["/app/visit", router]);
    assert.equal(after.arrive(), null, "once");
  });
}

test("a history entry without the mark takes no trip, and keeps its state", () => {
  const tab = new Tab({ address: "/app/visit" });
  new Memory().depart({ href: "https://h/app/visit" }, "/app/", null);
  tab.push("/app/saved", { position: 1 });
  assert.equal(new Memory().arrive(), null);
  assert.deepEqual([tab.address, tab.state], ["/app/saved", { position: 1 }]);
});

test("who cannot remember does not leave, and nothing is changed", () => {
  const tab = new Tab({ address: "/here", state: { position: 1 }, longestState: 100 });
  const memory = new Memory();
  const step = { view: "/visit", taken: 1, api: API };
  assert.equal(memory.depart({ belongings: "long".repeat(50) }, "/app/", step), false);
  assert.deepEqual([tab.state, tab.address], [{ position: 1 }, "/here"]);
  assert.deepEqual([memory.run, memory.taken("/visit"), tab.stored.size], [0, 0, 0]);
});

test("what cannot be written as JSON is not left behind either", () => {
  new Tab();
  const circle = {};
  circle.circle = circle;
  assert.equal(new Memory().depart({ call: circle }, "/app/", null), false);
});

/** A memory in which the view has taken a step for `api`. */
function departed(api) {
  new Tab();
  const memory = new Memory();
  memory.depart({ href: "https://h/app/" }, "/app/", { view: "/visit", taken: 1, api });
  memory.arrive();
  return memory;
}

test("a call that is answered clears its own step, another call's does not", () => {
  const memory = departed(API);
  memory.granted("/visit");
  memory.answered("/visit", "device.geolocation.get");
  memory.answered("/place", API);
  assert.equal(new Memory().taken("/visit"), 1);
  memory.answered("/visit", API);
  assert.equal(new Memory().taken("/visit"), 0);
});

test("a grant clears the step that a missing grant took", () => {
  const memory = departed("");
  memory.granted("/place");
  assert.equal(new Memory().taken("/visit"), 1);
  memory.granted("/visit");
  assert.equal(new Memory().taken("/visit"), 0);
});

test("what the visitor typed lies in no store", () => {
  const tab = new Tab();
  new Memory().depart({ href: "https://h/app/", belongings: "typed" }, "/app/", null);
  assert.doesNotMatch(tab.stored.get(KEY), /typed/);
});

for (const junk of ["", "{", "null", "7", '"text"', '{"steps":null,"run":"many"}']) {
  test(`a store that holds ${junk || "nothing"} is as good as empty`, () => {
    const tab = new Tab();
    tab.stored.set(KEY, junk);
    const memory = new Memory();
    assert.deepEqual([memory.taken("/visit"), memory.run, memory.trip()], [0, 0, null]);
  });
}
