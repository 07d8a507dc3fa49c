"""The workbench as a script uses it, on a local cloud of its own: from nothing to a passenger's journey."""

import re

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench import Workbench, connect
from flightpulse.workbench.faults.model_faults import ModelCalls
from flightpulse.workbench.run import Run
from tests.unit.workbench.player.test_player_page import data_of
from tests.waiting import until

BOOKING = "BKG-0003"
LOYAL = "delay/SEVERE/CREW/A-LIST-PREFERRED/-/en-US"


@pytest.fixture(scope="module")
def run(wb: Workbench) -> Run:
    return wb.fire("minor-delay")


def test_what_is_ready_is_ready_at_once_the_second_time(wb: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    wb.ready()

    assert capsys.readouterr().out.startswith("✓ ready: the local cloud is up, FlightPulseStack is deployed")


def test_a_scenario_shows_everything_expected(run: Run) -> None:
    assert run.ok
    assert run.counts()["emails"] + run.counts()["texts"] == len(run.messages)
    assert run.timing.latency().p50 > 0


def test_a_bookings_journey_goes_from_kafka_to_its_messages(run: Run) -> None:
    journey = run.journey(BOOKING)

    kinds = {hop.kind for hop in journey.hops}
    assert {"kafka", "consumer", "bus", "rule", "execution", "state", "item", "message"} <= kinds
    assert "flightpulse-delay" in journey.path()
    assert sum(hop.share or 0 for hop in journey.hops) == pytest.approx(1)
    assert any(change.key == "status" for change in journey.changes("flight SW1234").changed)
    assert len(journey.of_kind("message")) == len(run.inbox(BOOKING))


def test_the_journey_of_the_event_ends_in_the_audit_log(run: Run) -> None:
    assert "flight.status_changed" in run.journey().path()


def test_a_run_is_found_again_after_a_restart(wb: Workbench, run: Run) -> None:
    again = connect("local", home=wb.session.home)

    found = again.run("minor-delay")

    assert found.event_ids == run.event_ids
    assert found.journey(BOOKING).path() == run.journey(BOOKING).path()
    assert again.run(run.event_ids[0]).name == "minor-delay"


def test_an_event_with_a_correlation_id_of_ones_own_carries_it_through(wb: Workbench) -> None:
    fired = wb.fire(wb.events.gate_change("SW3456", "D15", terminal_change=True), correlation_id="bench-42", reset=True)

    assert fired.ok
    assert fired.journey().correlation_id == "bench-42"
    assert {message.correlation_id for message in fired.messages} == {"bench-42"}


def test_an_event_about_an_unknown_flight_is_put_aside(wb: Workbench) -> None:
    event = wb.events.delay("SW7890", 10)
    event["payload"]["flight_id"] = "SW0000"

    fired = wb.fire(event)

    assert fired.refused == {event["event_id"]: "UNKNOWN_FLIGHT"}
    assert [hop.kind for hop in fired.journey().hops] == ["kafka", "consumer"]


def test_a_record_that_is_no_event_is_put_aside_with_its_reason(wb: Workbench) -> None:
    assert wb.events.send_record("not json", key="SW1234").reason == "NOT_JSON"


def test_the_player_opens_nested_executions(run: Run) -> None:
    titles = [shown["title"] for shown in data_of(run.execution().player().html())["runs"]]
    assert any(title.startswith("FlightPulse-NotifyChunk") for title in titles)
    assert run.execution("notify-chunk").status == "SUCCEEDED"


def test_metrics_come_from_cloudwatch(wb: Workbench, run: Run) -> None:
    assert "NotificationsSent" in wb.metrics.table().column("metric")
    assert wb.metrics.chart("NotificationsSent").said.startswith("CloudWatch, namespace FlightPulse")


def test_both_dashboards_are_drawn_from_what_is_deployed(wb: Workbench, run: Run) -> None:
    business, technical = (wb.metrics.draw(name).said for name in ("business", "technical"))

    assert re.search(r"^Messages sent: .*email [1-9]", business, re.MULTILINE)
    assert re.search(r"^Seconds from aware to told: p50 [0-9.]+, p99 [0-9.]+", business, re.MULTILINE)
    assert re.search(r"^Bus: deliveries [1-9]", technical, re.MULTILINE)
    assert re.search(r"^Age of what is read: Kafka [0-9.e+]+", technical, re.MULTILINE)
    assert "Function time, p95: KafkaConsumer" in technical


def test_a_dead_letter_sets_off_its_alarm_and_the_one_that_wakes_somebody(wb: Workbench) -> None:
    wb.events.send_record("no event at all", key="SW1234")

    def both_are_off() -> bool:
        table = wb.metrics.alarms()
        states = dict(zip(table.column("alarm"), table.column(""), strict=True))
        return {states["dead-letters-records"], states["passengers-wait"]} == {"✗ ALARM"}

    until(both_are_off, "the alarms of both")


def test_the_bill_of_a_run_has_every_service_and_what_grows_with_passengers(run: Run) -> None:
    spent = run.cost()
    what = [line.what for line in spent.lines]

    assert {"X-Ray, traces", "CloudWatch, custom metrics", "drafting, tokens in", "reviewing, tokens out"} <= set(what)
    assert spent.usage.passengers == run.counts()["passengers_told"] > 0
    assert spent.per_thousand is not None
    assert spent.per_thousand > spent.total


def test_somebody_who_is_not_booked_is_answered_with_who_is(run: Run) -> None:
    with pytest.raises(UserError, match=f"Booked on its flights: .*{BOOKING}"):
        run.journey("PAX-9999")


def test_a_promise_is_left_out_and_the_rest_of_the_draft_is_used(wb: Workbench) -> None:
    wb.fire(wb.events.delay("SW5678", 150, "CREW"), reset=True)
    failed = wb.metrics.sum("LLMInvocationsFailed")

    assert wb.templates.forget("delay/SEVERE/CREW") == 3
    with wb.faults.model("promise", times=1) as model:
        fired = wb.fire(wb.events.delay("SW5678", 151, "CREW"))

    assert _asked(model, LOYAL) == [("author", 1, "promise"), ("reviewer", 1, "")]
    assert set(fired.segments().origins().values()) == {"model"}
    assert _refused(fired, LOYAL) == ("review",)
    texts = " ".join(message.text for message in fired.messages)
    assert [word for word in ("refund", "voucher", "lounge", "hotel") if word in texts] == []
    assert fired.counts()["model_calls"] == len(model.calls) == 6
    assert wb.metrics.sum("LLMInvocationsFailed") == failed


def test_a_model_that_leaves_out_twice_what_must_be_said_is_replaced_and_counted(wb: Workbench) -> None:
    wb.fire(wb.events.delay("SW5678", 150, "CREW"), reset=True)
    failed = wb.metrics.sum("LLMInvocationsFailed")

    assert wb.templates.forget("delay/SEVERE/CREW") == 3
    with wb.faults.model("missing_placeholder", times=2) as model:
        fired = wb.fire(wb.events.delay("SW5678", 151, "CREW"))

    # Nobody is asked to review what the lint has refused.
    assert _asked(model, LOYAL) == [("author", 1, "missing_placeholder"), ("author", 2, "missing_placeholder")]
    origins = fired.segments().origins()
    assert origins.pop(LOYAL) == "fallback"
    assert list(origins.values()) == ["model", "model"]
    assert "missing_placeholder" in _refused(fired, LOYAL)
    assert fired.counts()["model_calls"] == len(model.calls) == 6
    assert wb.metrics.sum("LLMInvocationsFailed") == failed + 1


def _asked(model: ModelCalls, segment: str) -> list[tuple[str, int, str]]:
    return [(call.role, call.turn, call.fault) for call in model.calls if call.segment == segment]


def _refused(run: Run, segment: str) -> tuple[str, ...]:
    (refused,) = (seen.refused for seen in run.segments() if seen.segment == segment)
    return refused


def test_a_fault_does_not_outlive_its_block(wb: Workbench) -> None:
    with wb.faults.model("denied"):
        assert "fallback" in wb.fire(wb.events.delay("SW5678", 152, "ATC"), reset=True).segments().origins().values()

    assert set(wb.fire(wb.events.delay("SW5678", 153, "ATC")).segments().origins().values()) == {"model"}


def test_templates_are_forgotten_only_for_segments_that_there_are(wb: Workbench) -> None:
    with pytest.raises(UserError, match="No segment begins with 'delay/HUGE'"):
        wb.templates.forget("delay/HUGE")
