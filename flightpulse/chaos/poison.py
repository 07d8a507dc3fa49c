"""Proof: thousands of records that are no events, between good ones."""

import base64
import hashlib
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from awskit.kafka.connection import Kafka
from awskit.kafka.producer import OutgoingRecord, RecordProducer, send_all
from flightpulse.chaos import fuzz, trial
from flightpulse.chaos.fuzz import BadRecord
from flightpulse.chaos.trial import Size
from flightpulse.chaos.verdict import Promise, Verdict, held
from flightpulse.domain.events import TOPIC
from flightpulse.workbench.faults import dead_letters
from flightpulse.workbench.faults.dead_letters import WaitingLetter
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.target.session import Session
from simulator import events

_LETTERS = "records"
_FUNCTION = "FlightPulse-KafkaConsumer"
_POLL_SECONDS = 1.0
_PORTION = 500

_Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Sent:
    """Where every bad record lies; what the broker did not take."""

    places: Mapping[_Place, BadRecord]
    problems: Sequence[str]


def prove(
    session: Session,
    seed: int,
    *,
    records: int = 10_000,
    flights: int = 10,
    events: int = 4,
    bookings: int = 3,
    seconds: float = 900.0,
    also: Sequence[BadRecord] = (),
    on_progress: OnProgress = silent,
) -> Verdict:
    """Send thousands of records that are no events to every partition, mixed with good ones.

    Raw bytes, cut and doubled JSON, wrong types, impossible times and gates, unknown flights and more. The consumer
    must not fail once, no partition may stand still, every bad record must be in the dead letters with its place and
    its reason, and the good ones must be handled as if nothing were. The letters are taken away again.
    """
    # ``also`` are bad records of the caller's own.
    run = trial.of_sequence(session, seed, Size(flights, events, bookings), seconds, on_progress, first_flight=5000)
    bad = [*fuzz.records(seed, records, run.records), *also]
    sent = _send(session, seed, run.records, bad, on_progress)
    in_time = run.wait()
    said = f"{run.took:.0f} s of {seconds:.0f} s"
    letters = _collect(session, sent.places, time.monotonic() + run.left, on_progress)
    outcome = run.outcome()
    errors = _errors(session, run.since)
    behind = _behind(session)
    promises = [
        held("The broker took every record", list(sent.problems), f"{len(sent.places)} bad and {len(run.ids)} good"),
        held(
            "The consumer never crashed", [f"{errors:g} invocations failed"] if errors else [], "0 failed invocations"
        ),
        held("No partition is blocked", behind, "everything committed, to the end of each partition"),
        *_about_letters(sent.places, letters),
        Promise("The good ones are handled in time", said, in_time),
        *outcome.promises(run.deliveries),
    ]
    reasons = Counter(_code(letter) for found in letters.values() for letter in found)
    figures = {
        "bad records": len(sent.places),
        "good records": len(run.ids),
        "messages": len(outcome.told),
        **dict(sorted(reasons.items())),
    }
    return run.verdict("poison", promises, figures)


def _send(
    session: Session, seed: int, good: Sequence[Mapping[str, Any]], bad: Sequence[BadRecord], on_progress: OnProgress
) -> _Sent:
    """Send both, mixed: each flight's good ones keep their order, for they are shuffled by the storm already."""
    choice = random.Random(f"mixed-{seed}")  # noqa: S311 - repeatable on purpose
    turns = [True] * len(good) + [False] * len(bad)
    choice.shuffle(turns)
    waiting_good = map(events.record, good)
    waiting_bad = (
        OutgoingRecord(record.key, record.value, record.headers, f"bad-{index}") for index, record in enumerate(bad)
    )

    def flush_now_and_again(producer: RecordProducer, number: int) -> None:
        if number % _PORTION == 0:
            producer.flush()
            on_progress("records sent", number, len(turns))

    records = (next(waiting_good if is_good else waiting_bad) for is_good in turns)
    report = send_all(Kafka(session.broker), TOPIC, records, after_each=flush_now_and_again)
    places = {
        (sent.partition, sent.offset): bad[int(sent.name.removeprefix("bad-"))]
        for sent in report.acknowledged
        if sent.name.startswith("bad-")
    }
    return _Sent(places, [f"{lost.name}: {lost.why}" for lost in report.failed])


