"""What a run costs: its histories and logs are counted as AWS bills them, and money is never rounded on the way."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from flightpulse.cli.group import cli
from flightpulse.workbench import Workbench
from flightpulse.workbench.costs import idle_cost, page, prices, run_cost
from flightpulse.workbench.costs.run_cost import ModelUsage, RunUsage
from flightpulse.workbench.deploy.stack import Stack
from flightpulse.workbench.executions.history import Attempt, Problem
from flightpulse.workbench.fire import run_store
from flightpulse.workbench.fire.scenarios import ScenarioRun
from flightpulse.workbench.observe.item_changes import StreamedChange
from flightpulse.workbench.observe.logs import LogEvent
from flightpulse.workbench.observe.payloads import between
from flightpulse.workbench.target.connection import Connection
from tests.unit.workbench.run_facts import NOW


def attempt(resource: str, arguments: object = None, error: str = "", cause: str = "") -> Attempt:
    problem = Problem(error, cause) if error else None
    return Attempt(resource, NOW, NOW, json.dumps(arguments), problem, None)


def line(content: object) -> LogEvent:
    text = content if isinstance(content, str) else json.dumps(content)
    return LogEvent("1", "group", "stream", NOW, text)


def change(before: dict[str, Any], after: dict[str, Any]) -> StreamedChange:
    return StreamedChange("FLIGHT#SW1", "METADATA", "MODIFY", NOW, "1", between(before, after), after)


def test_every_service_is_paid_at_its_list_price():
    usage = RunUsage(
        messages=4,
        transitions=200,
        invocations=5,
        gb_seconds=Decimal(3),
        write_units=16,
        read_units=Decimal("8.5"),
        events=6,
        log_bytes=1_048_576,
        queue_requests=2,
        topic_publishes=1,
        passengers=2,
        traces=4,
        metrics=73,
        models=(
            ModelUsage("author", "amazon.nova-lite-v1:0", 1_000, 100),
            ModelUsage("reviewer", "amazon.nova-micro-v1:0", 2_000, 50),
        ),
    )

    found = run_cost.priced(usage)

    assert [line.dollars for line in found.lines] == [
        Decimal("0.005"),
        Decimal("0.000001"),
        Decimal("0.0000400002"),
        Decimal("0.00001"),
        Decimal("0.0000010625"),
        Decimal("0.000006"),
        Decimal("0.00048828125"),
        Decimal("0.0000008"),
        Decimal("0.0000005"),
        Decimal("0.00002"),
        Decimal("0.03"),
        Decimal("0.00006"),
        Decimal("0.000024"),
        Decimal("0.00007"),
        Decimal("0.000007"),
    ]
    assert [line.what for line in found.lines][-4:] == [
        "drafting, tokens in",
        "drafting, tokens out",
        "reviewing, tokens in",
        "reviewing, tokens out",
    ]
    assert found.total == Decimal("0.03572864395")
    assert found.per_message == Decimal("0.0089321609875")


def test_a_thousand_passengers_take_more_of_everything_but_of_custom_metrics():
    found = run_cost.priced(RunUsage(transitions=200, passengers=2, metrics=73))

    assert found.per_thousand == Decimal("2.5") + Decimal("0.03")
    assert run_cost.priced(RunUsage(transitions=200, metrics=73)).per_thousand is None


def test_tokens_are_told_by_role():
    asked = {"calls": 1, "input_tokens": 900, "output_tokens": 160}
    events = [line({"usage": {"author": asked, "reviewer": {**asked, "calls": 0}}}), line({"usage": {"author": asked}})]

    found = run_cost.tokens_by_role([*events, line("words"), line({"usage": "none"})])

    assert found["author"] == {"calls": 2, "input_tokens": 1_800, "output_tokens": 320}
    assert found["reviewer"]["calls"] == 0


def test_what_was_used_can_be_kept_and_priced_again():
    usage = RunUsage(messages=3, gb_seconds=Decimal("1.5"), models=(ModelUsage("author", "m", 1, 2),))

    assert page.usage_of(json.loads(json.dumps(page.usage_fields(usage)))) == usage


def test_the_table_has_the_sum_and_says_what_is_left_out():
    said = run_cost.priced(RunUsage(messages=2, transitions=80), local=True)._repr_mimebundle_()

    for text in said.values():
        assert "0.0020000" in text
        assert "0.0010000" in text
        assert "Left out: free tiers" in text
        assert "135.05 USD a month" in text
        assert "On the local cloud it cost nothing." in text


def test_an_account_is_not_told_that_it_cost_nothing():
    assert "cost nothing" not in str(run_cost.priced(RunUsage(transitions=1)))


def test_without_a_message_there_is_no_cost_of_one():
    found = run_cost.priced(RunUsage(transitions=1))

    assert found.per_message is None
    assert found.as_json()["per_message_usd"] is None
    assert "for each message" not in str(found)


def test_a_model_that_nobody_has_priced_is_named_and_not_taken_for_free():
    found = run_cost.priced(RunUsage(models=(ModelUsage("author", "other.model-1", 10, 10),)))

    assert "Not priced: tokens of other.model-1." in found.note


def test_profiles_of_a_group_of_regions_cost_a_tenth_more():
    haiku = prices.model("us.anthropic.claude-haiku-4-5-20251001-v1:0")

    assert haiku is not None
    assert [price.of(1_000_000) for price in haiku] == [Decimal("1.1"), Decimal("5.5")]


def test_a_write_is_paid_when_its_condition_does_not_hold_and_not_when_it_is_throttled():
    found = [
        attempt("dynamodb:putItem"),
        attempt("dynamodb:updateItem", error="DynamoDB.ConditionalCheckFailedException"),
        attempt("dynamodb:updateItem", error="DynamoDB.ProvisionedThroughputExceededException"),
        attempt("sqs:sendMessage"),
    ]

    assert run_cost.writes(found) == 2


def test_each_write_of_a_transaction_is_paid_twice_also_when_it_is_cancelled():
    pair = {"TransactItems": [{"Update": {}}, {"Update": {}}]}
    transaction = "aws-sdk:dynamodb:transactWriteItems"

    assert run_cost.writes([attempt(transaction, pair)]) == 4
    assert run_cost.writes([attempt(transaction, pair, "DynamoDb.TransactionCanceledException")]) == 4
    assert run_cost.writes([attempt(transaction, pair, "DynamoDb.ProvisionedThroughputExceededException")]) == 0


def test_events_are_paid_by_entries_that_the_bus_took_and_not_by_calls():
    both = {"Entries": [{"DetailType": "notification.email"}, {"DetailType": "notification.sms"}]}
    half = json.dumps({"Entries": [{"EventId": "e-1"}, {"ErrorCode": "ThrottlingException"}], "FailedEntryCount": 1})

    assert run_cost.custom_events([attempt("events:putEvents", both)]) == 2
    assert run_cost.custom_events([attempt("events:putEvents", both, "EventBridge.FailedEntry", half)]) == 1
    assert run_cost.custom_events([attempt("events:putEvents", both, "States.Timeout", "words")]) == 0
    assert run_cost.custom_events([attempt("sqs:sendMessage", {"MessageBody": "words"})]) == 0


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        ({"a": 1}, {"a": 2}, 0),
        ({"GSI1PK": "x", "GSI1SK": "y", "a": 1}, {"GSI1PK": "x", "GSI1SK": "y", "a": 2}, 1),
        ({"GSI1PK": "x", "GSI1SK": "y"}, {"GSI1PK": "z", "GSI1SK": "y"}, 2),
        ({"a": 1}, {"a": 1, "GSI2PK": "x", "GSI2SK": "y"}, 1),
        ({"GSI2PK": "x", "GSI2SK": "y"}, {}, 1),
    ],
)
def test_an_index_is_written_with_its_item(before: dict[str, Any], after: dict[str, Any], units: int):
    assert run_cost.index_writes([change(before, after)]) == units


def test_reads_are_paid_by_items_and_by_what_a_query_looks_through():
    query = {"ExpressionAttributeValues": {":flight": {"S": "FLIGHT#SW1"}}, "ConsistentRead": True}
    batch = {"RequestItems": {"Table": {"Keys": [{}, {}, {}], "ConsistentRead": True}}}

    assert run_cost.reads([attempt("dynamodb:getItem", {"ConsistentRead": True})], {}) == 1
    assert run_cost.reads([attempt("dynamodb:getItem", {})], {}) == Decimal("0.5")
    assert run_cost.reads([attempt("aws-sdk:dynamodb:batchGetItem", batch)], {}) == 3
    assert run_cost.reads([attempt("aws-sdk:dynamodb:query", query)], {"SW1": 8}) == 1
    assert run_cost.reads([attempt("aws-sdk:dynamodb:query", query)], {"SW1": 9}) == 2
    assert run_cost.reads([attempt("dynamodb:putItem", {})], {}) == 0


def test_reports_of_both_formats_give_memory_times_billed_duration():
    text = "REPORT RequestId: r-1\tDuration: 99.10 ms\tBilled Duration: 100 ms\tMemory Size: 512 MB\t"
    metrics = {"billedDurationMs": 2000, "memorySizeMB": 256}
    report = {"type": "platform.report", "record": {"requestId": "r-2", "metrics": metrics}}

    assert list(run_cost.billed([line(text), line(report), line("END RequestId: r-1")])) == [
        Decimal("0.05"),
        Decimal("0.5"),
    ]


def test_lines_are_of_the_run_by_event_by_execution_and_by_invocation():
    mine = [
        line("START RequestId: r-1 Version: 1"),
        line({"event_id": "evt-1", "function_request_id": "r-1"}),
        line({"type": "platform.report", "record": {"requestId": "r-1"}}),
        line({"detail": {"event_id": "evt-1"}}),
        line({"execution_arn": "arn:1"}),
    ]
    others = [
        line("START RequestId: r-2 Version: 1"),
        line({"event_id": "evt-2", "function_request_id": "r-2"}),
        line({"execution_arn": "arn:2"}),
        line("words"),
    ]

    assert run_cost.lines_of([*others, *mine], ["evt-1"], ["arn:1"]) == mine


def test_the_newest_run_is_that_of_this_cloud(tmp_path: Path):
    kept = ScenarioRun("delay", "A delay", NOW, 1.0, (), (), (), ())
    newer = replace(kept, name="gate", began_at=NOW + timedelta(minutes=1))
    elsewhere = replace(kept, name="other", began_at=NOW + timedelta(minutes=2))
    for run, cloud in ((newer, "cloud-1"), (kept, "cloud-1"), (elsewhere, "cloud-2")):
        run_store.save(tmp_path, cloud, run)

    assert run_store.newest(tmp_path, "cloud-1") == newer
    assert run_store.newest(tmp_path, "cloud-3") is None


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    session = SimpleNamespace(
        target="aws",
        region="us-east-1",
        home=tmp_path,
        where="AWS, region us-east-1",
        command=lambda verb: f"flightpulse {verb} --target aws",
        require_stack=lambda: None,
    )
    monkeypatch.setenv("FLIGHTPULSE_HOME", str(tmp_path))
    monkeypatch.setattr(Connection, "session", session)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "There is no run yet on AWS, region us-east-1. Send one with: flightpulse scenario 1 --target aws"),
        (("gate-change",), "There is no run of gate-change yet"),
        (("4",), "Send one with: flightpulse scenario 4 --target aws"),
        (("evt-1",), "Send one with: flightpulse scenario 1 --target aws"),
    ],
)
def test_without_a_run_the_verb_says_so_in_one_line(words: tuple[str, ...], said: str):
    result = CliRunner().invoke(cli, ["cost", *words, "--target", "aws"])

    named, line = result.stderr.splitlines()
    assert (result.exit_code, result.stdout, named) == (1, "", "AWS, region us-east-1")
    assert said in line


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_the_verb_prints_the_last_run(monkeypatch: pytest.MonkeyPatch, words: list[str]):
    spent = run_cost.priced(RunUsage(messages=1, transitions=40), title="A delay")
    monkeypatch.setattr(Workbench, "last_run", lambda _wb, what: SimpleNamespace(cost=lambda: spent))

    result = CliRunner().invoke(cli, ["cost", *words])

    assert result.exit_code == 0
    if words:
        assert Decimal(json.loads(result.stdout)["total_usd"]) == Decimal("0.001")
    else:
        assert result.stdout.startswith("A delay\n")
        assert "0.0010000" in result.stdout


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_the_verb_prints_what_an_idle_stack_costs(monkeypatch: pytest.MonkeyPatch, words: list[str]):
    gateway = {"Resources": {"Gateway": {"Type": "AWS::EC2::NatGateway"}}}
    monkeypatch.setattr(Stack, "idle_cost", lambda _stack: idle_cost.of(gateway))

    result = CliRunner().invoke(cli, ["cost", "--idle", *words])

    assert result.exit_code == 0
    assert "NAT gateways" in result.stdout
    assert "32.85" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--idle", "minor-delay"], "--idle is about the stack"),
        (["--variants", "1"], "--variants is about the stack"),
        (["--page", "--idle"], "--idle and --page: choose one."),
    ],
)
def test_an_idle_stack_has_no_run(words: list[str], said: str):
    result = CliRunner().invoke(cli, ["cost", *words])

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_the_verb_sets_kinds_of_networks_side_by_side(monkeypatch: pytest.MonkeyPatch, words: list[str]):
    gateway = idle_cost.of({"Resources": {"Gateway": {"Type": "AWS::EC2::NatGateway"}}})
    monkeypatch.setattr(Stack, "idle_costs", lambda _stack: {"with": gateway, "without": idle_cost.of({})})

    result = CliRunner().invoke(cli, ["cost", "--variants", *words])

    assert result.exit_code == 0
    if words:
        assert [found["total_usd_a_month"] for found in json.loads(result.stdout)] == ["32.85", "0.00"]
    else:
        assert [row.split() for row in result.stdout.splitlines()[2:]] == [
            ["with", "32.85", "32.85"],
            ["without", "–", "0.00"],
        ]


def test_no_price_is_older_than_we_say():
    age = datetime.now(UTC).date() - prices.oldest()

    assert timedelta(0) <= age <= prices.LONGEST_AGE, "look every price up again: flightpulse/workbench/costs/prices.py"


def test_every_price_has_a_source():
    named = [price for price in vars(prices).values() if isinstance(price, prices.Price)]

    assert all(price in prices.BY_NAME.values() for price in named)
    assert all(price.source.name for price in named)
