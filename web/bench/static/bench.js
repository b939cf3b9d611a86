// The bench page: hears the kiosk, hands each picture to those who draw it, and sends what a visitor does.
// Whatever the kiosk refuses stands on the page in the kiosk's own sentence; tickets live in this page only.
"use strict";

import { Cabinet } from "./cabinet.js";
import * as seen from "./seen.js";

const GONE_MS = 5000; // a page that came too late for a stream of its own hears something every 2 s
const COME_BACK_MS = 2000;
const LEDGER_MS = 200; // a commit seldom comes alone
const CARDS_KEPT = 12;
const CALM_STATES = ["ready", "choosing"]; // no motor is on: the ledger can answer

const $ = (id) => document.getElementById(id);

/** Names and hues of the items, from the page. */
const look = (() => {
  const items = [...$("items").children];
  const plain = items.filter((item) => !("emergency" in item.dataset));
  const hue = (item) => ("emergency" in item.dataset ? "urgent" : plain.indexOf(item) % 8);
  const names = new Map(items.map((item) => [item.dataset.id, item.textContent]));
  const hues = new Map(items.map((item) => [item.dataset.id, hue(item)]));
  return { name: (id) => names.get(id) ?? id, hue: (id) => hues.get(id) ?? 0 };
})();

// --- sending ---

/** Send a form; returns the answer, or null once the reason stands on the page. */
async function send(path, fields = {}) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { Accept: "text/plain" }, // a sentence, not a page
      body: new URLSearchParams(fields),
    });
    refuse(answer.ok ? "" : (await answer.text()).trim() || `The kiosk refused (${answer.status}).`);
    return answer.ok ? answer : null;
  } catch {
    refuse("The kiosk does not answer; nothing was done.");
    return null;
  }
}

function refuse(why) {
  $("refused").hidden = !why;
  $("refused").firstElementChild.textContent = why;
}

/** Begin an element's animation anew. */
function flash(it) {
  it.classList.remove("flash");
  void it.offsetWidth; // without this it would go on instead
  it.classList.add("flash");
}

/** Have *act* done once at a time: what was touched waits until it is. */
async function hold(touched, act) {
  if (touched.ariaBusy === "true") return;
  touched.ariaBusy = "true";
  try {
    await act();
  } finally {
    touched.ariaBusy = "false";
  }
}

// --- the picture ---

let picture; // the newest
let chosen; // the slot whose panel is open
let happenedUpTo = -Infinity;
let lastSaid;
const drawn = {}; // what each panel shows, so that it is drawn anew only when that changed

const cabinet = new Cabinet(look, choose);

function show(news) {
  const isFirst = !picture;
  picture = news;
  const { bench, kiosk, told } = news;
  const happened = seen.withKinds(news.happened);
  cabinet.show(bench);
  showMind(kiosk);
  showPanel();
  hearLines(happened, isFirst);
  ifChanged("faults", kiosk.faults, () => showFaults(kiosk.faults));
  ifChanged("happened", happened, () => seen.showHappened($("happened"), happened));
  ifChanged("stock", [kiosk.stock, Object.values(bench.slots).map(({ items }) => items)], showStock);
  ifChanged("told", told, () => showTold(isFirst));
  ifChanged("ledger", [kiosk.stock, happened.filter(({ what }) => what === "commit").at(-1)], wantLedger);
}

function ifChanged(what, value, draw) {
  const text = JSON.stringify(value);
  if (drawn[what] === text) return;
  drawn[what] = text;
  draw();
}

function showMind({ state, item, slot, said }) {
  const about = item && slot ? ` (${slot}, ${look.name(item)})` : "";
  $("state").textContent = seen.stateInWords(state) + about;
  $("state").dataset.state = state;
  for (const step of $("mind").querySelectorAll("li")) {
    step.classList.toggle("on", step.dataset.states.split(" ").includes(state));
  }
  lastSaid = said ?? lastSaid;
  showSaid(said, state === "ready" ? lastSaid : said);
}

function showSaid(said, shown) {
  const nothing = picture.kiosk.state === "ready" ? "Nothing concluded yet" : "Not concluded yet";
  const text = shown ? seen.saidInWords(shown) : nothing;
  $("said").dataset.said = shown ? (shown.outcome ?? "refused") : "";
  $("said").dataset.old = !said;
  if ($("said").textContent !== text) $("said").textContent = text; // else it would be read out again
}

