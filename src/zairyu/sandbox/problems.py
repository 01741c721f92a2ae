"""Errors on the wire: RFC 9457 problems, each with a named code."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from zairyu.activities.mynaportal.wire import Problem, ProblemItem
from zairyu.sandbox.case import NotFound, Refusal, Unacceptable


class ProblemError(Exception):
    """The call is answered with a problem."""

    def __init__(
        self, status: int, code: str, detail: str, items: Sequence[tuple[str, str]] = (), *, retry_after: int = 1
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.items = items
        self.retry_after = retry_after
        """Seconds after which a 503 may be gone."""


def answer_with_problems(app: FastAPI) -> None:
    """Answer every error of an application with a problem."""

    @app.exception_handler(ProblemError)
    async def problem(_: Request, error: ProblemError) -> JSONResponse:
        return _answer(error)

    @app.exception_handler(Refusal)
    async def refusal(_: Request, error: Refusal) -> JSONResponse:
        return _answer(ProblemError(_status(error), error.code, error.detail, error.items))

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        # Places and rules only: the values are personal data.
        items = [("/".join(str(part) for part in found["loc"]), str(found["type"])) for found in error.errors()]
        return _answer(ProblemError(422, "REQUEST_MALFORMED", "the request is not as the interface wants it", items))

    @app.exception_handler(HTTPException)
    async def elsewhere(_: Request, error: HTTPException) -> JSONResponse:
        return _answer(ProblemError(error.status_code, HTTPStatus(error.status_code).name, error.detail))


def _status(error: Refusal) -> int:
    match error:
        case NotFound():
            return 404
        case Unacceptable():
            return 422
        case _:
            return 409


def _answer(error: ProblemError) -> JSONResponse:
    body = Problem(
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        code=error.code,
        detail=error.detail,
        items=[ProblemItem(place=place, code=code) for place, code in error.items],
    )
    headers = {}
    match error.status:
        case 401:
            headers["WWW-Authenticate"] = "Bearer"
        case 503:
            headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(
        body.model_dump(), status_code=error.status, headers=headers, media_type="application/problem+json"
    )
