"""The Flask application that holds the pages together: who may ask, in which language, what a mistake looks like."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from web.door import BenchDoor, Door
from web.guard import guard
from web.screen.pages import screen_pages
from web.streams import Streams
from web.words import Words


def make_app(door: Door, streams: Streams, bench: BenchDoor | None = None) -> Flask:
    """The pages of one kiosk; without *bench* there are no pages to play with."""
    app = Flask("web", static_folder="static", template_folder="templates")
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
    guard(app)
    _speak(app, door)
    app.register_blueprint(screen_pages(door, streams))
    if bench:
        from web.bench.pages import bench_pages  # noqa: PLC0415 - a real kiosk never loads it

        app.register_blueprint(bench_pages(door, bench, streams))
    app.register_error_handler(HTTPException, _say_what_is_wrong)
    return app


def _speak(app: Flask, door: Door) -> None:
    words = Words(door.languages)
    app.jinja_env.add_extension("jinja2.ext.i18n")

    def say(text: str) -> str:
        return words.say(g.language, text)

    def say_many(one: str, many: str, n: int) -> str:
        return say(one if n == 1 else many)

    # ours to call, though jinja2 adds it only with the extension
    app.jinja_env.install_gettext_callables(say, say_many, newstyle=True)  # type: ignore[attr-defined]

    @app.before_request
    def choose_language() -> None:
        g.language = words.known(request.args.get("lang"))

    @app.context_processor
    def shown_everywhere() -> dict[str, object]:
        return {
            "kiosk_name": door.name,
            "language": g.language,
            "lang": None if g.language == words.usual else g.language,  # for links: nothing to say in the usual case
            "other_languages": [
                (each, None if each == words.usual else each, words.name_of(each))
                for each in words.languages
                if each != g.language
            ],
            "simulated": door.simulated,
        }


def _say_what_is_wrong(error: HTTPException) -> Response:
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    # without a name of ours no address of ours can be written, so a foreign Host gets no page
    wants_page = "text/html" in request.accept_mimetypes.values() and code != HTTPStatus.BAD_REQUEST
    text = render_template("wrong.html", code=code) if wants_page else f"{error.description}\n"
    response = make_response(text, code)
    if not wants_page:
        response.mimetype = "text/plain"
    return response
