// The two things that the screen does by itself: it says when the kiosk's program is gone, and after a while without
// a touch it is the next person's again, in the usual language and on its first page.
"use strict";

const GONE_MS = 5000; // longer than a page without a stream waits for its next picture
const NEXT_PERSON_MS = { help: 600000, home: 60000 }; // whoever reads what to do beside a person must not lose it

let gone;
document.addEventListener("htmx:sseError", () => {
  gone ??= setTimeout(() => document.body.classList.add("alone"), GONE_MS);
});
for (const sign of ["htmx:sseOpen", "htmx:sseMessage"]) {
  document.addEventListener(sign, () => {
    clearTimeout(gone);
    gone = undefined;
    document.body.classList.remove("alone");
  });
}

let nextPerson;
function somebodyIsThere() {
  clearTimeout(nextPerson);
  const wait = location.pathname === "/" ? NEXT_PERSON_MS.home : NEXT_PERSON_MS.help;
  nextPerson = setTimeout(() => {
    if (location.pathname + location.search !== "/") location.replace("/");
  }, wait);
}
document.addEventListener("pointerdown", somebodyIsThere);
somebodyIsThere();
