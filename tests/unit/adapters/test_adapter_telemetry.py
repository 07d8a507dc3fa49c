import io
import json

import pytest

from flightpulse.adapters import telemetry


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_log_line_is_one_json_object_with_the_service_and_the_ids() -> None:
    stream = io.StringIO()
    telemetry.logger("telemetry-test", stream).info("hello", extra={"event_id": "evt-1", "correlation_id": "corr-1"})
    line = json.loads(stream.getvalue())
    assert (line["message"], line["service"], line["level"]) == ("hello", "telemetry-test", "INFO")
    assert (line["event_id"], line["correlation_id"]) == ("evt-1", "corr-1")
    assert line["timestamp"].endswith("+00:00")


def test_a_message_stays_the_text_it_is() -> None:
    stream = io.StringIO()
    telemetry.logger("telemetry-test-text", stream).info('{"level": "ERROR"}')
    assert json.loads(stream.getvalue())["message"] == '{"level": "ERROR"}'


def test_what_is_counted_becomes_one_metric_line_per_combination_of_dimensions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    meter = telemetry.Meter("kafka-consumer")
    for minutes in (1, 2):
        meter.add("DelayEventsProcessed", dimensions={"event_type": "FLIGHT_DELAY", "severity": "MINOR"})
        meter.add("AffectedPassengers", minutes, dimensions={"severity": "MINOR", "event_type": "FLIGHT_DELAY"})
    meter.add("DeadLettered")
    meter.flush()
    delays, letters = lines(capsys)
    assert delays["_aws"]["CloudWatchMetrics"] == [  # type: ignore[index]
        {
            "Namespace": "FlightPulse",
            "Dimensions": [["event_type", "severity", "service"], []],
            "Metrics": [
                {"Name": "DelayEventsProcessed", "Unit": "Count"},
                {"Name": "AffectedPassengers", "Unit": "Count"},
            ],
        }
    ]
    assert (delays["DelayEventsProcessed"], delays["AffectedPassengers"]) == ([2.0], [3.0])
    assert (delays["service"], delays["event_type"], delays["severity"]) == ("kafka-consumer", "FLIGHT_DELAY", "MINOR")
    assert letters["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"], []]  # type: ignore[index]


def test_of_what_is_measured_the_longest_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    meter = telemetry.Meter("kafka-consumer")
    for milliseconds in (120.0, 4500.0, 7.0):
        meter.measure("RecordAge", milliseconds)
    meter.flush()
    (line,) = lines(capsys)
    assert line["RecordAge"] == [4500.0]
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [  # type: ignore[index]
        {"Name": "RecordAge", "Unit": "Milliseconds"}
    ]


def test_what_was_flushed_is_not_counted_again(capsys: pytest.CaptureFixture[str]) -> None:
    meter = telemetry.Meter("api")
    meter.add("DeadLettered")
    meter.measure("RecordAge", 5.0)
    meter.flush()
    meter.flush()
    assert len(lines(capsys)) == 2


def test_nothing_counted_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.Meter("api").flush()
    assert lines(capsys) == []


def test_service_and_namespace_follow_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "consumer-b")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "FlightPulseTest")
    meter = telemetry.Meter("kafka-consumer")
    meter.add("DeadLettered")
    meter.flush()
    (line,) = lines(capsys)
    assert line["service"] == "consumer-b"
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "FlightPulseTest"  # type: ignore[index]
