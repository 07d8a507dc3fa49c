"""What is read back: the consumer's log, the table's stream, records in Kafka, and runs that were kept."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from awskit.kafka import record_positions
from awskit.kafka.record_positions import Place
from flightpulse.workbench.fire import run_store
from flightpulse.workbench.fire.scenarios import Check, ScenarioRun
from flightpulse.workbench.observe import consumer_log, item_changes
from tests.unit.workbench.bench_builders import EVENT, log_event, seconds, stream_record

LINE = {
    "level": "INFO",
    "message": "Flight SW1234 leaves late.",
    "function_request_id": "r-1",
    "correlation_id": "demo",
    "event_id": "evt-1",
    "partition": 3,
    "offset": 7,
}


def test_a_consumer_line_knows_when_its_invocation_began() -> None:
    start = {"type": "platform.start", "record": {"requestId": "r-1"}}

    found = consumer_log.lines([log_event(start, 1), log_event(LINE, 2)])

    assert (found[(3, 7)].began_at, found[(3, 7)].at) == (seconds(1), seconds(2))


def test_a_start_line_in_text_counts_too() -> None:
    found = consumer_log.lines([log_event("START RequestId: r-1 Version: $LATEST", 1), log_event(LINE, 2)])

    assert found[(3, 7)].began_at == seconds(1)


def test_a_remark_beside_the_line_is_not_taken_for_it() -> None:
    remark = {**LINE, "level": "WARNING", "message": "delay_minutes and new_departure differ"}

    assert consumer_log.lines([log_event(remark, 1), log_event(LINE, 2)])[(3, 7)].said == "Flight SW1234 leaves late."


def test_a_record_that_was_put_aside_has_its_reason() -> None:
    refused = {**LINE, "level": "WARNING", "message": "put aside: no such flight", "reason": "UNKNOWN_FLIGHT"}

    assert consumer_log.refusals([log_event(refused)]) == {"evt-1": "UNKNOWN_FLIGHT, no such flight"}


def test_an_events_item_changes_are_those_that_name_it() -> None:
    records = [
        stream_record("EVENT#evt-1", "CLAIM", {}, {"status": {"S": "DONE"}}),
        stream_record("FLIGHT#SW1234", "METADATA", {}, {"departure_as_of": {"S": "2026-11-23T12:00:00.000Z#evt-1"}}),
        stream_record("FLIGHT#SW1234", "METADATA", {}, {"departure_as_of": {"S": "2026-11-23T12:00:00.000Z#evt-10"}}),
        stream_record("BOOKING#BKG-0001", "METADATA", {}, {"rebooking_event": {"S": "evt-1"}}),
        stream_record("FLIGHT#SW9", "METADATA", {}, {"correlation_id": {"S": "evt-1"}}),
    ]

    found = item_changes.of_event(map(item_changes.from_record, records), "evt-1", ["SW1234"], ["BKG-0001"])

    assert [change.key for change in found] == [
        "EVENT#evt-1 / CLAIM",
        "FLIGHT#SW1234 / METADATA",
        "BOOKING#BKG-0001 / METADATA",
    ]


def test_a_table_without_a_stream_tells_of_no_changes() -> None:
    table = SimpleNamespace(describe_table=lambda **request: {"Table": request})
    session: Any = SimpleNamespace(dynamodb=table, table_name="table")

    assert item_changes.read(session, since=seconds(0)) == []


class _Message:
    def __init__(self, offset: int) -> None:
        self._offset = offset

    def error(self) -> None:
        return None

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return 1, int(seconds(0).timestamp() * 1000)

    def key(self) -> bytes:
        return b"SW1234"

    def value(self) -> bytes:
        return b"{}"

    def headers(self) -> list[tuple[str, bytes]]:
        return [("correlation_id", b"demo")]


class _Consumer:
    """A partition with offsets 5 to 8."""

    def __init__(self, settings: dict[str, Any]) -> None:
        assert settings["enable.auto.commit"] is False
        self._at = 0

    def get_watermark_offsets(self, partition: Any, timeout: float) -> tuple[int, int]:
        return 5, 9

    def assign(self, partitions: list[Any]) -> None:
        self._at = partitions[0].offset

    def poll(self, seconds: float) -> _Message:
        return _Message(self._at)

    def close(self) -> None:
        pass


def test_records_are_read_back_and_those_that_are_gone_are_left_out() -> None:
    found = record_positions.read(
        "h:1", [Place("evt-1", 0, 6, "flights"), Place("evt-0", 0, 2, "flights")], new_consumer=_Consumer
    )

    assert [(item.event_id, item.key, item.at, item.headers) for item in found] == [
        ("evt-1", "SW1234", seconds(0), {"correlation_id": "demo"})
    ]


def _kept(**changes: Any) -> ScenarioRun:
    values: dict[str, Any] = {
        "name": "minor-delay",
        "title": "SW1234 is late",
        "began_at": seconds(0),
        "seconds": 1.5,
        "flights": ("SW1234",),
        "events": (EVENT,),
        "places": (Place("evt-1", 3, 7, "flight-operations"),),
        "checks": (Check("told", "6", ok=True),),
    }
    return ScenarioRun(**{**values, **changes})


def test_a_kept_run_comes_back_as_it_was(tmp_path: Path) -> None:
    run_store.save(tmp_path, "cloud-1", _kept())

    assert run_store.load(tmp_path, "minor-delay", "cloud-1") == _kept()


def test_runs_are_forgotten_with_the_stack_of_their_cloud(tmp_path: Path) -> None:
    run_store.save(tmp_path, "cloud-1", _kept())

    run_store.forget(tmp_path, "cloud-2")
    assert run_store.load(tmp_path, "minor-delay", "cloud-1") is not None
    run_store.forget(tmp_path, "cloud-1")
    assert run_store.load(tmp_path, "minor-delay", "cloud-1") is None


def test_a_run_of_an_earlier_cloud_is_not_found(tmp_path: Path) -> None:
    run_store.save(tmp_path, "cloud-1", _kept())

    assert run_store.load(tmp_path, "minor-delay", "cloud-2") is None


def test_the_last_run_that_sent_an_event_is_found_by_it(tmp_path: Path) -> None:
    run_store.save(tmp_path, "cloud-1", _kept())
    run_store.save(tmp_path, "cloud-1", _kept(name="evt-1", began_at=seconds(0) + timedelta(hours=1)))

    found = run_store.of_event(tmp_path, "evt-1", "cloud-1")

    assert found is not None
    assert found.name == "evt-1"


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    run_store.save(tmp_path, "cloud-1", _kept())
    (tmp_path / "runs" / "minor-delay.json").write_text("{", encoding="utf-8")

    assert run_store.load(tmp_path, "minor-delay", "cloud-1") is None
