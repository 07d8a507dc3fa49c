"""The messenger with the local cloud's table, parameters and model: what it asks, keeps and trusts."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import boto3
import pytest

from flightpulse.adapters.model import AUTHOR, REVIEWER, BedrockAuthor, BedrockModel, BedrockReviewer, CallLimits
from flightpulse.adapters.onward_flights import OnwardFlights
from flightpulse.adapters.settings import Parameter
from flightpulse.adapters.template_table import ChangedMeanwhileError, TemplateTable, TolerantTemplateStore
from flightpulse.domain import keys
from flightpulse.messages import prompt
from flightpulse.messages.facts import read_news
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.segments import Segment
from flightpulse.use_cases.compose import Ports, compose_messages
from tests.integration.emulator import Emulator
from tests.unit.messages.samples import cancellation, flight, recipient
from tests.waiting import PATIENCE_SECONDS

MODEL = "amazon.nova-lite-v1:0"
NEWS = read_news(cancellation(), flight())
SEGMENT = Segment.from_key("cancellation/CANCELLED/WEATHER/MEMBER/-/en-US")


class Scene:
    """A messenger with a table and parameters of its own in the local cloud."""

    def __init__(self, cloud: Emulator) -> None:
        self.table = f"Messenger-{uuid4().hex[:8]}"
        self.dynamodb = cloud.client("dynamodb")
        self.dynamodb.create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("PK", "SK")],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        )
        self.ssm = cloud.client("ssm")
        self.parameters = {role: f"/test/{self.table}/{role}" for role in (AUTHOR, REVIEWER)}
        for parameter in self.parameters.values():
            self.ssm.put_parameter(Name=parameter, Value=MODEL, Type="SecureString")
        self.model_url = cloud.state.model_url
        self.templates = TemplateTable(self.dynamodb, self.table)
        self.problems: list[str] = []

    def ports(self, *, by_person: bool = False) -> Ports:
        """What a fresh worker would have."""
        limits = CallLimits()
        author, reviewer = (self._model(role, limits) for role in (AUTHOR, REVIEWER))
        return Ports(
            author=BedrockAuthor(author),
            reviewer=None if by_person else BedrockReviewer(reviewer),
            templates=TolerantTemplateStore(self.templates, lambda problem, _: self.problems.append(problem)),
            onward=OnwardFlights(self.dynamodb, self.table, lambda problem, _: self.problems.append(problem)),
        )

    def _model(self, role: str, limits: CallLimits) -> BedrockModel:
        bedrock = boto3.client(
            "bedrock-runtime",
            endpoint_url=self.model_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        parameter = Parameter(self.ssm, self.parameters[role])
        return BedrockModel(role, bedrock, parameter.value, limits, lambda *_: None, sleep=lambda _: None)

    def counts(self, *, by_person: bool = False, **fields: Any) -> dict[str, int]:
        composed = compose_messages(NEWS, flight(), [recipient(**fields)], self.ports(by_person=by_person))
        assert len(composed.notifications) == 2
        return {name: composed.counts()[name] for name in ("model", "cache", "fallback")}

    def record(self) -> TemplateRecord:
        (found,) = self.templates.get_many([(SEGMENT, prompt.version(SEGMENT))])
        return found

    def misbehave(self, *faults: dict[str, Any]) -> None:
        body = json.dumps({"faults": faults}).encode()
        call = urllib.request.Request(f"{self.model_url}/_flightpulse/faults", data=body, method="PUT")
        urllib.request.urlopen(call, timeout=PATIENCE_SECONDS).close()


@pytest.fixture
def scene(local_cloud: Emulator) -> Iterator[Scene]:
    scene = Scene(local_cloud)
    yield scene
    scene.misbehave()


MODEL_WROTE, KEPT, WRITTEN = (
    {"model": 1, "cache": 0, "fallback": 0},
    {"model": 0, "cache": 1, "fallback": 0},
    {"model": 0, "cache": 0, "fallback": 1},
)


def test_a_template_is_drafted_and_reviewed_once_and_then_read_by_every_worker(scene: Scene) -> None:
    assert [scene.counts() for _ in range(2)] == [MODEL_WROTE, KEPT]
    record = scene.record()
    assert (record.status, record.drafted_by, record.reviewed_by) == (Status.APPROVED, MODEL, MODEL)
    assert scene.problems == []


def test_an_approved_template_that_somebody_spoiled_in_the_table_is_not_used(scene: Scene) -> None:
    scene.counts()
    key = keys.template(SEGMENT.key, prompt.version(SEGMENT))
    scene.dynamodb.update_item(
        TableName=scene.table,
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET template.sms = :sms",
        ExpressionAttributeValues={":sms": {"S": "{first_name}, you get a refund for {flight}: https://example.com"}},
    )
    assert scene.counts() == WRITTEN


def test_a_refusal_is_kept_so_that_the_next_event_does_not_pay_for_the_same_draft(scene: Scene) -> None:
    scene.misbehave({"kind": "approve_all"})
    assert scene.counts() == WRITTEN
    scene.misbehave()
    assert scene.counts() == WRITTEN
    assert scene.record().status is Status.REFUSED


def test_with_a_person_as_reviewer_the_draft_waits_until_it_is_approved(scene: Scene) -> None:
    assert scene.counts(by_person=True) == WRITTEN
    waiting = scene.record()
    assert waiting.status is Status.DRAFT
    scene.templates.decide(waiting, waiting.judged(Status.APPROVED, "Dana"))
    assert scene.counts(by_person=True) == KEPT
    assert scene.record().reviewed_by == "Dana"


def test_two_people_do_not_decide_over_each_other(scene: Scene) -> None:
    scene.counts(by_person=True)
    waiting = scene.record()
    scene.templates.decide(waiting, waiting.judged(Status.REFUSED, "Dana"))
    with pytest.raises(ChangedMeanwhileError):
        scene.templates.decide(waiting, waiting.judged(Status.APPROVED, "Kim"))
    assert scene.counts(by_person=True) == WRITTEN


def test_a_template_for_other_prompts_is_not_found_by_the_messenger_but_by_whoever_looks(scene: Scene) -> None:
    scene.counts()
    old = replace(scene.record(), prompt_version="earlier")
    scene.templates.put(old)
    assert {record.prompt_version for record in scene.templates.versions(SEGMENT)} == {
        "earlier",
        prompt.version(SEGMENT),
    }


@pytest.mark.parametrize("role", [AUTHOR, REVIEWER])
def test_without_a_model_s_parameter_everybody_is_told_by_the_written_text(scene: Scene, role: str) -> None:
    scene.ssm.delete_parameter(Name=scene.parameters[role])
    assert scene.counts() == WRITTEN


def test_a_reviewer_id_that_does_not_exist_leaves_the_written_text(scene: Scene) -> None:
    scene.ssm.put_parameter(
        Name=scene.parameters[REVIEWER], Value="nobody.no-such-model-v1:0", Type="SecureString", Overwrite=True
    )
    assert scene.counts() == WRITTEN


def test_a_connection_at_risk_is_found_in_the_table_and_told(scene: Scene) -> None:
    def put(key: dict[str, str], **fields: str) -> None:
        item = {name: {"S": value} for name, value in {**key, **fields}.items()}
        scene.dynamodb.put_item(TableName=scene.table, Item=item)

    booking = {"booking_id": "BKG-9", "flight_id": "SW77"}
    put(keys.booking_of_passenger("PAX-0001", "BKG-9"), **booking)
    put(keys.booking("BKG-9"), **booking, booking_status="CONFIRMED")
    put(
        keys.flight("SW77"),
        flight_id="SW77",
        origin="LAX",
        destination="SEA",
        status="SCHEDULED",
        scheduled_departure="2026-11-24T19:00:00Z",
    )
    composed = compose_messages(NEWS, flight(), [recipient(1), recipient(2)], scene.ports())
    first, second = (sent["detail"]["body"] for sent in composed.notifications if sent["channel"] == "email")
    assert "SW77 to Seattle" in first
    assert "SW77" not in second
    assert composed.counts()["model"] == 2
