"""Grants beside calls: what is used, what only AWS uses, what is not used, and what is not granted."""

from flightpulse.workbench.deploy.least_privilege import Comparison, Grant, MadeCall, granted

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/FlightPulseTable"
READ = Grant("FlightPulse-APIHandlers", "dynamodb:GetItem", TABLE)
LOG = Grant("FlightPulse-APIHandlers", "logs:PutLogEvents", "arn:aws:logs:us-east-1:000000000000:log-group:x:*")


def call(action: str = "dynamodb:GetItem", resource: str = TABLE, *, allowed: bool = True) -> MadeCall:
    return MadeCall("FlightPulse-APIHandlers", action, resource, 3, allowed)


def test_a_grant_is_used_by_calls_of_its_role_action_and_resource() -> None:
    assert Comparison([READ], [call(), call()]).uses(READ) == 6
    assert Comparison([READ], [call(resource=f"{TABLE}/index/GSI1")]).uses(READ) == 0
    other = MadeCall("FlightPulse-KafkaConsumer", "dynamodb:GetItem", TABLE, 1, True)
    assert Comparison([READ], [other]).uses(READ) == 0


def test_patterns_of_a_grant_cover_what_they_match() -> None:
    everything = Grant("FlightPulse-APIHandlers", "dynamodb:*", "arn:aws:dynamodb:*")
    assert Comparison([everything], [call()]).uses(everything) == 3


def test_an_unused_grant_is_told_unless_a_rule_says_who_else_uses_it() -> None:
    assert Comparison([READ, LOG], []).unused == [READ]
    states = Comparison([READ, LOG], []).table().column("used")
    assert states == ["✗ never", "· Lambda itself writes a function's log"]


def test_grants_that_only_aws_uses_are_told_by_reason() -> None:
    other = Grant(
        "FlightPulse-StreamHandler", "logs:CreateLogStream", "arn:aws:logs:us-east-1:000000000000:log-group:y:*"
    )
    found = Comparison([LOG, other, READ], [call()])
    why = "Lambda itself writes a function's log"
    assert found.unseen == {why: [LOG, other]}
    assert found.table().rows[-1] == ("2 roles", "logs:CreateLogStream, logs:PutLogEvents", "2 resources", f"· {why}")


def test_a_call_that_is_not_granted_is_told() -> None:
    refused = call("dynamodb:DeleteItem", allowed=False)
    found = Comparison([READ], [call(), refused])
    assert found.denied == [refused]
    assert found.table().column("used") == ["✓ 3 times", "✗ called 3 times, not granted"]


def test_a_policy_is_read_an_action_and_a_resource_at_a_time_and_denials_are_no_grants() -> None:
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": ["a:One", "a:Two"], "Resource": "x"},
            {"Effect": "Deny", "Action": "a:Three", "Resource": "*"},
        ]
    }
    assert list(granted("role", document)) == [Grant("role", "a:One", "x"), Grant("role", "a:Two", "x")]
