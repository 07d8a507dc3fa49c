"""The architecture is read from the template: parts, what leads where, and which hops stand out."""

from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.deploy import architecture


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


TEMPLATE = {
    "Resources": {
        "Bus": resource("AWS::Events::EventBus", Name="flightpulse-bus"),
        "Table": resource("AWS::DynamoDB::Table", TableName="FlightPulseTable"),
        "Consumer": resource(
            "AWS::Lambda::Function",
            FunctionName="FlightPulse-KafkaConsumer",
            Environment={"Variables": {"EVENT_BUS_NAME": ref("Bus"), "TABLE_NAME": ref("Table")}},
        ),
        "Handler": resource("AWS::Lambda::Function", FunctionName="FlightPulse-StreamHandler"),
        "Alone": resource("AWS::Lambda::Function", FunctionName="FlightPulse-SettingsResource"),
        "Delay": resource(
            "AWS::StepFunctions::StateMachine",
            StateMachineName="FlightPulse-DelayWorkflow",
            DefinitionSubstitutions={"TableName": ref("Table")},
        ),
        "FromKafka": resource("AWS::Lambda::EventSourceMapping", FunctionName=ref("Consumer")),
        "FromTable": resource(
            "AWS::Lambda::EventSourceMapping",
            FunctionName=ref("Handler"),
            EventSourceArn={"Fn::GetAtt": ["Table", "StreamArn"]},
        ),
        "Rule": resource(
            "AWS::Events::Rule",
            EventBusName=ref("Bus"),
            EventPattern={"detail-type": [{"prefix": "flight.delay."}]},
            Targets=[{"Arn": ref("Delay")}],
        ),
        "Mail": resource(
            "AWS::Events::Rule",
            EventBusName=ref("Bus"),
            EventPattern={"detail-type": ["notification.email"]},
            Targets=[{"Arn": ref("MailLog")}],
        ),
        "MailLog": resource("AWS::Logs::LogGroup"),
    }
}


def test_what_leads_where_comes_from_the_references_of_the_template():
    assert set(architecture.of(TEMPLATE).ways) == {
        ("Kafka", "KafkaConsumer"),
        ("KafkaConsumer", "flightpulse-bus"),
        ("KafkaConsumer", "FlightPulseTable"),
        ("flightpulse-bus", "Delay"),
        ("flightpulse-bus", "messages"),
        ("Delay", "FlightPulseTable"),
        ("FlightPulseTable", "StreamHandler"),
    }


def test_a_part_that_nothing_leads_to_is_left_out():
    assert "SettingsResource" not in {part.name for part in architecture.of(TEMPLATE).parts}


def test_however_many_workflows_events_start_no_part_is_on_another():
    template: dict[str, Any] = {"Resources": dict(TEMPLATE["Resources"])}
    kind = "AWS::StepFunctions::StateMachine"
    template["Resources"]["Tell"] = resource(kind, StateMachineName="FlightPulse-NotifyPassengers")
    leads_to = {"Tell": ref("Tell"), "TableName": ref("Table")}
    for name in ("Cancellation", "Departure", "GateChange", "Boarding"):
        template["Resources"][name] = resource(kind, StateMachineName=name, DefinitionSubstitutions=leads_to)
        template["Resources"][f"{name}Rule"] = resource(
            "AWS::Events::Rule", EventBusName=ref("Bus"), EventPattern={}, Targets=[{"Arn": ref(name)}]
        )

    parts = architecture.of(template).parts

    assert {"NotifyPassengers", "Boarding", "StreamHandler"} <= {part.name for part in parts}
    assert len({(part.column, part.row) for part in parts}) == len(parts)


def test_the_picture_says_in_words_which_hops_stand_out():
    picture = architecture.of(TEMPLATE).picture("DynamoDB", "stream")

    assert picture.said.startswith("Here: DynamoDB, stream. Kafka → KafkaConsumer; ")
    assert picture.png.startswith(b"\x89PNG")
    assert picture.png != architecture.of(TEMPLATE).picture().png


def test_a_hop_that_there_is_not_is_refused():
    with pytest.raises(UserError, match="There is no hop 'Redis'"):
        architecture.of(TEMPLATE).picture("Redis")
