"""How the sandbox's pages are made: templates, headers, and who may send a form."""

from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from zairyu.sandbox.case import NotFound, Refusal
from zairyu.sandbox.clock import JAPAN, SandboxClock

_TEMPLATES: Final = Path(str(files("zairyu.sandbox") / "templates"))
_HEADERS: Final = {
    # The pages show what others have sent: nothing of it may run, load or be framed.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Pages:
    """Renders the templates. Every page shows the sandbox's clock."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["japan_time"] = _japan_time

    def show(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page."""
        page = self._templates.get_template(template).render(clock=self._clock, **values)
        return HTMLResponse(page, status_code=status, headers=_HEADERS)

    def answer_with_pages(self, app: FastAPI) -> None:
        """Answer every error of an application with a page, and serve the style sheet."""
        style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")

        @app.get("/style.css")
        async def style_sheet() -> Response:
            return Response(style, media_type="text/css", headers=_HEADERS)

        @app.exception_handler(Refusal)
        async def refusal(_: Request, error: Refusal) -> HTMLResponse:
            status = 404 if isinstance(error, NotFound) else 409
            return self.show("problem.html", status=status, code=error.code, detail=error.detail)

        @app.exception_handler(RequestValidationError)
        async def malformed(_: Request, error: RequestValidationError) -> HTMLResponse:
            fields = ", ".join(str(found["loc"][-1]) for found in error.errors())
            return self.show("problem.html", status=422, code="FORM_MALFORMED", detail=f"please correct: {fields}")


def to(path: str) -> RedirectResponse:
    """Where the browser goes after a form, so that a reload does not send it again."""
    return RedirectResponse(path, status_code=303)


def same_origin(request: Request) -> None:
    """Refuse a form that another site's page sends through this person's browser."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(status_code=403, detail="forms are taken from the sandbox's own pages")


def _japan_time(moment: datetime) -> str:
    return f"{moment.astimezone(JAPAN):%Y-%m-%d %H:%M:%S}"
