import assert from "node:assert/strict";
import { test } from "node:test";
import { distance, layOut, offset, roundLength } from "../../static/checkin_map.js";

const HERE = { latitude: 30.279212, longitude: 120.026208, accuracy: 29 };

function away(north, east) {
  const shrink = Math.cos((HERE.latitude * Math.PI) / 180);
  return {
    latitude: HERE.latitude + north / 111320,
    longitude: HERE.longitude + east / (111320 * shrink),
  };
}

test("a kilometre north is a kilometre, and so is one east", () => {
  assert.ok(Math.abs(distance(HERE, away(1000, 0)) - 1000) < 1);
  assert.ok(Math.abs(distance(HERE, away(0, 1000)) - 1000) < 1);
});

test("across the date line it is not around the world", () => {
  const west = { latitude: 0, longitude: 179.999 };
  const east = { latitude: 0, longitude: -179.999 };
  assert.ok(Math.abs(offset(west, east).east - 222.64) < 0.1);
});

test("everything near is inside the picture, north is up and east is right", () => {
  const places = [away(800, -1200), away(-300, 50), away(2, 1900)];
  const { circle, marks } = layOut(HERE, places);
  assert.equal(marks.length, 3);
  marks.forEach(({ x, y }) => assert.ok(x >= 20 && x <= 300 && y >= 20 && y <= 160, `${x} ${y}`));
  assert.ok(marks[0].x < 160 && marks[0].y < 90);
  assert.ok(marks[1].y > 90);
  assert.ok(marks[2].x > 160);
  assert.ok(circle > 0);
});

test("the marks keep their distances at the scale of the bar", () => {
  const { bar, marks } = layOut(HERE, [away(0, 600), away(300, 0)]);
  const pixels = bar.length / bar.metres;
  assert.ok(Math.abs((marks[0].x - 160) / pixels - 600) < 2);
  assert.ok(Math.abs((90 - marks[1].y) / pixels - 300) < 2);
});

test("the circle fits however inaccurate the client is, and is to scale", () => {
  for (const accuracy of [1, 29, 500, 9999]) {
    const { bar, circle } = layOut(Object.assign({}, HERE, { accuracy }), []);
    assert.ok(circle <= 62.001, `${accuracy}: ${circle}`);
    assert.ok(Math.abs(circle / (bar.length / bar.metres) - accuracy) < accuracy / 100);
  }
});

test("a place in another city does not shrink the sketch to a dot", () => {
  const beijing = { latitude: 39.9, longitude: 116.4 };
  assert.deepEqual(layOut(HERE, [beijing]), layOut(HERE, []));
});

test("the bar is a round length", () => {
  const lengths = [1, 1.9, 2, 4.99, 5, 9.9, 10, 199, 230, 5000, 9999.9].map(roundLength);
  assert.deepEqual(lengths, [1, 1, 2, 2, 5, 5, 10, 100, 200, 5000, 5000]);
});
