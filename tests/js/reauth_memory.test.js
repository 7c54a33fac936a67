import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Memory } from "../../static/reauth_memory.js";
import { nextStep } from "../../static/reauth_steps.js";

const KEY = "dingbridge.reauth";
const API = "biz.contact.complexPicker";

/** A tab: its sessionStorage, unless that is "forbidden" or "full", and one entry of its history. */
function openTab(storage = "allowed", { entry = null, longestState = Infinity } = {}) {
  const stored = new Map();
  const deny = (name) => () => { throw Object.assign(new Error(name), { name }); };
  const sessionStorage = {
    getItem: (key) => (stored.has(key) ? stored.get(key) : null),
    setItem: storage === "full" ? deny("QuotaExceededError") : (key, text) => stored.set(key, text),
  };
  const tab = { stored, state: entry, address: "/here" };
  globalThis.window = {
    get sessionStorage() {
      if (storage === "forbidden") deny("SecurityError")();
      return sessionStorage;
    },
    history: {
      get state() { return structuredClone(tab.state); },
      replaceState(state, title, address) {
        if (JSON.stringify(state).length > longestState) deny("DataCloneError")();
        Object.assign(tab, { state: structuredClone(state), address: address || tab.address });
      },
    },
  };
  return tab;
}

afterEach(() => { delete globalThis.window; });

for (const storage of ["allowed", "full", "forbidden"]) {
  test(`steps and trip outlive a reload where sessionStorage is ${storage}`, () => {
    const router = { position: 3, current: "/visit" };
    const tab = openTab(storage, { entry: router });
    const before = new Memory();
    before.take("/visit", "parent", API);
    assert.equal(before.depart({ href: "/app/visit", belongings: { fields: ["x"] } }, "/app/"), true);
    assert.equal(tab.address, "/app/");

    const after = new Memory();
    assert.equal(after.taken("/visit"), 1);
    assert.equal(after.run, 1);
    const { trip, state } = after.arrival();
    assert.deepEqual(state, router);
    assert.deepEqual([trip.href, trip.belongings], ["/app/visit", { fields: ["x"] }]);
  });
}

test("a history entry without the mark takes no trip, and keeps its state", () => {
  const tab = openTab();
  new Memory().depart({ href: "/app/visit" }, "/app/");
  tab.state = { position: 1 };
  assert.deepEqual(new Memory().arrival(), { trip: null, state: { position: 1 } });
});

test("a mark whose trip is gone gives the entry its state back", () => {
  const tab = openTab("allowed", { entry: { position: 1 } });
  new Memory().depart({ href: "/app/visit" }, "/app/");
  tab.stored.clear();
  assert.deepEqual(new Memory().arrival(), { trip: null, state: { position: 1 } });
});

test("who cannot remember does not leave, and nothing is changed", () => {
  const tab = openTab("full", { entry: { position: 1 }, longestState: 100 });
  const memory = new Memory();
  assert.equal(memory.depart({ href: "/app/visit", belongings: "long".repeat(50) }, "/app/"), false);
  assert.deepEqual([tab.state, tab.address, memory.run], [{ position: 1 }, "/here", 0]);
});

test("what cannot be written as JSON is not left behind either", () => {
  openTab();
  const circle = {};
  circle.circle = circle;
  assert.equal(new Memory().depart({ call: circle }, "/app/"), false);
});

test("a call that is answered clears its own step, another call's does not", () => {
  openTab();
  const memory = new Memory();
  memory.take("/visit", "parent", API);
  memory.granted("/visit");
  memory.answered("/visit", "device.geolocation.get");
  memory.answered("/place", API);
  assert.equal(new Memory().taken("/visit"), 0, "nothing is stored before it leaves");
  assert.equal(memory.taken("/visit"), 1);
  memory.answered("/visit", API);
  assert.equal(memory.taken("/visit"), 0);
});

test("a grant clears the step that a missing grant took", () => {
  openTab();
  const memory = new Memory();
  memory.take("/visit", "parent", "");
  memory.granted("/place");
  assert.equal(memory.taken("/visit"), 1);
  memory.granted("/visit");
  assert.equal(memory.taken("/visit"), 0);
});

test("what the visitor typed does not lie about after the arrival", () => {
  const tab = openTab();
  const memory = new Memory();
  memory.depart({ belongings: "typed" }, "/app/");
  assert.match(tab.stored.get(KEY), /typed/);
  memory.arrived();
  assert.doesNotMatch(tab.stored.get(KEY), /typed/);
});

for (const junk of ["", "{", "null", "7", '"text"', '{"steps":null,"run":"many"}']) {
  test(`a store that holds ${junk || "nothing"} is as good as empty`, () => {
    const tab = openTab();
    tab.stored.set(KEY, junk);
    const memory = new Memory();
    assert.deepEqual([memory.taken("/visit"), memory.run, memory.arrival().trip], [0, 0, null]);
  });
}

/** Every client that answers two calls of a view in any way, in each of its first six documents. */
function* clients() {
  const answers = ["granted", "refuses one", "refuses two", "grants nothing"];
  for (let number = 0; number < answers.length ** 6; number += 1) {
    yield Array.from({ length: 6 }, (_, at) => answers[Math.floor(number / answers.length ** at) % 4]);
  }
}

test("no client, however it changes its mind, gets more than five documents out of one visit", () => {
  let most = 0;
  for (const client of clients()) {
    openTab();
    let loads = 1;
    while (loads < 50 && visitLeaves(client[(loads - 1) % client.length])) loads += 1;
    most = Math.max(most, loads);
  }
  assert.equal(most, 5);
});

/** One document of a view that calls two APIs at once; true where it leaves for another. */
function visitLeaves(answer) {
  const memory = new Memory();
  const facts = { isElsewhere: false, isOwnDocument: false };
  const leave = (why, code, api) => {
    const step = nextStep({ why, code, taken: memory.taken("/v"), run: memory.run, ...facts });
    if (step === null || step === "stop") return false;
    memory.take("/v", step, api);
    return memory.depart({ href: "/v" }, "/");
  };
  if (answer === "grants nothing") return leave("grant", "3", "");
  memory.granted("/v");
  if (answer !== "refuses one") memory.answered("/v", "one");
  if (answer !== "refuses two") memory.answered("/v", "two");
  return answer !== "granted" && leave("answer", "7", answer.slice("refuses ".length));
}
