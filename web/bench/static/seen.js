// What others see of the kiosk: what happened as sentences, the stock, the ledger's counters, the operator's messages.
// Each drawing takes plain values and fills its own panel; nothing here asks the kiosk for anything.
"use strict";

const PAUSE_S = 1; // after a commit, longer than the next unit of the same ticket takes to begin
const LONG_PAUSE_S = 12; // in the middle of a vend: longer than any turn with its drop window
const SENTENCES = {
  scan: () => "a code is held to the scanner",
  motor_on: ({ slot }) => `motor of ${slot} on`,
  motor_off: ({ slot }) => `motor of ${slot} off`,
  home: ({ slot, at_home: at }) => (at ? `coil ${slot} came home` : `coil ${slot} left home`),
  drop: ({ slot }) => (slot ? `drop seen: a unit from ${slot}` : "the beam is broken"),
  door: ({ open }) => (open ? "service door opened" : "service door closed"),
  intent: () => "ledger: intent committed",
  outcome: () => "ledger: outcome committed",
  commit: () => "ledger: committed",
};

const STATES = {
  ready: "Ready: waits for a touch or a code",
  checking: "Reads the code",
  choosing: "The code is good: waits for a choice",
  reserving: "Writes down what it is about to do",
  moving: "The motor is on",
  settling: "The motor is off: waits for the drop",
  recording: "Writes down the outcome",
  stopped: "Stopped",
};
const REASONS = {
  no_drop: "no drop seen",
  jammed: "jammed",
  never_moved: "never moved",
  not_started: "not started",
  interrupted: "interrupted",
};
const REFUSALS = {
  not_a_code: "not a code",
  unknown_code: "unknown code",
  used_code: "the code has been used",
  expired_code: "the code has ended",
  revoked_code: "the code was revoked",
  limit_visit: "the code gives no more in this visit",
  limit_day: "the code gives no more today",
  limit_week: "the code gives no more this week",
  limit_month: "the code gives no more this month",
  codes_wait: "too many unknown codes: codes wait",
  needs_code: "this item needs a code",
  not_stocked: "no slot can give it now",
  out_of_order: "codes cannot be read now",
  storage: "the ledger cannot write",
  door_open: "the service door is open",
  busy: "another vend is on",
  cooldown: "an emergency item has just come",
  reserved: "the last ones are kept for the overdose page",
};

/** The state of the kiosk in words. */
export const stateInWords = (state) => STATES[state] ?? state;

/** What the kiosk concluded, in words. */
export function saidInWords(said) {
  if (typeof said === "string") return `refused: ${REFUSALS[said] ?? said}`;
  const why = said.reason ? `: ${REASONS[said.reason] ?? said.reason}` : "";
  return said.outcome.replace("_", " ") + why;
}

/** A line of the trace as a sentence. */
export const sentence = (line) => (SENTENCES[line.kind] ?? (() => line.what))(line);

/** The trace with the *kind* of each line: what it says, but a commit around a turn is an intent or an outcome. */
export function withKinds(lines) {
  let turned = false; // since the last outcome
  return lines.map((line, n) => {
    const kind = line.what === "commit" ? kindOfCommit(lines[n + 1], turned) : line.what;
    turned = line.what === "motor_on" || (turned && kind !== "outcome");
    return { ...line, kind };
  });
}

function kindOfCommit(next, turned) {
  if (turned) return "outcome";
  return next?.what === "motor_on" ? "intent" : "commit";
}

/** Draws what happened: the newest visit on top, each visit from its first line on. */
export function showHappened(panel, lines) {
  const visits = [];
  for (const line of lines) {
    const last = visits[0]?.at(-1);
    const pause = ["intent", "outcome", "commit", "door"].includes(last?.kind) ? PAUSE_S : LONG_PAUSE_S;
    if (last && line.t - last.t < pause) visits[0].push(line);
    else visits.unshift([line]);
  }
  panel.replaceChildren(...visits.flatMap((visit, n) => [heading(visit, visits[n - 1]), listOf(visit)]));
  const newest = panel.querySelector("ol")?.lastElementChild;
  if (newest) panel.scrollTop = newest.offsetTop + newest.offsetHeight - panel.clientHeight;
}

function heading(visit, later) {
  return element("h3", later ? `${inWords(later[0].t - visit[0].t)} before that` : "newest");
}

