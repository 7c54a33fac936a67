// The real static/reauth.js from document to document, with a client that answers as a test says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Tab } from "./tab.js";

const PICK = "biz.contact.complexPicker";
const PATIENCE = 15000; // milliseconds, as in reauth.js
const REFUSES = { call: () => "7" };

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

/** A document of the app, with the view entered that its address has. */
async function open(tab, client) {
  const reauth = await tab.load(client);
  reauth.enter({ apis: [PICK] });
  await tab.settle();
  return reauth;
}

/** Calls the API, and follows its refreshes until one document is left; tells how many were loaded. */
async function callsUntilTheEnd(tab, client) {
  const before = tab.loads;
  tab.reauth.call(PICK, { a: 1 }).catch(() => {});
  await tab.settle();
  while (tab.isReloading && tab.loads < before + 20) {
    const reauth = await open(tab, client);
    if (reauth.resume(PICK)) reauth.call(PICK, { a: 1 }).catch(() => {});
    await tab.settle();
  }
  return tab.loads - before;
}

test("a refused call has the parent loaded, then the view, and then a sentence with a known reference", async () => {
  const tab = new Tab();
  await open(tab, REFUSES);
  tab.push("/app/visit", { position: 3 });
  tab.reauth.enter({ apis: [PICK] });
  assert.equal(await callsUntilTheEnd(tab, REFUSES), 2);
  assert.deepEqual([tab.told, tab.address, tab.state], [["7"], "/app/visit", { position: 3 }]);
  assert.equal(tab.reported[0].code, "7", "the server knows what the reference stands for");
});

test("a call that succeeds gives the view both steps again", async () => {
  const tab = new Tab();
  await open(tab, REFUSES);
  tab.push("/app/visit");
  tab.reauth.enter({ apis: [PICK] });
  assert.equal(await callsUntilTheEnd(tab, REFUSES), 2);
  tab.client = {};
  await tab.reauth.call(PICK);
  tab.tap();
  await open(tab, REFUSES); // this document is the view's own, so the parent is what is left
  assert.equal(await callsUntilTheEnd(tab, REFUSES), 2);
});

test("a grant gives the view its step again", async () => {
  const tab = new Tab();
  await open(tab, { allow: () => "3" });
  assert.ok(tab.isReloading);
  await open(tab);
  await open(tab, { allow: () => "3" });
  assert.ok(tab.isReloading);
});

for (const code of ["cancelled", "4", "-1"]) {
  test(`a call that the client let through and that ended in ${code} gives the steps back too`, async () => {
    const tab = new Tab();
    await open(tab, REFUSES);
    tab.push("/app/visit");
    tab.reauth.enter({ apis: [PICK] });
    await callsUntilTheEnd(tab, REFUSES);
    tab.client = { call: () => code };
    await assert.rejects(tab.reauth.call(PICK), { code });
    tab.tap();
    tab.client = REFUSES;
    assert.ok(await callsUntilTheEnd(tab, REFUSES) >= 1, "a later refusal is worth a refresh");
  });
}

test("going back while the parent page waits leaves the neighbour alone, and going forward comes back", async () => {
  const tab = new Tab({ state: { position: 0 } });
  await open(tab, REFUSES);
  tab.push("/app/visit", { position: 1 });
  tab.reauth.enter({ apis: [PICK] });
  tab.reauth.call(PICK, { a: 1 }).catch(() => {});
  await tab.settle();
  await tab.load({ state: "pending" });
  assert.equal(tab.attributes.get("data-reauth"), "returning");
  tab.travel(-1);
  tab.becomes("ready");
  await tab.settle();
  assert.deepEqual(tab.entries[0], { address: "/app/", state: { position: 0 } });
  tab.reauth.enter({});

  const heard = [];
  window.addEventListener("popstate", (event) => heard.push([window.location.pathname, event.state]));
  tab.travel(1);
  assert.deepEqual(heard, [["/app/visit", { position: 1 }]]);
  tab.reauth.enter({ apis: [PICK] });
  assert.deepEqual(tab.reauth.resume(PICK), { a: 1 });
});

test("a refresh of which nothing comes is given up: the address is back, and the visitor told", async () => {
  const tab = new Tab();
  await open(tab, REFUSES);
  tab.push("/app/visit", { position: 1 });
  tab.reauth.enter({ apis: [PICK] });
  const answer = assert.rejects(tab.reauth.call(PICK), { code: "7" });
  await tab.settle();
  assert.deepEqual([tab.attributes.get("data-reauth"), tab.address], ["leaving", "/app/"]);

  let mayChange = false;
  tab.reauth.settled([]).then(() => { mayChange = true; });
  await tab.settle();
  assert.equal(mayChange, false, "no view is changed while the document goes");
  mock.timers.tick(PATIENCE);
  await answer;
  assert.deepEqual([tab.address, tab.state, tab.told], ["/app/visit", { position: 1 }, ["7"]]);
  assert.equal(tab.attributes.has("data-reauth"), false);
  assert.ok(tab.isStopped);
  await tab.settle();
  assert.ok(mayChange);
});