def _collect(
    session: Session, places: Mapping[_Place, BadRecord], deadline: float, on_progress: OnProgress
) -> dict[_Place, list[WaitingLetter]]:
    """The letters about these records, taken out of the queue; others are given back."""
    found: dict[_Place, list[WaitingLetter]] = {}
    while True:
        ours = dead_letters.remove(session, _LETTERS, lambda letter: _place(letter) in places)
        for letter in ours:
            found.setdefault(_place(letter), []).append(letter)
        on_progress("dead letters read", len(found), len(places))
        if not ours and (len(found) == len(places) or time.monotonic() > deadline):
            return found
        if not ours:
            time.sleep(_POLL_SECONDS)


def _about_letters(
    places: Mapping[_Place, BadRecord], letters: Mapping[_Place, Sequence[WaitingLetter]]
) -> list[Promise]:
    lost = [f"{record.kind} at {_said(place)}" for place, record in places.items() if place not in letters]
    twice = [f"{_said(place)} has {len(found)}" for place, found in letters.items() if len(found) > 1]
    other, changed = [], []
    for place, found in letters.items():
        record = places[place]
        code = _code(found[0])
        if not code or not found[0].body["reason"].get("message") or (record.reasons and code not in record.reasons):
            other.append(f"{record.kind} at {_said(place)}: {found[0].why}")
        if not _holds(found[0].body, record.value):
            changed.append(f"{record.kind} at {_said(place)}")
    return [
        held("Every bad record is in the dead letters, with topic, partition and offset", lost, f"{len(places)} found"),
        held("No bad record is there twice", twice, "each once"),
        held("Each letter gives the reason that fits how the record was made", other, f"{len(letters)} reasons"),
        held("Each letter holds the record as it came", changed, f"{len(letters)} compared"),
    ]


def _place(letter: WaitingLetter) -> _Place:
    source = letter.body.get("source")
    known = source if isinstance(source, Mapping) else {}
    partition, offset = known.get("partition"), known.get("offset")
    return (partition, offset) if isinstance(partition, int) and isinstance(offset, int) else (-1, -1)


def _code(letter: WaitingLetter) -> str:
    reason = letter.body.get("reason")
    return str(reason.get("code") or "") if isinstance(reason, Mapping) else ""


def _holds(body: Mapping[str, Any], value: bytes | None) -> bool:
    if body.get("truncated") and body.get("size") is not None:
        whole = value or b""
        return bool(body["size"] == len(whole) and body["sha256"] == hashlib.sha256(whole).hexdigest())
    encoded = body.get("value")
    return (None if encoded is None else base64.b64decode(encoded)) == value


def _said(place: _Place) -> str:
    return f"partition {place[0]}, offset {place[1]}"


def _errors(session: Session, since: datetime) -> float:
    """How many invocations of the consumer failed, says CloudWatch."""
    answer = session.cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": _FUNCTION}],
        StartTime=since.replace(second=0, microsecond=0),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in answer["Datapoints"])


def _behind(session: Session) -> list[str]:
    """Partitions of which the mapping's consumer group has not committed everything."""

    mapping = session.functions.list_event_source_mappings(FunctionName=session.output("KafkaConsumerArn"))
    group = mapping["EventSourceMappings"][0]["SelfManagedKafkaEventSourceConfig"]["ConsumerGroupId"]
    consumer = Consumer(Kafka(session.broker).client(**{"group.id": group, "enable.auto.commit": False}))
    try:
        known = consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions
        wanted = [TopicPartition(TOPIC, number) for number in known]
        found = []
        for position in consumer.committed(wanted, timeout=10):
            _, end = consumer.get_watermark_offsets(TopicPartition(TOPIC, position.partition), timeout=10)
            if max(position.offset, 0) < end:
                found.append(f"partition {position.partition} at {position.offset} of {end}")
        return found
    finally:
        consumer.close()
