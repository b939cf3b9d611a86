"""Who may talk to the pages, and what a browser may do with them.

The pages answer this machine only. A page of somebody else's, opened in a browser here, must reach nothing: neither by
a name of its own that leads here (a foreign Host) nor by a form that it sends here (a foreign Origin).
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, abort, request

OWN_NAMES = ["127.0.0.1", "localhost"]
ELSEWHERE = "a page from elsewhere has no business here"
MOST_BYTES = 16 << 10  # forms here are a few words

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers send "Origin: null" from our own forms
    "X-Content-Type-Options": "nosniff",
}


def guard(app: Flask) -> None:
    """Let *app* answer its own names and its own pages only."""
    app.config.update(TRUSTED_HOSTS=OWN_NAMES, MAX_CONTENT_LENGTH=MOST_BYTES)
    app.before_request(_refuse_foreign_pages)
    app.after_request(_set_headers)


def _refuse_foreign_pages() -> None:
    origin = request.headers.get("Origin")  # browsers send it with every form
    if origin is not None and origin != request.host_url.rstrip("/"):
        abort(HTTPStatus.FORBIDDEN, ELSEWHERE)
    is_foreign = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")  # said of all that a page fetches
    if is_foreign and request.headers.get("Sec-Fetch-Mode") != "navigate":
        abort(HTTPStatus.FORBIDDEN, ELSEWHERE)


def _set_headers(response: Response) -> Response:
    response.headers.extend(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")  # what was said to one person is not the next one's
    return response
