"""Who may come to the page: only the browser that was opened with the address the terminal printed.

A password is typed there. Other programs and other people on the same computer reach the port too, and so does every
web page in the same browser.
"""

import secrets
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS: Final = {
    # Names and files come from others: nothing of it may run, load or be framed.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # With "no-referrer" browsers send no origin with a form either, and the origin is checked.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_ENTRANCE: Final = "/start"
_WELCOME: Final = "署名端末を開いています。\nThe signing terminal opens.\n"
_STRANGER: Final = (
    "この画面を開くには、署名端末の起動時に表示されたアドレスをブラウザーで開いてください。端末を起動し直すと、"
    "アドレスは変わります。\n"
    "To open this page, use the address that the signing terminal printed when it started. It is a new one each time "
    "the terminal starts.\n"
)
_ELSEWHERE: Final = (
    "この画面は、署名端末が表示したアドレスでのみ開けます。\n"
    "This page answers only at the address that the signing terminal printed.\n"
)
_FOREIGN_FORM: Final = (
    "この入力は、署名端末の画面から送信されたものではないため、受け付けませんでした。\n"
    "This form was not sent from the signing terminal's own page, so it was not taken.\n"
)


class Door:
    """Stands in front of the page's application, for one run of the terminal."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        """Make a new secret.

        Args:
            app: What is behind the door.
            port: Where it is served, on 127.0.0.1.
        """
        self._app = app
        self._host = f"127.0.0.1:{port}"
        self._origin = f"http://{self._host}"
        self._key = secrets.token_urlsafe(32)
        # Browsers send a cookie to all ports: the name keeps two terminals of one computer apart.
        self._cookie_name = f"zairyu_desk_{port}"
        self._cookie = secrets.token_urlsafe(32)

    @property
    def address(self) -> str:
        """The address that opens the page. Whoever has it can see what is to be signed."""
        return f"{self._origin}{_ENTRANCE}?key={self._key}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the call, or let it through; every answer gets the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        request = Request(scope)
        answer = self._refusal(request) if request.url.path != _ENTRANCE else self._entrance(request)
        await (answer or self._app)(scope, receive, send_with_headers)

    def _entrance(self, request: Request) -> Response:
        if request.headers.get("host") != self._host:
            return _refused(_ELSEWHERE, 421)
        if not _same(request.query_params.get("key", ""), self._key):
            return _refused(_STRANGER, 403)
        # Not a redirection: the browser would take it as a part of a click on some other page, and keep a strict
        # cookie to itself.
        answer = PlainTextResponse(_WELCOME, headers={"Refresh": "0; url=/"})
        answer.set_cookie(self._cookie_name, self._cookie, httponly=True, samesite="strict")
        return answer

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("host") != self._host:
            # A foreign name that was made to point at this computer.
            return _refused(_ELSEWHERE, 421)
        if not _same(request.cookies.get(self._cookie_name, ""), self._cookie):
            return _refused(_STRANGER, 403)
        if request.method not in ("GET", "HEAD") and request.headers.get("origin") != self._origin:
            return _refused(_FOREIGN_FORM, 403)
        return None


def _refused(why: str, status: int) -> Response:
    return PlainTextResponse(why, status_code=status)


def _same(given: str, secret: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), secret.encode())
