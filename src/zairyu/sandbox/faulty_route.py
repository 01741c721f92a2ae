"""How a call of the machine interface goes wrong on purpose."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from zairyu.sandbox.faults import Call, Fault, Faults
from zairyu.sandbox.http_server import hang_up
from zairyu.sandbox.problems import ProblemError


class FaultyRoute(APIRoute):
    """A route that asks the fault switches before and after its work. Its name is that of the call."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The work, between the two questions."""
        work = super().get_route_handler()
        call = Call(self.name)

        async def handle(request: Request) -> Response:
            faults: Faults = request.app.state.faults
            if faults.take(Fault.UNAVAILABLE, call):
                raise ProblemError(503, "UNAVAILABLE", "switched off on purpose")
            if faults.take(Fault.REFUSE, call):
                raise ProblemError(400, "REFUSED_ON_PURPOSE", "refused on purpose")
            if faults.take(Fault.TIMEOUT, call):
                await asyncio.sleep(faults.silence)
                return await hang_up(request)
            response = await work(request)
            if faults.take(Fault.LOSE_ANSWER, call):
                return await hang_up(request)
            return response

        return handle
