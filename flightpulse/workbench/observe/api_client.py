"""Signed calls to the REST API."""

import http.client
import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from flightpulse.errors import UserError
from flightpulse.workbench.target.session import Session


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What the API answered. ``body`` is the decoded JSON, or the text when it is none."""

    status: int
    reason: str
    url: str
    body: Any
    method: str = "GET"
    path: str = ""

    @property
    def ok(self) -> bool:
        return self.status < 400

    def __str__(self) -> str:
        body = self.body if isinstance(self.body, str) else json.dumps(self.body, indent=2, ensure_ascii=False)
        return f"{self.method} {self.path or self.url}\n{self.status} {self.reason}\n{body}".rstrip()

    def __repr__(self) -> str:
        return str(self)


def base_url(session: Session) -> str:
    """Where the stage answers, without a slash at the end."""
    return session.output("ApiUrl").rstrip("/")


def call(session: Session, path: str, *, method: str = "GET", body: str | None = None, signed: bool = True) -> Answer:
    """Call a route such as ``/flights/SW1234``, signed with the session's credentials (Signature Version 4)."""
    url = base_url(session) + quote("/" + path.lstrip("/"), safe="/?=&%+:#,")
    request = AWSRequest(method=method, url=url, data=body, headers={"Accept": "application/json"})
    if body is not None:
        request.headers["Content-Type"] = "application/json"
    if signed:
        SigV4Auth(session.credentials().get_frozen_credentials(), "execute-api", session.region).add_auth(request)
    return replace(_send(method, url, body, dict(request.headers.items())), method=method, path=path)


def _send(method: str, url: str, body: str | None, headers: dict[str, str]) -> Answer:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=35)
    try:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body=body, headers=headers)
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
    except OSError as error:
        raise UserError(f"The API does not answer at {parts.netloc} ({error}).", hint="Does the target run?") from error
    finally:
        connection.close()
    return Answer(response.status, response.reason, url, _decoded(text))


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
