"""Results as DataFrames: one row for each, aware times, durations, categories; one sentence without pandas."""

import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.costs import run_cost
from flightpulse.workbench.costs.run_cost import RunUsage
from flightpulse.workbench.messages.inbox_cards import Inbox
from flightpulse.workbench.metrics.metrics import Metric, MetricSums
from flightpulse.workbench.observe import journey
from flightpulse.workbench.observe.facts import AuditEvent, AuditEvents
from flightpulse.workbench.observe.hops import EventEvidence
from flightpulse.workbench.show import frames
from flightpulse.workbench.show.tables import Table
from tests.unit.workbench.run_facts import message

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_times_become_utc_durations_timedeltas_and_repeated_words_categories() -> None:
    west = timezone(timedelta(hours=-6))
    rows = [
        {"at": NOON, "took": timedelta(seconds=1), "kind": "delay", "usd": Decimal("0.5")},
        {"at": NOON.astimezone(west), "took": None, "kind": "delay", "usd": Decimal("1")},
    ]

    made = frames.frame(rows, columns=("at", "took", "kind", "usd"), categories=("kind",))

    assert [str(kind) for kind in made.dtypes] == ["datetime64[ns, UTC]", "timedelta64[ns]", "category", "float64"]
    assert made["at"].nunique() == 1
    assert made["took"].isna().tolist() == [False, True]


def test_without_a_row_the_columns_are_there() -> None:
    assert list(Inbox(()).to_frame().columns)[:3] == ["at", "event_at", "channel"]


def test_without_pandas_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(UserError, match=r"need pandas, which is not installed\. Install it with"):
        Inbox(()).to_frame()


def test_messages_can_be_grouped() -> None:
    told = Inbox((message("BKG-1"), message("BKG-1", "sms"), message("BKG-2"))).to_frame()

    assert told.groupby("channel", observed=True).size().to_dict() == {"email": 2, "sms": 1}
    assert str(told["at"].dtype) == "datetime64[ns, UTC]"


def test_a_table_keeps_its_values_beside_its_texts() -> None:
    table = Table.of(("", "at", "sum"), [("✓", NOON, 2.0)], numbers=(2,))

    assert table.rows == (("✓", "2026-11-25T12:00:00Z", "2"),)
    assert table.to_frame().to_dict("records")[0]["sum"] == 2.0
    assert list(table.to_frame().columns) == ["mark", "at", "sum"]


def test_audit_events_show_as_a_table_and_as_a_frame() -> None:
    found = AuditEvents([AuditEvent("booking.status_changed", {"booking_id": "BKG-1", "summary": "Changed."}, NOON)])

    assert found.table().rows == (("booking.status_changed", "BKG-1", "Changed."),)
    assert found.to_frame()["booking_id"].tolist() == ["BKG-1"]
    assert "BKG-1" in repr(found)


def test_metrics_have_a_row_for_each_set_of_dimensions() -> None:
    sums = MetricSums([Metric("NotificationsSent", {"channel": "sms"}, 3.0), Metric("NotificationsSent", {}, 5.0)])

    assert sums.to_frame()["dimensions"].tolist() == ["channel=sms", ""]
    assert sums.to_frame()["total"].sum() == 8.0


def test_a_bill_has_a_row_for_each_line() -> None:
    bill = run_cost.priced(RunUsage(messages=1, transitions=40)).to_frame()

    assert bill.set_index("what")["usd"]["Step Functions, state transitions"] == pytest.approx(0.001)


def test_a_journey_has_a_row_for_each_hop() -> None:
    event = {"event_id": "evt-1", "event_type": "GATE_CHANGE", "payload": {"flight_id": "SW1"}}
    way = journey.of_event(EventEvidence(event=event, messages=[message("BKG-1")]))

    assert len(way.to_frame()) == len(way.hops)
    assert list(way.to_frame().columns) == ["kind", "name", "key", "at", "took", "share", "depth", "said"]
