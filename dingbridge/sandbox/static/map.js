// A map without a map service: meridians, parallels and cities from afar, made-up streets from near. The phone's place on
// it is dragged, moved with the arrow keys, or set with a click.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 280;
const WIDEST = 64; // degrees of longitude across the map
const NARROWEST = 0.01;
const STREETS_BELOW = 0.2; // degrees across, from where on streets are drawn
const STEPS = [20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

const draw = (tag, attributes, text) => {
  const element = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, String(value)));
  if (text) {
    element.textContent = text;
  }
  return element;
};

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** A whole number that looks random and is always the same for the same two. */
const scatter = (x, y) => Math.abs(Math.imul(x * 374761393 + y * 668265263, 1274126177) >> 16);

export class PlaceMap {
  /** `bounds` as GET map tells them; `moved(place)` while the pin moves, `settled(place)` once it stands. */
  constructor(holder, bounds, moved, settled) {
    Object.assign(this, { holder, bounds, moved, settled, place: null, across: 0.08 });
    this.svg = draw("svg", { "aria-hidden": "true" });
    this.pin = holder.querySelector("button");
    holder.prepend(this.svg);
    holder.addEventListener("pointerdown", (event) => this.press(event));
    this.pin.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.render()).observe(holder);
  }

  get width() {
    return this.holder.clientWidth;
  }

  /** Degrees per pixel: [of longitude, of latitude]. */
  get scale() {
    const degrees = this.across / Math.max(this.width, 1);
    return [degrees, degrees * Math.cos((this.center.latitude * Math.PI) / 180)];
  }

  /** Puts the pin there; the map follows where it would leave it. */
  show(place, { follow = true } = {}) {
    this.place = { longitude: place.longitude, latitude: place.latitude };
    if (!this.center || (follow && !this.holds(this.place))) {
      this.center = this.place;
    }
    this.render();
  }

  holds(place) {
    const [x, y] = this.pixel(place);
    return x > 20 && x < this.width - 20 && y > 40 && y < HEIGHT - 10;
  }

  pixel(place) {
    const [east, north] = this.scale;
    return [
      this.width / 2 + (place.longitude - this.center.longitude) / east,
      HEIGHT / 2 - (place.latitude - this.center.latitude) / north,
    ];
  }

  at(x, y) {
    const [east, north] = this.scale;
    return this.within({
      longitude: this.center.longitude + (x - this.width / 2) * east,
      latitude: this.center.latitude - (y - HEIGHT / 2) * north,
    });
  }

  within({ longitude, latitude }) {
    const { west, east, south, north } = this.bounds;
    const round = (value) => Math.round(value * 1e6) / 1e6;
    return { longitude: round(clamp(longitude, west, east)), latitude: round(clamp(latitude, south, north)) };
  }

  zoom(factor) {
    this.across = clamp(this.across * factor, NARROWEST, WIDEST);
    this.center = this.place;
    this.render();
  }

  press(event) {
    if (event.button !== 0 || !this.place) {
      return;
    }
    event.preventDefault();
    this.pin.focus({ preventScroll: true });
    const onPin = this.pin.contains(event.target);
    const [from, center] = [[event.clientX, event.clientY], this.center];
    const start = this.pixel(this.place);
    let far = false;
    this.holder.setPointerCapture(event.pointerId);
    const go = (move) => {
      const [x, y] = [move.clientX - from[0], move.clientY - from[1]];
      far = far || Math.hypot(x, y) > 4;
      if (far && onPin) {
        this.move(this.at(start[0] + x, start[1] + y));
      } else if (far) {
        const [east, north] = this.scale;
        this.center = this.within({ longitude: center.longitude - x * east, latitude: center.latitude + y * north });
        this.render();
      }
    };
    const end = (up) => {
      this.holder.removeEventListener("pointermove", go);
      this.holder.removeEventListener("pointerup", end);
      this.holder.removeEventListener("pointercancel", end);
      const box = this.holder.getBoundingClientRect();
      if (!far && !onPin && up.type === "pointerup") {
        this.move(this.at(up.clientX - box.left, up.clientY - box.top));
      }
      if (onPin ? far : !far) {
        this.settled(this.place);
      }
    };
    this.holder.addEventListener("pointermove", go);
    this.holder.addEventListener("pointerup", end);
    this.holder.addEventListener("pointercancel", end);
  }

  key(event) {
    const step = event.shiftKey ? 2 : 16; // pixels
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way) {
      event.preventDefault();
      const [x, y] = this.pixel(this.place);
      this.move(this.at(x + way[0] * step, y + way[1] * step));
      if (!this.holds(this.place)) {
        this.show(this.place);
      }
      this.settled(this.place);
    } else if (event.key === "+" || event.key === "=" || event.key === "-") {
      event.preventDefault();
      this.zoom(event.key === "-" ? 2 : 0.5);
    }
  }

  move(place) {
    this.show(place, { follow: false });
    this.moved(this.place);
  }

  render() {
    if (!this.place || this.width === 0) {
      return;
    }
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    this.svg.replaceChildren(...(this.across < STREETS_BELOW ? this.streets() : []), ...this.lines(), ...this.cities());
    const [x, y] = this.pixel(this.place);
    this.pin.style.translate = `${x}px ${y}px`;
  }

  /** Meridians and parallels, with their degrees. */
  lines() {
    const step = STEPS.find((each) => each <= this.across / 4) || STEPS[STEPS.length - 1];
    const corner = [this.at(0, 0), this.at(this.width, HEIGHT)];
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    const parts = [];
    for (let at = Math.ceil(corner[0].longitude / step) * step; at <= corner[1].longitude; at += step) {
      const [x] = this.pixel({ longitude: at, latitude: this.center.latitude });
      parts.push(draw("path", { d: `M${x} 0V${HEIGHT}`, class: "line" }), draw("text", { x: x + 3, y: HEIGHT - 5, class: "degrees" }, `${at.toFixed(digits)}°`));
    }
    for (let at = Math.ceil(corner[1].latitude / step) * step; at <= corner[0].latitude; at += step) {
      const [, y] = this.pixel({ longitude: this.center.longitude, latitude: at });
      parts.push(draw("path", { d: `M0 ${y}H${this.width}`, class: "line" }), draw("text", { x: 4, y: y - 3, class: "degrees" }, `${at.toFixed(digits)}°`));
    }
    return parts;
  }

  cities() {
    const taken = [];
    return this.bounds.cities.flatMap((city) => {
      const [x, y] = this.pixel(city);
      const crowded = taken.some(([left, top]) => Math.abs(left - x) < 60 && Math.abs(top - y) < 16);
      if (x < 0 || x > this.width || y < 0 || y > HEIGHT || crowded) {
        return [];
      }
      taken.push([x, y]);
      return [draw("circle", { cx: x, cy: y, r: 3, class: "city" }), draw("text", { x: x + 6, y: y + 4, class: "name" }, city.name)];
    });
  }

  /** Blocks and streets of about a kilometre, some of them parks and water; the smaller ones only from near. */
  streets() {
    const block = this.across < 0.03 ? 0.0025 : 0.01;
    const [first, last] = [this.at(0, HEIGHT), this.at(this.width, 0)];
    const parts = [];
    const from = [Math.floor(first.longitude / block), Math.floor(first.latitude / block)];
    const to = [Math.ceil(last.longitude / block), Math.ceil(last.latitude / block)];
    for (let column = from[0]; column < to[0]; column += 1) {
      for (let row = from[1]; row < to[1]; row += 1) {
        const [x, y] = this.pixel({ longitude: column * block, latitude: (row + 1) * block });
        const [right, below] = this.pixel({ longitude: (column + 1) * block, latitude: row * block });
        const kind = scatter(column, row) % 16;
        const edge = column % 4 === 0 ? 4 : 2;
        parts.push(draw("rect", { x: x + edge, y: y + 2, width: Math.max(right - x - edge - 2, 1), height: Math.max(below - y - 4, 1), rx: 3, class: kind === 0 ? "water" : kind < 3 ? "park" : "block" }));
      }
    }
    return parts;
  }
}