const inWords = (seconds) => (seconds < 100 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

function listOf(visit) {
  const list = element("ol");
  for (const line of visit) {
    const entry = element("li");
    entry.className = line.kind;
    entry.append(element("time", `+${(line.t - visit[0].t).toFixed(2)} s`), element("span", sentence(line)));
    list.append(entry);
  }
  return list;
}

/** Draws what the ledger says beside what truly stands in the coils; returns how many differ. */
export function showStock(panel, slots, stock, name) {
  const rows = stock.map((booked) => stockRow(booked, slots[booked.slot], name));
  panel.querySelector("tbody").replaceChildren(...rows);
  return rows.filter((row) => row.classList.contains("differs")).length;
}

/** Units on hand and the band on top, as in "5" or "5–6". */
export const band = ({ count, uncertain }) => (uncertain ? `${count}–${count + uncertain}` : `${count}`);

/** Whether what stands in the coil is not what the ledger allows for. */
export const differs = ({ count, uncertain }, items) => items < count || items > count + uncertain;

function stockRow(booked, coil, name) {
  const row = rowOf(booked.slot, coil ? name(coil.item) : "", band(booked), coil?.items ?? "", booked.state.replace("_", " "));
  if (coil && differs(booked, coil.items)) {
    row.className = "differs";
    row.cells[3].prepend(element("b", "≠ "));
  }
  row.dataset.stock = booked.slot;
  row.dataset.state = booked.state;
  return row;
}

/** Draws the counters of today and whether all invariants hold. */
export function showLedger(panel, { day, counters, faults }, name) {
  const verdict = panel.querySelector(".verdict");
  verdict.dataset.holds = faults.length === 0;
  verdict.textContent = faults.length ? faults.join(" ") : `All invariants hold. Counted on ${day}:`;
  const rows = counters.map((counter, n) => counterRow(counter, counters[n - 1], name));
  panel.querySelector("tbody").replaceChildren(...rows);
}

function counterRow({ slot, item, what, units }, before, name) {
  const row = rowOf(slot, name(item), what.replace("_", " "), units);
  if (before?.slot === slot && before?.item === item) row.className = "goes-on";
  row.dataset.ledger = `${slot}:${what}`;
  row.dataset.units = units;
  return row;
}

/** Draws the newest message of each topic; returns the topics that are new or changed. */
export function showTold(panel, told) {
  const shown = new Map([...panel.querySelectorAll("[data-topic]")].map((row) => [row.dataset.topic, row]));
  for (const [topic, row] of shown) if (!(topic in told)) row.remove();
  const changed = Object.keys(told).filter((topic) => shown.get(topic)?.dataset.payload !== told[topic]);
  for (const topic of changed) {
    const row = shown.get(topic) ?? panel.appendChild(topicRow(topic));
    row.dataset.payload = told[topic];
    row.querySelector("div").replaceChildren(...linesOf(told[topic]));
    if (shown.has(topic)) lightUp(row);
  }
  return changed;
}

function topicRow(topic) {
  const row = element("details");
  row.append(element("summary", topic), element("div"));
  row.dataset.topic = topic;
  row.open = !topic.endsWith("/info"); // long, and never changes
  return row;
}

/** Let an element light up once, even if it is hidden meanwhile. */
export function lightUp(it) {
  it.animate([{ background: "#ffe27a" }, { background: "#ffe27a", offset: 0.3 }, {}], 1500);
}

/** A payload with a line for each of its fields, and for each thing in its lists; what is empty is left out. */
function linesOf(payload) {
  const value = parsed(payload);
  if (value === null || typeof value !== "object") return [element("p", payload)];
  return Object.entries(value).flatMap(([key, field]) => {
    if (!Array.isArray(field)) return [element("p", `${key}: ${short(field)}`)];
    return [element("p", `${key}:`), ...field.map((each) => entryOf(short(each)))];
  });
}

function parsed(payload) {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}

function entryOf(text) {
  const entry = element("p", text);
  entry.className = "entry";
  return entry;
}

function short(value) {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map((each) => `(${short(each)})`).join(" ");
  const fields = Object.entries(value).filter(([, field]) => field !== null && field !== "");
  return fields.map(([key, field]) => `${key} ${short(field)}`).join(", ");
}

function rowOf(...texts) {
  const row = element("tr");
  row.append(...texts.map((text) => element("td", text)));
  return row;
}

function element(tag, text = "") {
  const it = document.createElement(tag);
  it.textContent = text;
  return it;
}
