"""The codec server: lets the Temporal UI and CLI of a developer show payloads in clear."""

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads

from zairyu.runtime.codec import EncryptingCodec
from zairyu.runtime.keys import KeyRingError


def codec_server(codec: EncryptingCodec, *, ui_origins: list[str]) -> FastAPI:
    """The web service that Temporal's UI calls from the browser.

    It has no login of its own: it is for loopback. Whoever can reach it can read personal data.
    """
    app = FastAPI(title="Zairyu codec server", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=ui_origins,
        allow_methods=["POST"],
        allow_headers=["content-type", "x-namespace"],
    )

    @app.exception_handler(KeyRingError)
    @app.exception_handler(json_format.ParseError)
    async def refuse(_: Request, error: Exception) -> Response:
        # The parser's own text repeats what it was given.
        text = str(error) if isinstance(error, KeyRingError) else "this is not a list of payloads"
        return Response(text, status_code=400, media_type="text/plain")

    @app.post("/decode")
    async def decode(request: Request) -> Response:
        payloads = json_format.Parse(await request.body(), Payloads())
        return _answer(Payloads(payloads=await codec.decode(payloads.payloads)))

    @app.post("/encode")
    async def encode(request: Request) -> Response:
        payloads = json_format.Parse(await request.body(), Payloads())
        return _answer(Payloads(payloads=await codec.encode(payloads.payloads)))

    return app


def _answer(payloads: Payloads) -> Response:
    return Response(json_format.MessageToJson(payloads), media_type="application/json")
