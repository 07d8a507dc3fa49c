"""What functions tell X-Ray of a record and of their calls, and what goes on with them."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from flightpulse.adapters import tracing
from flightpulse.adapters.tracing import RecordTracer
from flightpulse.use_cases.ports import Record

ROOT = "1-6b0d0d0b-8fc0305a9066ea6ddfbccd09"
PARENT = "a3d55f132619ff66"
TRACEPARENT = "00-6b0d0d0b8fc0305a9066ea6ddfbccd09-a3d55f132619ff66-01"
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
AT = 1_700_000_000_000


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    documents: list[dict[str, Any]] = []
    monkeypatch.setattr(tracing, "send", documents.append)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "FlightPulse-KafkaConsumer")
    yield documents
    for document in documents:
        json.dumps(document)


@pytest.fixture
def invocation(monkeypatch: pytest.MonkeyPatch) -> Any:
    def begin(root: str = ROOT, *, sampled: bool = True) -> None:
        header = f"Root={root};Parent={PARENT};Sampled={int(sampled)};Lineage=1:abc:0"
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)

    return begin


def a_record(traceparent: str | None = None, kind: str = "kafka_record") -> Record:
    coordinates = {"topic": "flight-operations", "partition": 1, "offset": 7, "timestamp": AT}
    return Record(kind=kind, coordinates=coordinates, value=b"{}", traceparent=traceparent)


def test_a_record_goes_on_with_its_producers_trace_from_the_topic_on(sent: list[dict[str, Any]]) -> None:
    # Given a record whose producer has begun a trace, when it is consumed
    with RecordTracer() as tracer, tracer.record(a_record(TRACEPARENT)) as trace:
        trace.annotate(event_id="evt-1")
    # Then the wait in the topic is a segment below the producer's, and the consumer's is below that
    topic, consumer = sent
    assert (topic["name"], topic["trace_id"], topic["parent_id"]) == ("flight-operations", ROOT, PARENT)
    assert topic["start_time"] == AT / 1000
    assert (consumer["name"], consumer["parent_id"]) == ("FlightPulse-KafkaConsumer", topic["id"])
    assert consumer["annotations"] == {"event_id": "evt-1"}
    assert not {"error", "fault", "type"} & set(consumer)
    # And what is published goes on below the consumer's
    assert trace.header == f"Root={ROOT};Parent={consumer['id']};Sampled=1"


def test_a_producer_that_does_not_record_is_heard(sent: list[dict[str, Any]], invocation: Any) -> None:
    invocation(sampled=True)
    with RecordTracer() as tracer, tracer.record(a_record(TRACEPARENT[:-1] + "0")) as trace:
        pass
    assert sent == []
    assert trace.header is not None
    assert trace.header.startswith(f"Root={ROOT};")
    assert trace.header.endswith(";Sampled=0")


@pytest.mark.parametrize(
    "odd", ["", "00", TRACEPARENT.upper(), "00-" + "0" * 32 + "-a3d55f132619ff66-01", TRACEPARENT + "-more"]
)
def test_a_header_that_is_none_begins_a_trace_of_the_records_own(
    odd: str, sent: list[dict[str, Any]], invocation: Any
) -> None:
    invocation()
    with RecordTracer() as tracer:
        tracer.record(a_record(odd))
    topic, consumer = sent
    assert topic["trace_id"] == consumer["trace_id"] != ROOT
    assert "parent_id" not in topic


def test_of_records_without_a_trace_the_first_of_an_invocation_is_recorded_and_few_others(
    sent: list[dict[str, Any]], invocation: Any
) -> None:
    for number in range(40):
        invocation(f"1-6b0d0d0b-{number:024x}")
        with RecordTracer() as tracer:
            tracer.record(a_record())
    assert len(sent) == 2 * 40
    invocation(f"1-6b0d0d0b-{99:024x}")
    with RecordTracer() as tracer:
        for _ in range(400):
            tracer.record(a_record())
    assert 2 * 41 < len(sent) < 2 * (40 + 1 + 80)


def test_an_invocation_that_is_not_recorded_records_none_of_its_records(
    sent: list[dict[str, Any]], invocation: Any
) -> None:
    invocation(sampled=False)
    with RecordTracer() as tracer:
        tracer.record(a_record())
    assert sent == []


def test_an_event_handed_over_directly_stays_in_the_invocations_trace(
    sent: list[dict[str, Any]], invocation: Any
) -> None:
    invocation()
    with RecordTracer() as tracer, tracer.record(a_record(kind="direct_invocation")) as trace:
        pass
    assert [(part["type"], part["trace_id"], part["parent_id"]) for part in sent] == [("subsegment", ROOT, PARENT)]
    assert trace.header == f"Root={ROOT};Parent={sent[0]['id']};Sampled=1"


def test_without_tracing_nothing_is_written_and_nothing_goes_on(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    with RecordTracer() as tracer, tracer.record(a_record()) as trace:
        pass
    assert (sent, trace.header) == ([], None)


def test_a_rejected_record_is_an_error_and_a_failure_a_fault(sent: list[dict[str, Any]]) -> None:
    with RecordTracer() as tracer, tracer.record(a_record(TRACEPARENT)) as trace:
        trace.reject("SCHEMA")
    tracer = RecordTracer()
    tracer.record(a_record(TRACEPARENT))
    with pytest.raises(ZeroDivisionError), tracer:
        raise ZeroDivisionError
    assert sent[1]["error"] is True
    assert sent[1]["annotations"] == {"rejected": "SCHEMA"}
    assert sent[3]["fault"] is True


def test_a_call_is_a_subsegment_of_the_record_around_it(sent: list[dict[str, Any]], invocation: Any) -> None:
    invocation()
    client = boto3.client("dynamodb", **KEYS)
    tracing.follow(client)
    with Stubber(client) as stubber:
        stubber.add_response("get_item", {"ResponseMetadata": {"RequestId": "r-1", "HTTPStatusCode": 200}})
        stubber.add_client_error("get_item", "ResourceNotFoundException", "no table of Ann's", 400)
        with RecordTracer() as tracer, tracer.record(a_record(TRACEPARENT)):
            client.get_item(TableName="FlightPulseTable", Key={"PK": {"S": "PASSENGER#PAX-1"}})
        with pytest.raises(ClientError):
            client.get_item(TableName="FlightPulseTable", Key={"PK": {"S": "PASSENGER#PAX-1"}})
    _topic, read, consumer, refused = sent
    assert (read["name"], read["type"], read["namespace"]) == ("DynamoDB", "subsegment", "aws")
    assert read["aws"]["operation"] == "GetItem"
    assert read["aws"]["table_name"] == "FlightPulseTable"
    assert (read["parent_id"], read["trace_id"]) == (consumer["id"], ROOT)
    # Outside of a record it belongs to the invocation; the kind of an error is told, its text is not
    assert refused["parent_id"] == PARENT
    assert refused["error"] is True
    assert [cause["type"] for cause in refused["cause"]["exceptions"]] == ["ResourceNotFoundException"]
    assert not any(told in json.dumps(sent) for told in ("PAX-1", "Ann"))


def test_a_batch_is_a_call_of_its_table(sent: list[dict[str, Any]], invocation: Any) -> None:
    invocation()
    client = boto3.client("dynamodb", **KEYS)
    tracing.follow(client)
    with Stubber(client) as stubber:
        stubber.add_response("batch_get_item", {"Responses": {}})
        client.batch_get_item(RequestItems={"FlightPulseTable": {"Keys": [{"PK": {"S": "a"}, "SK": {"S": "b"}}]}})
    assert sent[0]["aws"]["table_name"] == "FlightPulseTable"


def test_published_entries_go_on_each_with_its_own_trace(sent: list[dict[str, Any]], invocation: Any) -> None:
    invocation()
    client = boto3.client("events", **KEYS)
    tracing.follow(client)
    other = ROOT.replace("6b", "7b")
    asked: list[Any] = []
    client.meta.events.register("provide-client-params", lambda params, **_: asked.append(params))
    entry = {"Source": "a", "DetailType": "b", "Detail": "{}"}
    headers = [f"Root={ROOT};Parent=1111111111111111;Sampled=1", f"Root={other};Parent=2222222222222222;Sampled=0"]
    with Stubber(client) as stubber:
        stubber.add_response("put_events", {"FailedEntryCount": 0, "Entries": []})
        client.put_events(Entries=[{**entry, "TraceHeader": header} for header in headers])
    # Only the recorded one is written, below its own record; both go on.
    assert [(part["name"], part["trace_id"], part["parent_id"]) for part in sent] == [
        ("EventBridge", ROOT, "1111111111111111")
    ]


def test_a_models_call_tells_its_tokens_and_nothing_of_the_prompt(sent: list[dict[str, Any]], invocation: Any) -> None:
    invocation()
    client = boto3.client("bedrock-runtime", **KEYS)
    tracing.follow(client)
    answer = {
        "output": {"message": {"role": "assistant", "content": [{"text": "secret words"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 11, "outputTokens": 5, "totalTokens": 16},
        "metrics": {"latencyMs": 3},
    }
    with Stubber(client) as stubber:
        stubber.add_response("converse", answer)
        client.converse(modelId="some.model", messages=[{"role": "user", "content": [{"text": "secret prompt"}]}])
    assert sent[0]["annotations"] == {"model_id": "some.model", "input_tokens": 11, "output_tokens": 5}
    assert "secret" not in json.dumps(sent)
