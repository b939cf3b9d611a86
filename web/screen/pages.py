"""The pages at the kiosk's own screen. They ask the controller and show its snapshot; they decide nothing."""

from __future__ import annotations

from concurrent.futures import Future
from http import HTTPStatus

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core.events import CodePresented, ItemChosen, VisitLeft
from kiosk.core.values import ItemId, Refusal, Secret
from kiosk.waiting import answer_of
from web.door import Door
from web.screen.picture import Picture, picture_of, told
from web.streams import Streams

DIGITS = range(4, 11)  # of a shared code to those of the longest number


def screen_pages(door: Door, streams: Streams) -> Blueprint:
    """The blueprint."""
    pages = Blueprint(
        "screen", __name__, template_folder="templates", static_folder="static", static_url_path="/screen"
    )
    known = {plan.id for plan in door.items}

    def picture() -> Picture:
        return picture_of(door.snapshot(), door, g.language, request.args.get("page", 0, int))

    def drawn(page: str, **more: object) -> str:
        return render_template(f"screen/{page}.html", picture=picture(), here=f"screen.show_{page}", **more)

    def led_to(page: str) -> AnyResponse:
        return redirect(url_for(f"screen.show_{page}", lang=request.args.get("lang")), HTTPStatus.SEE_OTHER)

    @pages.get("/")
    def show_home() -> str:
        return drawn("home")

    @pages.post("/choose")
    def choose() -> AnyResponse:
        item = ItemId(request.form.get("item", ""))
        if item not in known:
            abort(HTTPStatus.NOT_FOUND, f"there is no item {item!r} here")
        from_help = request.form.get("from") == "help"
        refusal = _taken_in(door.controller.choose(ItemChosen(item, reserve=from_help)), door.patience_s)
        page = "help" if from_help else "home"
        if refusal is Refusal.BUSY:
            return make_response(drawn(page), HTTPStatus.CONFLICT)
        return led_to(page)

    @pages.post("/leave")
    def leave() -> AnyResponse:
        door.controller.post(VisitLeft())
        return led_to("home")

    @pages.get("/number")
    def show_number() -> AnyResponse:
        if not door.snapshot().takes_digits:
            return led_to("home")
        page = drawn("number", places=range(DIGITS.stop - 1))
        # whatever was typed there must not be gone back to, and Chromium keeps pages whole that were answered with 200
        return make_response(page, HTTPStatus.NON_AUTHORITATIVE_INFORMATION)

    @pages.post("/number")
    def type_number() -> AnyResponse:
        """Present what was typed, as if it had been scanned: the pace of unknown codes is core's matter."""
        digits = "".join(request.form.get(f"digit-{place}", "") for place in range(DIGITS.stop - 1))
        if len(digits) not in DIGITS or not (digits.isascii() and digits.isdigit()):
            return led_to("number")
        door.controller.post(CodePresented(Secret(digits)))
        return led_to("home")

    @pages.get("/help/overdose")
    def show_help() -> str:
        return drawn("help")

    @pages.get("/events")
    def send_events() -> Response:
        return streams.response(lambda: told(door.snapshot()))

    @pages.get("/healthz")
    def tell_health() -> dict[str, object]:
        snapshot = door.snapshot()
        return {"state": snapshot.state, "simulated": snapshot.simulated}

    @pages.get("/screen/size.css")
    def give_size() -> Response:
        # a style sheet, since the content policy allows no style in the page itself
        return Response(f":root {{ --mm: calc(100vw / {door.width_mm}); }}\n", mimetype="text/css")

    return pages


def _taken_in(asked: Future[Refusal | None], patience_s: float) -> Refusal | None:
    """What became of a choice. Aborts with 503 when the kiosk did not take it in: nothing will come of it then."""
    try:
        return answer_of(asked, patience_s)
    except TimeoutError:
        abort(HTTPStatus.SERVICE_UNAVAILABLE, "the kiosk does not answer now; nothing was done")
