"""Connecting, mistakes in one sentence, progress, the inbox, and what firing waits for."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flightpulse.domain.entities import Tier
from flightpulse.errors import UserError
from flightpulse.workbench import connect
from flightpulse.workbench.deploy import resources
from flightpulse.workbench.fire import firing
from flightpulse.workbench.messages.inbox_cards import Inbox
from flightpulse.workbench.observe.facts import Facts
from flightpulse.workbench.show import notebook, progress
from flightpulse.workbench.show.checks import CheckError
from tests.unit.workbench.run_facts import handled, message, recipient, sent


def test_connecting_starts_nothing_and_the_first_use_says_what_to_run(tmp_path: Path) -> None:
    wb = connect("local", home=tmp_path)

    with pytest.raises(UserError, match=r"not running\. Start it with: wb\.ready\(\)"):
        _ = wb.session


def test_another_target_gets_one_sentence() -> None:
    with pytest.raises(UserError, match=r"no target 'moon'"):
        connect("moon")


def test_a_port_that_is_none_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLIGHTPULSE_PORT", "first")

    with pytest.raises(UserError, match="FLIGHTPULSE_PORT is 'first'"):
        connect("local", home=tmp_path)


def test_taking_down_what_is_not_there_may_be_done_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wb = connect("local", home=tmp_path)

    wb.down()
    wb.down()

    assert capsys.readouterr().out.count("no local cloud is running") == 2


def test_a_model_on_aws_cannot_be_made_to_misbehave(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be made to misbehave"), connect("aws", home=tmp_path).faults.model():
        pytest.fail("the block must not begin")


class _Shell:
    """As much of IPython's shell as an exception handler needs."""

    def __init__(self, *, allow_stdin: bool = False) -> None:
        self.shown: list[list[str]] = []
        self.handler: Any = None
        self.kernel = SimpleNamespace(_allow_stdin=allow_stdin)
        self.InteractiveTB = SimpleNamespace(structured_traceback=lambda *_: ["Traceback", "wall"])

    def set_custom_exc(self, kinds: tuple[type[BaseException], ...], handler: Any) -> None:
        self.kinds, self.handler = kinds, handler

    def _showtraceback(self, kind: type[BaseException], error: BaseException, lines: list[str]) -> None:
        self.shown.append(lines)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> _Shell:
    made = _Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: made))
    notebook.show_user_errors()
    return made


def test_a_users_error_shows_as_one_sentence_in_a_notebook(shell: _Shell) -> None:
    shell.handler(shell, UserError, UserError("No stack.", hint="Run: wb.ready()"), None, tb_offset=None)

    assert shell.shown == [["✗ No stack. Run: wb.ready()"]]


def test_expired_credentials_show_as_one_sentence_in_a_notebook(shell: _Shell) -> None:
    error = ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "ListStacks")

    shell.handler(shell, ClientError, error, None, tb_offset=None)

    assert shell.shown[0][0].startswith("✗ The AWS credentials have expired.")


def test_an_error_that_nobody_can_explain_keeps_its_traceback(shell: _Shell) -> None:
    error = ClientError({"Error": {"Code": "Odd", "Message": "odd"}}, "ListStacks")

    shell.handler(shell, ClientError, error, None, tb_offset=None)

    assert shell.shown == [["Traceback", "wall"]]


def test_failed_checks_are_among_what_the_handler_takes(shell: _Shell) -> None:
    assert {UserError, CheckError} <= set(shell.kinds)


def test_outside_of_a_notebook_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)

    notebook.show_user_errors()

    assert "IPython" not in sys.modules


def test_a_notebook_that_a_program_runs_gets_the_last_line_only(
    shell: _Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.Steps() as steps:
        steps.update("deploy", "working", 1, 10)
        steps.finish("deploy", "10 resources are up")

    assert capsys.readouterr().out == "✓ deploy: 10 resources are up\n"


def test_a_kernel_that_allows_input_has_somebody_watching() -> None:
    assert progress.watched(SimpleNamespace(_allow_stdin=True))
    assert not progress.watched(SimpleNamespace(_allow_stdin=False))


def test_an_inbox_escapes_what_would_be_html() -> None:
    inbox = Inbox((message("BKG-1", text="<script>alert(1)</script>"),))

    assert "<script>" not in inbox.html()
    assert "<script>" in inbox.text()


def test_an_inbox_shows_an_email_with_its_subject_and_a_text_with_its_length() -> None:
    said = Inbox((message("BKG-1"), message("BKG-1", "sms", subject="", text="Late."))).text()

    assert "Subject: Your flight" in said
    assert "5 of 160 characters" in said


def test_an_inbox_can_be_narrowed_to_a_passenger_and_a_channel() -> None:
    inbox = Inbox((message("BKG-1"), message("BKG-1", "sms"), message("BKG-2")))

    assert [item.booking_id for item in inbox.of("PAX-BKG-1").only("email")] == ["BKG-1"]


def _finding(facts: Facts, why: str = "") -> tuple[str, bool]:
    finding = firing.outcome_of("evt-1", "FLIGHT_DELAY SW1234", lambda _: why).look(facts)
    return finding.seen, finding.ok


def test_an_event_is_waited_for_until_everyone_is_told() -> None:
    facts = Facts(
        sent=(sent(),), handled=(handled(),), recipients={"SW1234": (recipient("BKG-1", Tier.MEMBER, "email"),)}
    )

    assert _finding(facts) == ("DONE; BKG-1 has no e-mail", False)


def test_an_event_that_newer_news_overtakes_needs_only_to_end() -> None:
    facts = Facts(sent=(sent(), sent("evt-2", seconds=1)), handled=(handled(outcome="SUPERSEDED"),))

    assert _finding(facts) == ("SUPERSEDED", True)


def test_an_event_that_was_sent_twice_is_waited_for_twice() -> None:
    facts = Facts(sent=(sent(), sent()), handled=(handled(),))

    assert not _finding(facts)[1]


def test_an_event_that_the_consumer_put_aside_is_known_too() -> None:
    assert _finding(Facts(sent=(sent(),)), "UNKNOWN_FLIGHT") == ("put aside by the consumer: UNKNOWN_FLIGHT", True)


def test_an_event_without_a_flight_is_refused_before_it_is_sent() -> None:
    with pytest.raises(UserError, match=r"needs event_id"):
        firing.as_scenario(SimpleNamespace(), [{"event_id": "evt-1", "payload": {}}])  # type: ignore[arg-type]


def test_resources_are_counted_by_type_with_what_they_are_for() -> None:
    table = resources.by_type(
        [
            {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "A", "PhysicalResourceId": "u/flightpulse-a"},
            {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "B", "PhysicalResourceId": "u/flightpulse-b"},
            {"ResourceType": "AWS::EC2::VPC", "LogicalResourceId": "NetworkVpc7FB7348F", "PhysicalResourceId": "vpc-1"},
        ]
    )

    assert table.rows == (
        ("SQS::Queue", "2", "dead letters: what failed, kept to be redriven", "flightpulse-a, flightpulse-b"),
        ("EC2::VPC", "1", "the network of the functions", "NetworkVpc"),
    )