function showFaults(faults) {
  const lines = faults.map(([device, why]) => {
    const line = document.createElement("li");
    line.textContent = `Out of order: ${device}: ${why}`;
    return line;
  });
  $("faults").hidden = lines.length === 0;
  $("faults").replaceChildren(...lines);
}

/** Say aloud and show what is new in the trace. */
function hearLines(lines, isFirst) {
  const newest = lines.at(-1)?.t ?? -Infinity;
  if (newest < happenedUpTo) happenedUpTo = -Infinity; // another kiosk answers, or one that was started anew
  const fresh = lines.filter((line) => line.t > happenedUpTo);
  happenedUpTo = newest;
  if (isFirst || !fresh.length) return;
  if (fresh.some((line) => line.what === "drop")) cabinet.flash();
  $("heard").textContent = fresh.map(seen.sentence).join(", ");
  // most steps are over before they could be drawn
  for (const step of $("mind").querySelectorAll("li")) {
    if (fresh.some(({ kind }) => kind === step.dataset.lines)) flash(step);
  }
}

function showStock() {
  const wrong = seen.showStock($("stock"), picture.bench.slots, picture.kiosk.stock, look.name);
  badge("stock", wrong ? `≠ ${wrong}` : "", wrong > 0);
}

function showTold(isFirst) {
  const changed = seen.showTold($("told"), picture.told);
  if (changed.length && !isFirst) seen.lightUp($("tab-told"));
}

function badge(panel, text, isBad) {
  const mark = $(`tab-${panel}`).lastElementChild;
  mark.textContent = text;
  mark.classList.toggle("bad", isBad);
}

// --- the ledger, which answers only while no motor is on ---

let ledgerTimer;
let ledgerAsked = 0; // how often; only the newest answer is shown

function wantLedger() {
  clearTimeout(ledgerTimer);
  ledgerTimer = setTimeout(readLedger, LEDGER_MS);
}

async function readLedger() {
  if (!CALM_STATES.includes(picture.kiosk.state)) {
    drawn.ledger = undefined; // asked for again by the next picture
    return;
  }
  const asked = ++ledgerAsked;
  const draw = await fetchLedger().catch(() => () => doubtLedger("The kiosk does not answer; these counters are old."));
  if (asked === ledgerAsked) draw();
}

/** Ask for the counters; returns what draws the answer. */
async function fetchLedger() {
  const answer = await fetch("/bench/ledger", { headers: { Accept: "text/plain, application/json" } });
  if (!answer.ok) {
    const why = (await answer.text()).trim();
    return () => doubtLedger(why);
  }
  const books = await answer.json();
  return () => {
    seen.showLedger($("ledger"), books, look.name);
    badge("ledger", books.faults.length ? "!" : "✓", books.faults.length > 0);
  };
}

function doubtLedger(why) {
  const verdict = $("ledger").querySelector(".verdict");
  verdict.dataset.holds = false;
  verdict.textContent = why;
  badge("ledger", "?", true);
  drawn.ledger = undefined;
}

// --- a slot's panel ---

function choose(slot) {
  chosen = slot;
  cabinet.mark(slot);
  $("panel").hidden = !slot;
  $("intro").hidden = Boolean(slot);
  if (!slot) return;
  const { items, capacity } = picture.bench.slots[slot];
  const [fill, load] = $("panel").querySelectorAll("input");
  Object.assign(fill, { value: items, max: capacity });
  Object.assign(load, { value: Math.max(1, capacity - items), max: capacity });
  showPanel();
  $("panel").scrollIntoView({ block: "nearest" });
}

function showPanel() {
  if (!chosen) return;
  const coil = picture.bench.slots[chosen];
  if (!coil) {
    choose(undefined);
    return;
  }
  $("panel-title").textContent = `${chosen} ${look.name(coil.item)}`;
  showPanelStock(coil, picture.kiosk.stock.find(({ slot }) => slot === chosen));
  for (const button of $("panel").querySelectorAll("[data-fault-kind]")) {
    button.setAttribute("aria-pressed", button.dataset.faultKind === coil.fault);
    button.hidden = coil.home === null && "switch" in button.dataset;
  }
}

