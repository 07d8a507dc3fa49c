"""What verbs print of what they read."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from flightpulse.cli import options
from flightpulse.cli.group import cli
from flightpulse.errors import UserError
from flightpulse.workbench.observe import api_client, logs
from flightpulse.workbench.observe.api_client import Answer
from flightpulse.workbench.target import names
from flightpulse.workbench.target.connection import Connection


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
