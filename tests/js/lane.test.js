import assert from "node:assert/strict";
import { test } from "node:test";
import { Lane } from "../../static/bridge_lane.js";

test("whoever waits goes when the lane opens, and later ones at once", async () => {
  const lane = new Lane();
  const early = lane.enter();
  lane.open();
  await early;
  await lane.enter();
});

test("whoever waits is turned back when the lane fails, and later ones at once", async () => {
  const lane = new Lane();
  const early = lane.enter();
  lane.fail("why");
  await assert.rejects(early, (reason) => reason === "why");
  await assert.rejects(lane.enter(), (reason) => reason === "why");
});

test("a lane that failed may open after all", async () => {
  const lane = new Lane();
  lane.fail("late");
  lane.open();
  await lane.enter();
});

test("a lane that is open does not fail any more", async () => {
  const lane = new Lane();
  lane.open();
  lane.fail("too late to matter");
  await lane.enter();
});

test("a lane that is being mended lets callers wait again", async () => {
  const lane = new Lane();
  lane.fail("offline");
  lane.reopen();
  const waiting = lane.enter();
  lane.open();
  await waiting;
});