test("a view whose query changes during a call is the same view", async () => {
  const tab = new Tab();
  const reauth = await open(tab, REFUSES);
  reauth.call(PICK, {}).catch(() => {});
  tab.entries[0].address = "/app/?filter=1";
  reauth.enter({ apis: [PICK] });
  await tab.settle();
  assert.ok(tab.isReloading);
});

test("what came along is still there after the query has changed", async () => {
  const tab = new Tab();
  const before = await open(tab, REFUSES);
  before.carry("people", () => ["a"]);
  before.call(PICK, { a: 1 }).catch(() => {});
  await tab.settle();
  const after = await open(tab);
  tab.entries[0].address = "/app/?filter=1";
  after.enter({ apis: [PICK] });
  assert.deepEqual([after.carry("people", () => []), after.resume(PICK)], [["a"], { a: 1 }]);
});

test("a call that is made before any view was entered is recovered like any other", async () => {
  const tab = new Tab();
  const reauth = await tab.load(REFUSES);
  reauth.call(PICK, {}).catch(() => {});
  reauth.enter({ apis: [PICK] });
  await tab.settle();
  assert.ok(tab.isReloading);
});

test("a call of a view that was left meanwhile refreshes nothing", async () => {
  const tab = new Tab();
  const reauth = await open(tab, REFUSES);
  const answer = assert.rejects(reauth.call(PICK, {}), { code: "7" });
  tab.push("/app/saved");
  reauth.enter({});
  await answer;
  assert.deepEqual([tab.isReloading, tab.told], [false, []]);
});

test("a reader of a left view is asked no more, and one that throws takes nothing along with it", async () => {
  const tab = new Tab();
  const reauth = await open(tab, REFUSES);
  reauth.carry("left", () => "left");
  tab.push("/app/visit");
  reauth.enter({ apis: [PICK] });
  reauth.carry("broken", () => { throw new TypeError("gone"); });
  reauth.carry("people", () => ["a"]);
  reauth.call(PICK, {}).catch(() => {});
  await tab.settle();
  const after = await tab.load();
  assert.deepEqual(after.belongings.carried, { people: ["a"] });
  assert.throws(() => mock.timers.tick(1), { message: "gone" }, "but it is not hushed up");
});

test("where the way back cannot be written down nothing is lost, stored or counted", async () => {
  const tab = new Tab({ longestState: 100 });
  const reauth = await open(tab, REFUSES);
  reauth.carry("note", () => "typed".repeat(50));
  await assert.rejects(reauth.call(PICK, {}), { code: "7" });
  assert.deepEqual([tab.told, tab.isReloading, tab.address], [["7"], false, "/app/"]);
  assert.doesNotMatch([...tab.stored.values()].join(), /typed|taken/);
  tab.longestState = Infinity;
  reauth.call(PICK, {}).catch(() => {});
  await tab.settle();
  assert.ok(tab.isReloading, "the first step has not been taken yet");
});

test("an API that the platform lacks does not hide that another's grant failed", async () => {
  const tab = new Tab();
  const reauth = await tab.load({ allow: (name) => (name === PICK ? "3" : "unsupported_here") });
  reauth.enter({ apis: ["device.geolocation.get", PICK] });
  await tab.settle();
  assert.ok(tab.isReloading);
});

test("a view whose only API the platform lacks is not refreshed, and its call tells why", async () => {
  const tab = new Tab();
  const reauth = await tab.load({ allow: () => "unsupported_here" });
  assert.equal(await reauth.enter({ apis: [PICK] }), false);
  await assert.rejects(reauth.call(PICK), { code: "unsupported_here" });
  assert.deepEqual([tab.isReloading, tab.told], [false, []]);
});

test("a call that was refused for good goes on after a retry only, not when the view is drawn anew", async () => {
  const tab = new Tab();
  await open(tab, REFUSES);
  await callsUntilTheEnd(tab, REFUSES);
  assert.deepEqual(tab.told, ["7"]);
  assert.equal(tab.reauth.resume(PICK), null);
  tab.fire("dingbridge:retry", { preventDefault() {} });
  const after = await open(tab);
  assert.deepEqual(after.resume(PICK), { a: 1 });
  assert.equal(after.resume(PICK), null, "once");
});

/** A tab in which a client that grants nothing has taken up the steps of as many views. */
async function afterRow(length, storage) {
  const tab = new Tab({ storage });
  await open(tab, { allow: () => "3" });
  for (let at = 0; at < length; at += 1) {
    assert.ok(tab.isReloading);
    const reauth = await tab.load({ allow: () => "3" });
    reauth.enter({ apis: [PICK], key: `view ${at}` });
    await tab.settle();
  }
  return tab;
}

