"""How behaviours answer requests in JSON: around the emulator's own handlers, and with refusals in AWS's words.

A handler of the emulator takes a request and gives status, headers and body. A behaviour goes around it with a function
that gets the handler and the request, and gives the content of the answer or somebody's whole answer. To refuse a
request it raises :class:`localcloud.services.refusals.Refused`.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from ministack.core import responses

from localcloud.services.refusals import Refused

Request = dict[str, Any]
Content = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Request], Response]
Around = Callable[[Handler, Request], Content | Response]


class _RefusedAlready(Exception):  # noqa: N818
    """The emulator's answer is an error, and stays as it is."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self.response = response


def install(module: ModuleType, around: Mapping[str, Around]) -> None:
    """Go around handlers of a module of the emulator, by their names."""
    for name, call in around.items():
        setattr(module, name, answering(partial(call, getattr(module, name))))


def replace(module: ModuleType, values: Mapping[str, object]) -> None:
    """Put values in the place of a module's own, by their names. Raises AttributeError for a name that is gone."""
    for name, value in values.items():
        getattr(module, name)
        setattr(module, name, value)


def answering(call: Callable[[Request], Content | Response]) -> Handler:
    """A handler that answers with what a call gives, or with the error that it is refused with."""

    def handler(request: Request) -> Response:
        try:
            given = call(request)
        except _RefusedAlready as refusal:
            return refusal.response
        except Refused as refusal:
            return refused(refusal)
        return given if isinstance(given, tuple) else answer(given)

    return handler


def content(response: Response) -> Content:
    """The content of the emulator's answer. When it is an error, the request is answered with that."""
    if response[0] >= 400:
        raise _RefusedAlready(response)
    found: Content = json.loads(response[2])
    return found


def answer(told: Content) -> Response:
    """A successful answer."""
    response: Response = responses.json_response(told)
    return response


def refused(refusal: Refused) -> Response:
    """The answer to a request that is refused."""
    response: Response = responses.error_response_json(refusal.code, refusal.message, refusal.status)
    return response
