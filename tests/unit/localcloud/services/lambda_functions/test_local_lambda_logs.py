"""What Lambda writes around the lines of a function."""

import json
from dataclasses import replace

from localcloud.services.lambda_functions.logs import Report, log_lines
from localcloud.services.lambda_functions.output import Line

STARTED = 1_700_000_000_000
WARM = Report(
    request_id="req-1",
    version="$LATEST",
    memory_mb=256,
    memory_used_mb=41,
    started_at=STARTED,
    duration_ms=12.341,
    init_ms=None,
    status="success",
)
COLD = replace(WARM, init_ms=100.2)


def written(report: Report, *texts: str) -> list[str]:
    output = [Line(STARTED + 1, text) for text in texts]
    return [line.text for line in log_lines(report, output, {}, "python:3.12.1 (local)")]


def records(report: Report, config: dict[str, str], *texts: str) -> list[dict]:
    output = [Line(STARTED + 1, text) for text in texts]
    return [json.loads(line.text) for line in log_lines(report, output, {"LogFormat": "JSON", **config}, "python:3.12")]


def test_a_warm_invocation_has_start_end_and_report():
    assert written(WARM, "hello") == [
        "START RequestId: req-1 Version: $LATEST",
        "hello",
        "END RequestId: req-1",
        "REPORT RequestId: req-1\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB"
        "\tMax Memory Used: 41 MB\t",
    ]


def test_a_cold_start_is_announced_and_its_time_is_reported_and_billed():
    first, *_, report = written(COLD)

    assert first == "INIT_START Runtime Version: python:3.12.1 (local)"
    assert "Billed Duration: 113 ms" in report
    assert "Init Duration: 100.20 ms" in report


def test_what_is_written_while_the_function_is_loaded_comes_before_its_start():
    output = [Line(STARTED - 50, "loading"), Line(STARTED + 1, "handling")]

    texts = [line.text.split(" ")[0] for line in log_lines(COLD, output, {}, "python")]

    assert texts == ["INIT_START", "loading", "START", "handling", "END", "REPORT"]


def test_lines_are_in_the_order_of_their_times():
    output = [Line(STARTED - 50, "loading"), Line(STARTED + 1, "handling")]

    times = [line.timestamp for line in log_lines(COLD, output, {}, "python")]

    assert times == sorted(times)


def test_a_time_out_is_told_with_the_seconds_allowed():
    seen = written(replace(WARM, status="timeout", duration_ms=3000.0))

    assert seen[1] == "2023-11-14T22:13:23.000Z req-1 Task timed out after 3.00 seconds"
    assert "Status: timeout" in seen[-1]


def test_a_process_that_died_is_reported_with_its_error():
    seen = written(replace(WARM, status="failure", error_type="Runtime.ExitError"))

    assert "Status: error\tError Type: Runtime.ExitError" in seen[-1]


def test_the_report_names_the_trace():
    seen = written(replace(WARM, trace_id="Root=1-abc;Parent=def;Sampled=1"))

    assert "XRAY TraceId: 1-abc\t" in seen[-1]


def test_in_json_every_line_of_lambda_is_a_record():
    seen = records(COLD, {}, '{"message": "mine"}')

    assert [record.get("type") for record in seen] == ["platform.initStart", "platform.start", None, "platform.report"]
    assert seen[-1]["record"]["metrics"] == {
        "durationMs": 12.341,
        "billedDurationMs": 113,
        "memorySizeMB": 256,
        "maxMemoryUsedMB": 41,
        "initDurationMs": 100.2,
    }


def test_in_json_a_failure_is_reported_with_its_type():
    seen = records(replace(WARM, status="error", error_type="KeyError"), {})

    assert seen[-1]["record"]["status"] == "error"
    assert seen[-1]["record"]["errorType"] == "KeyError"


def test_with_the_system_level_at_warn_a_success_is_not_reported():
    assert records(COLD, {"SystemLogLevel": "WARN"}, '{"message": "mine"}') == [{"message": "mine"}]


def test_with_the_system_level_at_warn_a_failure_is_reported():
    seen = records(replace(WARM, status="timeout"), {"SystemLogLevel": "WARN"})

    assert seen[-1]["type"] == "platform.report"