function showPanelStock({ items, capacity }, booked) {
  const says = booked ? ` · ledger: ${seen.band(booked)} · ${booked.state.replace("_", " ")}` : "";
  $("panel-stock").textContent = `In the coil: ${items} of ${capacity}${says}`;
  $("panel-stock").classList.toggle("differs", Boolean(booked) && seen.differs(booked, items));
}

function closePanel() {
  const { button } = cabinet.slots.get(chosen);
  choose(undefined);
  button.focus();
}

$("panel").addEventListener("click", ({ target }) => {
  const button = target.closest("[data-fault-kind]");
  if (button) hold(button, () => send("/bench/fault", { slot: chosen, kind: button.dataset.faultKind }));
});
$("panel").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  hold(form, () => send(`/bench/${form.dataset.post}`, { slot: chosen, count: form.elements.count.value }));
});
$("panel").addEventListener("keydown", ({ key }) => key === "Escape" && closePanel());
$("deselect").addEventListener("click", closePanel);

// --- door and tray ---

$("door").addEventListener("click", () => {
  const isOpen = $("door").dataset.door === "open";
  hold($("door"), () => send("/bench/door", { open: isOpen ? 0 : 1 }));
});
$("tray").addEventListener("click", () => $("tray").children.length && hold($("tray"), () => send("/bench/take")));
$("understood").addEventListener("click", () => refuse(""));

// --- scanner and tickets ---

$("scanner").addEventListener("submit", (event) => {
  event.preventDefault();
  scan($("scan-text").value);
});

async function scan(text) {
  const answer = await send("/bench/scan", { text });
  if (answer) flash($("scanner"));
  return answer;
}

$("tickets").addEventListener("click", ({ target }) => {
  const print = target.closest("[data-print]");
  const card = target.closest(".card");
  if (print) hold(print, () => printTicket(print));
  if (card) hold(card, () => holdCard(card));
});

async function printTicket(button) {
  const { print: item, kind = "ticket" } = button.dataset;
  const answer = await send("/bench/ticket", item ? { kind, item } : { kind });
  if (!answer) return;
  const { text } = await answer.json();
  $("cards").prepend(cardOf(text, button.textContent, item ? look.hue(item) : ""));
  for (const old of [...$("cards").children].slice(CARDS_KEPT)) old.remove();
}

function cardOf(text, title, hue) {
  const card = document.createElement("button");
  card.type = "button";
  card.className = "card";
  Object.assign(card.dataset, { hue, ticket: text, held: 0 });
  const lines = { b: title, code: text.match(/.{1,9}/g).join(" "), span: "new" };
  for (const [tag, line] of Object.entries(lines)) card.appendChild(document.createElement(tag)).textContent = line;
  return card;
}

async function holdCard(card) {
  const { ticket, held } = card.dataset;
  $("scan-text").value = ticket;
  flash(card);
  if (!(await scan(ticket))) return;
  card.dataset.held = Number(held) + 1;
  card.lastElementChild.textContent = `held ${card.dataset.held}×`;
}

// --- tabs ---

const tabs = [...document.querySelectorAll("[role=tab]")];

function open(tab) {
  for (const each of tabs) {
    each.setAttribute("aria-selected", each === tab);
    each.tabIndex = each === tab ? 0 : -1;
    $(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
}

for (const tab of tabs) {
  tab.addEventListener("click", () => open(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: tabs.length - 1 }[key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(tab) + step) % tabs.length];
    open(next);
    next.focus();
  });
}

// --- hearing ---

let gone;

function heard() {
  clearTimeout(gone);
  gone = undefined;
  if ($("gone").hidden) return;
  $("gone").hidden = true;
  document.body.classList.remove("alone");
  lastSaid = undefined;
  drawn.ledger = undefined;
  // a frame that found nobody shows the browser's own page, which never comes back by itself
  if (!$("screen").contentDocument?.getElementById("live")) $("screen").src = "/";
}

function missed() {
  gone ??= setTimeout(() => {
    $("gone").hidden = false;
    document.body.classList.add("alone");
  }, GONE_MS);
}

function listen() {
  const source = new EventSource("/bench/events");
  source.onmessage = ({ data }) => {
    heard();
    show(JSON.parse(data));
  };
  source.onerror = () => {
    missed();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, COME_BACK_MS); // the answer was no stream
  };
}

listen();
