"""What verbs print of what they read."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from click.testing import CliRunner

from flightpulse.cli import options
from flightpulse.cli.group import cli
from flightpulse.errors import UserError
from flightpulse.stack import names
from flightpulse.workbench.faults.dead_letter_queues import DeadLetterQueues
from flightpulse.workbench.observe import api_client, logs
from flightpulse.workbench.observe.api_client import Answer
from flightpulse.workbench.show.tables import Table
from flightpulse.workbench.target.connection import Connection
from flightpulse.workbench.traces.lookup import Traces
from flightpulse.workbench.traces.trace import Span, Spans, Trace


@pytest.fixture(autouse=True)
def _no_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "deployed", SimpleNamespace())


def test_a_log_line_says_what_happened_before_the_ids_it_happened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, Any] = {
        "level": "WARNING",
        "message": "a template was refused or mended",
        "correlation_id": "evt-" + "c" * 32,
        "event_id": "evt-" + "e" * 32,
        "flight_id": "SW1234",
        "segment": "delay/MINOR/WEATHER/A-LIST-PREFERRED/-/en-US",
        "rules": ["digit", "place"],
    }
    group = names.LOG_GROUPS["messenger"]
    event = logs.LogEvent("1", group, "stream", datetime(2026, 11, 23, tzinfo=UTC), json.dumps(written))
    monkeypatch.setattr(logs, "read", lambda *given, **more: [event])

    result = CliRunner(env={"COLUMNS": "400"}).invoke(cli, ["logs"])

    assert '"rules": ["digit", "place"], "correlation_id"' in result.stdout


@pytest.mark.parametrize(("status", "exit_code"), [(200, 0), (404, 1)])
def test_an_answer_of_the_api_for_programs_has_its_status_and_nothing_else_is_printed(
    monkeypatch: pytest.MonkeyPatch, status: int, exit_code: int
) -> None:
    answer = Answer(status, "reason", "http://127.0.0.1/flights/SW1", {"flight_id": "SW1"})
    monkeypatch.setattr(api_client, "call", lambda *given, **more: answer)

    result = CliRunner().invoke(cli, ["api", "/flights/SW1", "--json"])

    assert (result.exit_code, result.stderr) == (exit_code, "")
    assert json.loads(result.stdout) == {"status": status, "url": answer.url, "body": answer.body}


@pytest.mark.parametrize(("ok", "exit_code"), [(True, 0), (False, 1)])
def test_a_scenario_ends_with_an_error_when_something_expected_was_not_seen(
    monkeypatch: pytest.MonkeyPatch, ok: bool, exit_code: int
) -> None:
    run = SimpleNamespace(ok=ok, as_json=lambda: {"ok": ok})
    bench = SimpleNamespace(fire=lambda *given, **more: run, session=SimpleNamespace(model="a stand-in"))
    monkeypatch.setattr(options, "bench", lambda *given, **more: bench)

    result = CliRunner().invoke(cli, ["scenario", "1", "--json"])

    assert (result.exit_code, result.stderr) == (exit_code, "")
    assert json.loads(result.stdout) == {"scenario": 1, "ok": ok, "model": "a stand-in"}


def test_a_trace_is_printed_span_by_span_or_as_json_or_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    began = datetime(2026, 11, 30, tzinfo=UTC)
    span = Span("1", "", "flight-operations", "flight-operations", "segment", began, began + timedelta(seconds=2), 0)
    found = Trace("1-6b0d0d0b-8fc0305a9066ea6ddfbccd09", Spans([span]))
    monkeypatch.setattr(Traces, "of", lambda _self, event_id: found if event_id == "evt-1" else None)

    told = CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["trace", "evt-1", "--png", str(tmp_path / "a.png")])
    plain = CliRunner().invoke(cli, ["trace", "evt-1", "--json"])
    nowhere = CliRunner().invoke(cli, ["trace", "evt-1", "--png", str(tmp_path / "no" / "a.png")])

    assert (told.exit_code, plain.exit_code) == (0, 0)
    assert nowhere.exit_code != 0
    assert "a.png cannot be written: No such file or directory" in nowhere.output.replace("\n", " ")
    assert "2.000" in told.stdout
    assert "flight-operations" in told.stdout
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    said = json.loads(plain.stdout)
    assert [(row["name"], row["took"]) for row in said["spans"]] == [("flight-operations", 2.0)]
    assert said["trace_id"] == found.trace_id


@pytest.mark.parametrize(
    ("words", "quiet"),
    [(("--page",), True), (("--variants", "--json"), True), (("--usage",), True), (("--variants",), False)],
)
def test_the_progress_of_a_synthesis_is_not_mixed_with_costs_for_a_file_or_a_program(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], quiet: bool
) -> None:
    asked = []

    def bench(_target: str, *, quiet: bool) -> Any:
        asked.append(quiet)
        raise UserError("enough")

    monkeypatch.setattr(options, "bench", bench)
    CliRunner().invoke(cli, ["cost", *words])

    assert asked == [quiet]


def test_what_waits_to_be_redriven_is_listed_with_the_time_on_the_readers_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    since = datetime(2026, 11, 30, 9, 8, 7, 123456, tzinfo=UTC)
    waiting = Table.of(("queue", "what", "why", "since"), [("records", "no JSON", "it is cut", since)])
    monkeypatch.setattr(DeadLetterQueues, "table", lambda _self, *, kinds: waiting)
    monkeypatch.setattr(Connection, "session", SimpleNamespace(command=lambda verb: f"flightpulse {verb}"))

    listed = CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["redrive", "--list"]).stdout

    assert f"{since.astimezone():%H:%M:%S}" in listed
    assert "2026" not in listed


def test_a_demo_adds_up_only_the_metrics_that_are_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = {"AwareToTold": 310.0, "RecordAge": 9.0, "NotificationsSent": 14.0, "DelayEventsProcessed": 2.0}
    bench = Mock()
    bench.metrics.by_name.return_value = sums
    monkeypatch.setattr(options, "bench", lambda *_, **__: bench)
    monkeypatch.setattr("flightpulse.cli.demo.SCENARIOS", ())

    said = CliRunner().invoke(cli, ["demo", "--port", "4571"]).stdout

    assert "namespace FlightPulse): DelayEventsProcessed 2, NotificationsSent 14\n" in said