test("a row of refreshes ends after four, and a tap, back or forward begin another", async () => {
  for (const act of [(tab) => tab.tap(), (tab) => tab.travel(0)]) {
    const tab = await afterRow(4);
    assert.deepEqual([tab.isReloading, tab.told], [false, ["3"]]);
    tab.fire("click", { isTrusted: false });
    tab.reauth.enter({ apis: [PICK], key: "another" });
    await tab.settle();
    assert.equal(tab.isReloading, false, "a click by a script is no tap");
    act(tab);
    tab.reauth.enter({ apis: [PICK], key: "another" });
    await tab.settle();
    assert.ok(tab.isReloading);
  }
});

test("a tap is known to the next document too", async () => {
  const tab = await afterRow(4);
  tab.tap();
  await open(tab, { allow: () => "3" });
  tab.reauth.enter({ apis: [PICK], key: "another" });
  await tab.settle();
  assert.ok(tab.isReloading);
});

test("a page from the back/forward cache knows what has happened since", async () => {
  const tab = await afterRow(4);
  tab.stored.clear(); // by another document, in which all went well
  tab.fire("pageshow", { persisted: false });
  tab.reauth.enter({ apis: [PICK], key: "another" });
  await tab.settle();
  assert.equal(tab.isReloading, false);
  tab.fire("pageshow", { persisted: true });
  tab.reauth.enter({ apis: [PICK], key: "another" });
  await tab.settle();
  assert.ok(tab.isReloading);
});

test("the address of the document is the one before anything changed it", async () => {
  const tab = new Tab({ address: "/app/?from=chat", movesTo: "/app/visit" });
  await open(tab, REFUSES);
  tab.reauth.call(PICK, {}).catch(() => {});
  await tab.settle();
  assert.equal(tab.address, "/app/?from=chat");
});

test("the ten lines for any other router, as docs/spa.md has them", async () => {
  const page = readFileSync(new URL("../../docs/spa.md", import.meta.url), "utf8");
  const [, recipe] = /any other router.*?```js\n(.*?)```/s.exec(page);
  assert.ok(recipe.trim().split("\n").length <= 12);
  const module = `export async function run(startReauth, makeRouter, params) {${recipe} return result;}`;
  const { run } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
  const tab = new Tab({ address: "/app/visit" });
  let grant;
  const granted = new Promise((resolve) => { grant = resolve; });
  const reauth = await tab.load({ state: "pending", allow: () => granted });
  const done = [];
  const router = {
    beforeChange(hook) { router.before = hook; },
    afterChange(hook) { router.after = hook; },
    async start() {
      const to = { apis: [PICK], title: "Visit" };
      await router.before(to);
      done.push("changed");
      router.after(to);
    },
  };
  const result = run(async () => reauth, () => router, { a: 1 });
  await tab.settle();
  assert.deepEqual(done, [], "the address stays while the client may look at it");
  tab.becomes("ready");
  grant();
  assert.deepEqual([await result, document.title, done], [{ name: PICK }, "Visit", ["changed"]]);
});

/** Every client that answers two calls of a view in any way, in each of its first five documents. */
function* clients() {
  const answers = ["granted", "refuses one", "refuses two", "grants nothing"];
  for (let number = 0; number < answers.length ** 5; number += 1) {
    yield Array.from({ length: 5 }, (_, at) => answers[Math.floor(number / answers.length ** at) % 4]);
  }
}

/** How many documents one visit of a view takes that calls two APIs at once. */
async function loadsOf(answers, storage) {
  const tab = new Tab({ storage });
  do {
    const answer = answers[tab.loads % answers.length];
    const reauth = await tab.load({
      allow: () => (answer === "grants nothing" ? "3" : ""),
      call: (name) => (answer === `refuses ${name}` ? "7" : ""),
    });
    if (tab.loads === 1) tab.push("/app/visit");
    reauth.enter({ apis: ["one", "two"] });
    for (const name of ["one", "two"]) reauth.call(name).catch(() => {});
    await tab.settle();
  } while (tab.isReloading && tab.loads < 20);
  return tab.loads;
}

test("no client, however it changes its mind, gets more than five documents out of one visit", async () => {
  let most = 0;
  for (const answers of clients()) most = Math.max(most, await loadsOf(answers, "allowed"));
  assert.equal(most, 5);
});

for (const storage of ["full", "forbidden", "cleared"]) {
  test(`nor does one where sessionStorage is ${storage}`, async () => {
    for (const answers of [["grants nothing"], ["refuses one"], ["refuses one", "refuses two"]]) {
      assert.ok(await loadsOf(answers, storage) <= 5);
    }
    assert.equal(await loadsOf(["grants nothing"], storage), 2);
  });
}
