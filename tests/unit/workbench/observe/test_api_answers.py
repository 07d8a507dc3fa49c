"""What the API answered and what its access log says, as a reader sees both."""

import json
from datetime import UTC, datetime

from flightpulse.workbench.observe import log_groups
from flightpulse.workbench.observe.api_client import Answer
from flightpulse.workbench.observe.logs import LogEvent

REQUEST = {
    "requestId": "62093622-da1b-4877-9288-d5b467e3b632",
    "time": "25/Nov/2026:02:25:08 +0000",
    "method": "GET",
    "route": "/health",
    "status": "200",
    "bytes": "87",
    "latencyMs": "13",
    "integrationLatencyMs": "12",
    "error": "-",
}


def line(message: str) -> LogEvent:
    return LogEvent("1", "/aws/apigateway/flightpulse-access", "stream", datetime(2026, 11, 25, tzinfo=UTC), message)


def test_an_answer_shows_its_question_its_status_and_its_body():
    answer = Answer(404, "Not Found", "http://127.0.0.1/prod/flights/SW0", {"error": "no"}, path="/flights/SW0")

    assert repr(answer) == 'GET /flights/SW0\n404 Not Found\n{\n  "error": "no"\n}'


def test_an_answer_that_is_no_json_is_shown_as_it_came():
    assert (
        str(Answer(502, "Bad Gateway", "http://127.0.0.1/", "<html>"))
        == "GET http://127.0.0.1/\n502 Bad Gateway\n<html>"
    )


def test_the_access_log_has_one_row_for_each_request():
    refused = REQUEST | {"status": "403", "integrationLatencyMs": "-", "error": "Missing Authentication Token"}

    found = log_groups.requests([line(json.dumps(REQUEST)), line("no JSON"), line(json.dumps(refused))])

    assert found.column("status") == ["200", "403"]
    assert found.column("function ms") == ["12", log_groups.NOTHING]
    assert found.column("request id") == [REQUEST["requestId"]] * 2


def test_a_field_that_an_older_line_lacks_is_a_dash():
    assert log_groups.requests([line('{"method": "GET"}')]).column("route") == [log_groups.NOTHING]
