// Draws the simulated cabinet from the front: coils that turn, units that fall, the beam, the tray and the door.
// It shows what the bench tells and decides nothing. Between two messages it turns a coil on at the speed it was told,
// for one turn at most; nothing runs while nothing moves.
"use strict";

const FULL_TURN_DEG = 360;
const RELEASE_DEG = 300; // where the unit in front falls
const WINDINGS_DRAWN = 5; // farther back it is dark
const COLUMNS_AT_MOST = 12;
const UNIT_FITS_PX = 110; // a slot so wide shows its units as large as they lie in the tray

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** One slot: its button, and how far its coil has turned. */
class Slot {
  constructor(id, hue) {
    this.id = id;
    this.button = document.getElementById("slot").content.firstElementChild.cloneNode(true);
    this.button.dataset.slot = id;
    this.button.dataset.hue = hue;
    this.windings = Array.from({ length: WINDINGS_DRAWN }, drawWinding); // the front one first
    this.windings.forEach(({ winding }, n) => {
      winding.style.opacity = 1 - n * 0.18;
      this.find("svg").prepend(winding);
    });
    this.find(".label b").textContent = id;
  }

  find(selector) {
    return this.button.querySelector(selector);
  }

  show(told, name) {
    const text = JSON.stringify([told, name]);
    if (text === this.shown) return; // seventy slots rest while one turns
    this.shown = text;
    this.told = told;
    this.heard = performance.now();
    const { dataset } = this.button;
    dataset.items = told.items;
    dataset.motor = told.motor ? "on" : "off";
    dataset.home = told.home === null ? "none" : told.home ? "closed" : "open";
    dataset.fault = told.fault;
    dataset.stuck = told.motor && told.deg_per_s === 0 && told.fault !== "none"; // a servo may only hold
    this.find(".units-in span").textContent = told.items;
    this.find(".capacity").textContent = `/${told.capacity}`;
    this.find(".name").textContent = name;
    this.find(".broken").textContent = told.fault === "none" ? "" : told.fault.replace("_", " ");
    this.button.setAttribute("aria-label", describe(this.id, told, name));
    this.button.title = name;
    this.turn(this.heard);
  }

  get isTurning() {
    return this.told.deg_per_s !== 0; // a servo swings back too
  }

  /** Draw the coil as it stands at *now*; say whether it moves on. */
  turn(now) {
    const passed = (Math.max(0, now - this.heard) / 1000) * this.told.deg_per_s;
    const most = Math.min(Math.abs(passed), FULL_TURN_DEG); // a message may never come
    const angle = this.told.angle + Math.sign(passed) * most;
    this.windings.forEach(({ ring }, n) => (ring.style.transform = `${away(n)} rotate(${angle.toFixed(1)}deg)`));
    this.push(angle % FULL_TURN_DEG);
    return most < FULL_TURN_DEG;
  }

  /** Move the units forward with the coil; the one behind takes the place of the one that fell. */
  push(angle) {
    const { items, hangs } = this.told;
    const moved = angle / FULL_TURN_DEG - (angle >= RELEASE_DEG ? 1 : 0);
    this.windings.forEach(({ unit }, n) => {
      unit.style.display = n < items ? "" : "none";
      unit.style.transform = n === 0 && hangs ? `${away(-0.4)} rotate(40deg)` : away(n - moved);
    });
  }
}

/** Where something stands in a coil, *depth* windings behind the front. */
function away(depth) {
  return `translate(${depth * 5 - 8}px, ${8 - depth * 4.5}px) scale(${1.5 - depth * 0.1})`;
}

function drawWinding() {
  const winding = document.getElementById("ring").content.querySelector(".winding").cloneNode(true);
  return { winding, ring: winding.querySelector(".ring"), unit: winding.querySelector(".unit") };
}

function describe(id, told, name) {
  const broken = told.fault === "none" ? "" : `, broken: ${told.fault.replace("_", " ")}`;
  return `${id}: ${name}, ${told.items} of ${told.capacity}${told.motor ? ", motor on" : ""}${broken}`;
}

/** The whole cabinet. *look* names items and gives them a hue; *chosen* hears which slot was touched. */
export class Cabinet {
  constructor(look, chosen) {
    this.look = look;
    this.chosen = chosen;
    this.slots = new Map();
    this.flying = []; // in the order in which they land
    this.landed = []; // where those came down that are not yet in the tray
    this.frame = 0;
    this.inside = document.getElementById("inside");
    this.grid = document.getElementById("slots");
    this.tray = document.getElementById("tray");
    this.beam = document.getElementById("beam");
    this.lines = document.getElementById("lines");
    this.door = document.getElementById("door");
    this.grid.addEventListener("click", (event) => this.touch(event.target.closest(".slot")));
    this.grid.addEventListener("keydown", (event) => this.walk(event));
  }

  show(bench) {
    this.build(bench.slots);
    for (const [id, told] of Object.entries(bench.slots)) this.slots.get(id).show(told, this.look.name(told.item));
    this.drop(bench.falling);
    this.lay(bench.tray);
    this.beam.dataset.beam = bench.beam;
    this.lines.textContent = bench.lines.join(", ");
    this.door.dataset.door = this.inside.dataset.door = bench.door;
    this.run();
  }

  /** Show that something went through the beam: it takes a fiftieth of a second, too short to be seen. */
  flash() {
    this.beam.classList.remove("flash");
    void this.beam.offsetWidth; // without this the animation would not begin anew
    this.beam.classList.add("flash");
  }

