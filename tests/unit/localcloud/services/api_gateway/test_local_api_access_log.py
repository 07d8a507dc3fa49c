"""Lines of an API's access log."""

import json
from dataclasses import replace

from localcloud.services.api_gateway.access_log import Access

ACCESS = Access(
    request_id="req-1",
    account_id="000000000000",
    api_id="abc",
    stage="prod",
    method="GET",
    path="/flights/SW1234",
    resource_path="/flights/{flightId}",
    source_ip="127.0.0.1",
    user_agent="curl",
    received_at=1_700_000_000_123.9,
    latency_ms=12.6,
    integration_ms=10.4,
    status=200,
    response_length=42,
)


def test_variables_are_replaced_by_what_is_known_of_the_request():
    line = ACCESS.line("$context.requestId $context.httpMethod $context.resourcePath $context.status")

    assert line == "req-1 GET /flights/{flightId} 200"


def test_times_are_whole_milliseconds():
    assert ACCESS.line("$context.responseLatency $context.integrationLatency $context.requestTimeEpoch") == (
        "13 10 1700000000123"
    )


def test_the_time_of_the_request_is_in_the_form_of_a_web_server():
    assert ACCESS.line("$context.requestTime") == "14/Nov/2023:22:13:20 +0000"


def test_a_variable_without_a_value_is_a_dash():
    assert ACCESS.line("$context.identity.caller|$context.unknown.thing") == "-|-"


def test_a_request_that_reached_no_function_has_no_integration_latency():
    assert replace(ACCESS, integration_ms=None).line("$context.integrationLatency") == "-"


def test_a_longer_name_is_not_taken_for_a_shorter_one():
    assert ACCESS.line("$context.statusCode") == "-"


def test_the_text_of_an_error_can_stand_in_json():
    failed = replace(ACCESS, error_message='no "status"', error_type="BAD_REQUEST_PARAMETERS")

    line = failed.line('{"error":$context.error.messageString,"type":"$context.error.responseType"}')

    assert json.loads(line) == {"error": 'no "status"', "type": "BAD_REQUEST_PARAMETERS"}
