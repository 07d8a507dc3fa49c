"""The messenger with the local cloud's table, parameter and model: what it asks, keeps and trusts."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from flightpulse.adapters.template_cache import TemplateCache
from flightpulse.domain.facts import read_news
from flightpulse.domain.segments import Segment

from flightpulse.adapters.model import BedrockAuthor
from flightpulse.adapters.settings import SecureParameter
from flightpulse.domain import keys, wordings
from flightpulse.functions.llm_messenger import Messenger
from tests.integration.emulator import Emulator
from tests.unit.messages.samples import cancellation, flight, recipient

MODEL = "amazon.nova-lite-v1:0"
NEWS = read_news(cancellation(), flight())


class Scene:
    """A messenger with a table and a parameter of its own in the local cloud."""

    def __init__(self, cloud: Emulator) -> None:
        name = f"Messenger-{uuid4().hex[:8]}"
        self.dynamodb = cloud.client("dynamodb")
        self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("PK", "SK")],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        )
        self.ssm, self.parameter = cloud.client("ssm"), f"/test/{name}"
        self.ssm.put_parameter(Name=self.parameter, Value=MODEL, Type="SecureString")
        self.model_url = cloud.state.model_url
        self.table = name

    def messenger(self) -> Messenger:
        """A messenger as a fresh worker would have it."""
        bedrock = boto3.client(
            "bedrock-runtime",
            endpoint_url=self.model_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        author = BedrockAuthor(bedrock, SecureParameter(self.ssm, self.parameter).value, sleep=lambda _: None)
        return Messenger(author, TemplateCache(self.dynamodb, self.table, lambda *report: pytest.fail(str(report))))

    def counts(self) -> dict[str, int]:
        answer = self.messenger().compose(NEWS, [recipient()]).answer()
        assert len(answer["notifications"]) == 2
        return {name: answer["counts"][name] for name in ("model", "cache", "fallback")}

    def misbehave(self, *faults: dict[str, Any]) -> None:
        body = json.dumps({"faults": faults}).encode()
        call = urllib.request.Request(f"{self.model_url}/_flightpulse/faults", data=body, method="PUT")
        urllib.request.urlopen(call, timeout=5).close()


@pytest.fixture
def scene(local_cloud: Emulator) -> Iterator[Scene]:
    scene = Scene(local_cloud)
    yield scene
    scene.misbehave()


def segment() -> Segment:
    return Segment.from_fields(
        {
            "kind": "cancellation",
            "severity": "CANCELLED",
            "reason": "WEATHER",
            "tier": "MEMBER",
            "assistance": False,
            "locale": "en-US",
        }
    )


def test_a_template_is_written_once_and_then_read_by_every_worker(scene: Scene) -> None:
    assert [scene.counts() for _ in range(2)] == [
        {"model": 1, "cache": 0, "fallback": 0},
        {"model": 0, "cache": 1, "fallback": 0},
    ]


def test_a_template_that_somebody_changed_in_the_table_is_written_anew(scene: Scene) -> None:
    scene.counts()
    key = keys.template(segment().key, wordings.cache_version(segment(), MODEL))
    scene.dynamodb.update_item(
        TableName=scene.table,
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET sms = :sms",
        ExpressionAttributeValues={":sms": {"S": "{first_name}, you get a refund for {flight}: https://example.com"}},
    )
    assert scene.counts() == {"model": 1, "cache": 0, "fallback": 0}
    assert scene.counts() == {"model": 0, "cache": 1, "fallback": 0}


def test_a_refused_template_is_never_kept(scene: Scene) -> None:
    scene.misbehave({"kind": "promise", "times": 2})
    assert scene.counts() == {"model": 0, "cache": 0, "fallback": 1}
    assert scene.counts() == {"model": 1, "cache": 0, "fallback": 0}


def test_without_its_parameter_everybody_is_told_by_the_written_template(scene: Scene) -> None:
    scene.ssm.delete_parameter(Name=scene.parameter)
    assert scene.counts() == {"model": 0, "cache": 0, "fallback": 1}
