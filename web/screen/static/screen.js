// What the screen does by itself: it says when the kiosk does not answer, and after a while without a touch it is the
// next person's again, in the usual language and on its first page.
"use strict";

const SILENT_MS = 12000; // the kiosk says every 5 s that it is still there
const BROKEN_MS = 5000; // a page without a stream of its own is answered every 2 s
const FAILED_MS = 10000;
// whoever reads what to do beside a person must not lose it; what was typed must not wait for somebody else
const NEXT_PERSON_MS = { "/": 60000, "/number": 30000 };
const NEXT_READER_MS = 600000;

// --- is the kiosk there?

let watch;
let isBroken = false;

function waitFor(ms) {
  clearTimeout(watch);
  watch = setTimeout(() => document.body.classList.add("alone"), ms);
}

function heard() {
  isBroken = false;
  document.body.classList.remove("alone");
  waitFor(SILENT_MS);
}

document.addEventListener("htmx:sseOpen", ({ detail }) => {
  detail.source.addEventListener("message", heard);
  detail.source.addEventListener("still", heard);
});
document.addEventListener("htmx:sseError", () => {
  if (!isBroken) waitFor(BROKEN_MS);
  isBroken = true;
});
waitFor(SILENT_MS);

// --- was the touch taken in?

let failed;
for (const trouble of ["htmx:timeout", "htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(trouble, ({ detail }) => {
    if (detail.requestConfig.verb !== "post" || detail.xhr?.status === 409) return;
    document.body.classList.add("failed");
    clearTimeout(failed);
    failed = setTimeout(() => document.body.classList.remove("failed"), FAILED_MS);
  });
}

// --- whose screen is it?

let nextPerson;
function somebodyIsThere() {
  clearTimeout(nextPerson);
  const wait = NEXT_PERSON_MS[location.pathname] ?? NEXT_READER_MS;
  nextPerson = setTimeout(() => {
    if (location.pathname + location.search !== "/") location.replace("/");
  }, wait);
}
document.addEventListener("pointerdown", somebodyIsThere);
somebodyIsThere();