  mark(chosen) {
    for (const { id, button } of this.slots.values()) button.setAttribute("aria-pressed", id === chosen);
  }

  build(told) {
    const ids = Object.keys(told);
    if (ids.join() === [...this.slots.keys()].join()) return;
    const rows = rowsOf(ids);
    const columns = Math.min(COLUMNS_AT_MOST, Math.max(...rows.map((row) => row.length)));
    this.slots = new Map(ids.map((id) => [id, new Slot(id, this.look.hue(told[id].item))]));
    this.grid.style.setProperty("--columns", columns);
    this.grid.replaceChildren(...rows.flat().map((id) => this.slots.get(id).button));
    for (const [first] of rows) this.slots.get(first).button.style.gridColumnStart = 1;
    this.rove(this.grid.firstElementChild);
  }

  run() {
    const step = (now) => {
      const moving = [...this.slots.values()].filter((slot) => slot.isTurning && slot.turn(now));
      this.frame = moving.length ? requestAnimationFrame(step) : 0;
    };
    if (!this.frame && !calm.matches) step(performance.now());
  }

  drop(falling) {
    this.landed = this.flying.splice(0, Math.max(0, this.flying.length - falling.length)).map((unit) => {
      const { left } = unit.getBoundingClientRect();
      unit.remove();
      return left;
    });
    for (const unit of falling.slice(this.flying.length)) this.flying.push(this.fly(unit));
  }

  /** Let one unit fall from its slot to the tray, as fast as it really does. */
  fly({ slot, item, lands_in_s: lands }) {
    const unit = this.unit(item, "flying");
    if (calm.matches) return unit;
    const { button } = this.slots.get(slot);
    const [from, to] = [this.place(button, 0.45), this.place(this.tray, 0.6)];
    const [size, tilt] = [Math.min(1, button.offsetWidth / UNIT_FITS_PX), from.x % 2 ? 20 : -20];
    this.inside.append(unit);
    unit.animate(
      [
        { transform: `translate(${from.x}px, ${from.y}px) scale(${size})` },
        { transform: `translate(${from.x}px, ${to.y}px) rotate(${tilt}deg)` },
      ],
      // this curve is the parabola of free fall
      { duration: Math.max(0, lands) * 1000, easing: "cubic-bezier(.33, 0, .67, .33)", fill: "forwards" },
    );
    return unit;
  }

  place(element, down) {
    const [box, inside] = [element.getBoundingClientRect(), this.inside.getBoundingClientRect()];
    return { x: Math.round(box.left - inside.left + box.width / 2), y: box.top - inside.top + box.height * down };
  }

  lay(items) {
    const lying = [...this.tray.children].map((unit) => unit.dataset.item);
    const goesOn = lying.length <= items.length && lying.every((item, n) => item === items[n]);
    if (!goesOn) this.tray.replaceChildren();
    for (const item of items.slice(this.tray.children.length)) {
      const unit = this.unit(item, "lying");
      unit.dataset.item = item;
      this.tray.append(unit);
      this.slide(unit, this.landed.shift());
    }
    const all = items.map(this.look.name).join(", ");
    this.tray.setAttribute("aria-label", all ? `Tray: ${all}. Touch to take it.` : "Tray: empty");
  }

  /** Let a unit slide to its place in the tray from where it came down. */
  slide(unit, from) {
    if (!from || calm.matches) return;
    const x = from - unit.getBoundingClientRect().left;
    const start = { transform: `translate(${x}px, -14px) rotate(${Math.sign(x) * 15}deg)` };
    unit.animate([start, {}], { duration: 300, easing: "ease-out" });
  }

  unit(item, where) {
    const unit = document.createElement("span");
    unit.className = where;
    unit.title = this.look.name(item);
    unit.dataset.hue = this.look.hue(item);
    return unit;
  }

  touch(button) {
    if (!button) return;
    this.rove(button);
    this.chosen(button.dataset.slot);
  }

  /** Only one slot is in the way of the tab key; arrows go to the others. */
  rove(button) {
    for (const slot of this.slots.values()) slot.button.tabIndex = slot.button === button ? 0 : -1;
  }

  walk(event) {
    const from = event.target.closest(".slot");
    const to = from && neighbour(from, [...this.grid.children], event.key);
    if (!to) return;
    event.preventDefault();
    this.rove(to);
    to.focus();
  }
}

/** The slots by row: A1, A2 … in one, B1 in the next. */
function rowsOf(ids) {
  const rows = new Map();
  for (const id of ids) {
    const letters = id.replace(/[0-9]+$/, "");
    rows.set(letters, [...(rows.get(letters) ?? []), id]);
  }
  return [...rows.values()];
}

const AHEAD_AND_ASIDE = {
  ArrowLeft: (x, y) => [-x, Math.abs(y)],
  ArrowRight: (x, y) => [x, Math.abs(y)],
  ArrowUp: (x, y) => [-y, Math.abs(x)],
  ArrowDown: (x, y) => [y, Math.abs(x)],
};

/** The slot that is seen next in the direction of an arrow key. */
function neighbour(from, all, key) {
  const way = AHEAD_AND_ASIDE[key];
  if (!way) return undefined;
  const here = from.getBoundingClientRect();
  const distances = all.map((other) => {
    const there = other.getBoundingClientRect();
    const [ahead, aside] = way(there.left - here.left, there.top - here.top);
    return { other, ahead, distance: ahead + 3 * aside };
  });
  return distances.filter(({ ahead }) => ahead > 4).sort((a, b) => a.distance - b.distance)[0]?.other;
}
