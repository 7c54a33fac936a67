// A sketch to scale: where the visitor is, the circle in which that may be wrong, and the places of
// earlier check-ins. North is up. There are no tiles: nobody outside learns where anybody is.
const SVG = "http://www.w3.org/2000/svg";
const METRES_PER_DEGREE = 111320; // of latitude, anywhere; of longitude, on the equator
const WIDTH = 320;
const HEIGHT = 180;
const MARGIN = 28; // keeps marks and the circle off the edges
const SMALLEST_M = 60; // across: nearer than this, accuracy says more than the picture
const FARTHEST_M = 50000; // what is farther away than this is not on the sketch

/** Metres east and north from one place to another, good for distances within a city. */
export function offset(from, to) {
  const shrink = Math.cos((from.latitude * Math.PI) / 180);
  const turn = ((to.longitude - from.longitude + 540) % 360) - 180;
  return {
    east: turn * METRES_PER_DEGREE * shrink,
    north: (to.latitude - from.latitude) * METRES_PER_DEGREE,
  };
}

/** Metres between two places. */
export function distance(from, to) {
  const { east, north } = offset(from, to);
  return Math.hypot(east, north);
}

/**
 * Where things stand in a picture of 320 by 180: {circle, marks: [{x, y}], bar: {metres, length}}.
 * `here` is in the middle; the scale is chosen so that the circle and all that is near fit.
 */
export function layOut(here, earlier) {
  const near = earlier.map((place) => offset(here, place))
    .filter(({ east, north }) => Math.hypot(east, north) <= FARTHEST_M);
  const halfWidth = Math.max(SMALLEST_M / 2, here.accuracy, ...near.map(({ east }) => Math.abs(east)));
  const halfHeight = Math.max(here.accuracy, ...near.map(({ north }) => Math.abs(north)));
  const scale = Math.min(
    (WIDTH / 2 - MARGIN) / halfWidth, // pixels per metre
    (HEIGHT / 2 - MARGIN) / halfHeight,
  );
  const metres = roundLength((WIDTH / 3) / scale);
  return {
    circle: here.accuracy * scale,
    marks: near.map(({ east, north }) => ({ x: WIDTH / 2 + east * scale, y: HEIGHT / 2 - north * scale })),
    bar: { metres, length: metres * scale },
  };
}

/** The longest of 1, 2, 5, 10, 20, … that is not above `metres`. */
export function roundLength(metres) {
  const power = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].find((step) => step * power <= metres) * power;
}

/** The sketch as an SVG element. `words`: {label, north, length(metres)}. */
export function drawMap(here, earlier, words) {
  const { bar, circle, marks } = layOut(here, earlier);
  const picture = part("svg", { class: "map", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words.label });
  const [x, y] = [WIDTH / 2, HEIGHT / 2];
  picture.append(part("circle", { class: "map-accuracy", cx: x, cy: y, r: circle.toFixed(1) }));
  marks.forEach((mark) => picture.append(part("rect", {
    class: "map-earlier", x: (mark.x - 5).toFixed(1), y: (mark.y - 5).toFixed(1), width: 10, height: 10, rx: 2,
  })));
  picture.append(part("circle", { class: "map-here", cx: x, cy: y, r: 6 }));
  const [left, low] = [12, HEIGHT - 12];
  picture.append(
    part("path", { class: "map-line", d: `M${left} ${low - 4}v4h${bar.length.toFixed(1)}v-4` }),
    part("text", { class: "map-text", x: left, y: low - 8 }, words.length(bar.metres)),
    part("path", { class: "map-north", d: `M${WIDTH - 20} 12l6 16-6-4-6 4z` }),
    part("text", { class: "map-text map-middle", x: WIDTH - 20, y: 42 }, words.north),
  );
  return picture;
}

function part(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  Object.keys(attributes).forEach((name) => made.setAttribute(name, String(attributes[name])));
  if (text) made.textContent = text;
  return made;
}
