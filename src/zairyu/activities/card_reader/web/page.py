"""The page of a desk, served on this computer alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from zairyu.activities.card_reader.web.door import Door
from zairyu.activities.card_reader.web.prompt import WebPrompt
from zairyu.activities.card_reader.web.views import Form
from zairyu.runtime.loopback import loopback_listener, served

_TEMPLATES: Final = Path(str(files("zairyu.activities.card_reader.web") / "templates"))
_ASSETS: Final = {
    "/style.css": ("style.css", "text/css"),
    "/follow.js": ("follow.js", "text/javascript"),
    # Where browsers look for it unasked.
    "/favicon.ico": ("icon.svg", "image/svg+xml"),
}
_LONGEST_FORM: Final = 64 * 1024
"""Bytes; more than enough for a hundred confirmed applications."""
_BREATH: Final = 0.05
"""Seconds; a desk that takes a question back to ask another one at once does not make the page flicker."""
_LONGEST_FOLLOW: Final = 20.0
"""Seconds; after these a browser asks again, so that one that has gone is forgotten."""


@asynccontextmanager
async def desk_page(prompt: WebPrompt, *, port: int = 0) -> AsyncIterator[str]:
    """Serve the page of a prompt on 127.0.0.1 while the context lasts.

    Args:
        prompt: What the page shows, and who gets the answers.
        port: Where to serve; any free port by default.

    Yields:
        The address that opens the page. It holds a secret: show it to the person at the desk only.

    Raises:
        OSError: The port is taken.
    """
    with loopback_listener(port) as listener:
        door = Door(_application(prompt), listener.getsockname()[1])
        async with served(door, listener):
            try:
                yield door.address
            finally:
                prompt.end()


def _application(prompt: WebPrompt) -> FastAPI:
    """The page itself. Its handlers declare no parameters: the framework's own errors would repeat what was sent."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    assets = {path: (_TEMPLATES / file).read_bytes() for path, (file, _) in _ASSETS.items()}

    def present() -> HTMLResponse:
        shown = prompt.shown
        return HTMLResponse(templates.get_template(shown.view.template).render(shown=shown, view=shown.view))

    @app.get("/")
    async def page(_: Request) -> Response:
        return present()

    @app.get("/changed")
    async def changed(request: Request) -> Response:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_FOLLOW):
                await prompt.changed_since(request.query_params.get("after", ""))
                await asyncio.sleep(_BREATH)
        return present()

    @app.post("/answer")
    async def answer(request: Request) -> Response:
        form = await _read_form(request)
        if isinstance(form, Response):
            return form
        prompt.take(form)
        # So that a reload does not send it again.
        return RedirectResponse("/", status_code=303)

    async def asset(request: Request) -> Response:
        path = request.url.path
        return Response(assets[path], media_type=_ASSETS[path][1])

    for path in _ASSETS:
        app.add_api_route(path, asset)

    return app


async def _read_form(request: Request) -> Form | Response:
    """The form, or why it is not taken. Nothing of it is kept or repeated."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return PlainTextResponse("This is not a form.\n", status_code=415)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            # The rest is not read, so the connection is of no more use.
            return PlainTextResponse("The form is too long.\n", status_code=413, headers={"Connection": "close"})
    try:
        return Form(parse_qs(body.decode("ascii", "replace"), max_num_fields=1000))
    except ValueError:
        return PlainTextResponse("The form has too many fields.\n", status_code=413)
