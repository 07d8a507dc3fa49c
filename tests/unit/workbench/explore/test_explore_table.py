"""The table explorer on a table in memory: every pattern is one read, and never a Scan."""

import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from flightpulse.adapters.table import ReservationTable
from flightpulse.domain.entities import Tier
from flightpulse.errors import UserError
from flightpulse.workbench.explore import TableExplorer
from flightpulse.workbench.explore.table import PATTERNS
from flightpulse.workbench.target.session import Session
from tests.unit.builders import a_booking, a_flight, a_passenger
from tests.unit.fakes import FakeDynamoDB


class Store(FakeDynamoDB):
    """The table with BatchGetItem, which leaves keys unprocessed when it is asked for more than ``batch``."""

    batch = 100

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's spelling
        ((table, request),) = RequestItems.items()
        assert len(request["Keys"]) <= 100
        now, later = request["Keys"][: self.batch], request["Keys"][self.batch :]
        self._note("batch_get_item", {"keys": len(now)})
        wanted = [(key["PK"]["S"], key["SK"]["S"]) for key in now]
        found = [self.items[key] for key in wanted if key in self.items]
        return {"Responses": {table: found}, "UnprocessedKeys": {table: {"Keys": later}} if later else {}}


@pytest.fixture
def store() -> Store:
    made = Store()
    ReservationTable(cast("Any", made), "FlightPulseTable").save(
        flights=[a_flight(), a_flight(flight_id="SW5678")],
        passengers=[a_passenger(), a_passenger(passenger_id="PAX-0002", tier=Tier.MEMBER)],
        bookings=[a_booking(), a_booking(booking_id="BKG-0002", passenger_id="PAX-0002", seat="3C")],
    )
    made.calls.clear()
    return made


def explorer(store: Store) -> TableExplorer:
    session = SimpleNamespace(dynamodb=store, table_name="FlightPulseTable", command=lambda verb: f"flightpulse {verb}")
    return TableExplorer(cast("Session", session))


def change(store: Store, pk: str, sk: str, **attributes: Any) -> None:
    store.put({**store.items[pk, sk], **{name: {"S": value} for name, value in attributes.items()}})


@pytest.mark.parametrize("pattern", [pattern for pattern in PATTERNS if pattern.example], ids=lambda item: item.name)
def test_every_pattern_with_an_example_finds_it_in_a_single_call(store: Store, pattern: Any) -> None:
    reading = explorer(store).read(pattern.name)
    assert reading.items
    assert store.operations() == ["get_item" if pattern.operation == "GetItem" else "query"]


def test_the_request_is_shown_as_it_was_sent(store: Store) -> None:
    reading = explorer(store).read("bookings-of-flight", "SW1234")
    assert store.calls == [("query", dict(reading.request))]
    assert str(reading) == (
        "bookings-of-flight: Who is booked on a flight?\n"
        "  Query\n"
        "    TableName                  FlightPulseTable\n"
        "    KeyConditionExpression     #pk = :pk AND begins_with(#sk, :sk)\n"
        '    ExpressionAttributeNames   {"#pk": "PK", "#sk": "SK"}\n'
        '    ExpressionAttributeValues  {":pk": {"S": "FLIGHT#SW1234"}, ":sk": {"S": "BOOKING#"}}\n'
        '    in words                   PK = "FLIGHT#SW1234" AND begins_with(SK, "BOOKING#")\n'
        "  2 items on 1 page\n"
        "\n"
        "booking on a flight (2)\n"
        "PK             SK                booking_id  passenger_id  priority\n"
        "-------------  ----------------  ----------  ------------  --------\n"
        "FLIGHT#SW1234  BOOKING#BKG-0001  BKG-0001    PAX-0001      2\n"
        "FLIGHT#SW1234  BOOKING#BKG-0002  BKG-0002    PAX-0002      3"
    )


def test_items_are_grouped_by_what_they_are(store: Store) -> None:
    reading = explorer(store).read("flight-collection", "SW1234")
    assert {kind: len(items) for kind, items in reading.by_type().items()} == {"booking on a flight": 2, "flight": 1}


def test_a_query_is_followed_to_its_last_page(store: Store) -> None:
    store.page_size = 1
    reading = explorer(store).read("flights-by-status", "SCHEDULED")
    assert len(reading.items) == 2
    assert reading.pages == 2
    assert "the Query was sent 2 times" in reading.said


def test_a_query_may_stop_early_and_says_so(store: Store) -> None:
    reading = explorer(store).read("bookings-of-flight", "SW1234", page_size=1, max_pages=1)
    assert reading.more
    assert reading.said == "1 item on 1 page; more follow"


def test_a_wide_table_is_folded_and_loses_nothing(store: Store) -> None:
    text = str(explorer(store).read("bookings-by-status", "CONFIRMED"))
    assert max(map(len, text.splitlines())) <= 120
    attributes = {name for item in store.items.values() if "GSI2PK" in item for name in item}
    assert {name for name in attributes if name not in text} == set()


def test_a_notebook_shows_the_same_tables_as_a_terminal(store: Store) -> None:
    reading = explorer(store).read("bookings-by-status", "CONFIRMED")
    html = reading._repr_mimebundle_()["text/html"]
    assert html.count("<table ") == 1 + str(reading).count("\nPK ")
    assert ">GSI2PK = &quot;CONFIRMED&quot;</td>" in html


def test_one_item_is_shown_as_attributes_and_values(store: Store) -> None:
    html = explorer(store).read("flight")._repr_mimebundle_()["text/html"]
    assert ">attribute</th>" in html
    assert ">value</th>" in html


def test_some_attributes_are_shown_in_the_order_asked_for_and_the_items_keep_all(store: Store) -> None:
    reading = explorer(store).read("bookings-of-flight").only("passenger_id", "SK", "nothing")
    assert str(reading).splitlines()[-3:] == [
        "------------  ----------------",
        "PAX-0001      BOOKING#BKG-0001",
        "PAX-0002      BOOKING#BKG-0002",
    ]
    assert reading.values("booking_id") == ["BKG-0001", "BKG-0002"]
    assert reading.values("nothing") == []


def test_a_reading_shows_the_items_that_one_asks_for_and_says_how_many_came_back(store: Store) -> None:
    reading = explorer(store).read("bookings-of-flight")
    one = reading.where(booking_id="BKG-0002")
    assert one.values("booking_id") == ["BKG-0002"]
    assert one.said == "2 items on 1 page, 1 of them shown"
    assert reading.said == "2 items on 1 page"


def test_a_missing_item_is_said(store: Store) -> None:
    reading = explorer(store).read("flight", "SW0000")
    assert reading.items == ()
    assert reading.said == "There is no such item."


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("everything",), "no access pattern 'everything'"),
        (("flights-by-status", "LATE"), "no status 'LATE'"),
        (("event-claim",), "needs an event_id"),
    ],
)
def test_bad_input_gets_one_sentence(store: Store, arguments: tuple[str, ...], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        explorer(store).read(*arguments)
    assert store.calls == []


def test_the_list_of_patterns_names_each_with_its_condition(store: Store) -> None:
    table = explorer(store).patterns()
    assert table.column("pattern") == [pattern.name for pattern in PATTERNS]
    assert 'PK = "FLIGHT#{flight_id}" AND begins_with(SK, "BOOKING#")' in table.column("key condition")


def test_nothing_has_changed_right_after_a_snapshot(store: Store) -> None:
    table = explorer(store)
    assert table.changes(table.snapshot("SW1234")).said == "Items of SW1234: 3 the same."


def test_changes_are_told_item_by_item_and_attribute_by_attribute(store: Store) -> None:
    table = explorer(store)
    before = table.snapshot("SW1234")
    change(store, "FLIGHT#SW1234", "METADATA", status="DELAYED", delay_reason="WEATHER")
    del store.items["FLIGHT#SW1234", "BOOKING#BKG-0002"]
    found = table.changes(before)
    assert found.said == "Items of SW1234: 1 changed, 1 gone, 1 the same."
    gone = "FLIGHT#SW1234 / BOOKING#BKG-0002"
    assert found.table().rows == (
        (gone, "− gone", "− PK (removed)", "FLIGHT#SW1234", ""),
        (gone, "− gone", "− SK (removed)", "BOOKING#BKG-0002", ""),
        (gone, "− gone", "− booking_id (removed)", "BKG-0002", ""),
        (gone, "− gone", "− passenger_id (removed)", "PAX-0002", ""),
        (gone, "− gone", "− priority (removed)", "3", ""),
        ("FLIGHT#SW1234 / METADATA", "~ changed", "+ delay_reason (added)", "", "WEATHER"),
        ("FLIGHT#SW1234 / METADATA", "~ changed", "~ status", "SCHEDULED", "DELAYED"),
    )
    assert found.names()["FLIGHT#SW1234 / METADATA"] == ("delay_reason", "status")
    assert list(found.only("FLIGHT#SW1234 / METADATA").names()) == ["FLIGHT#SW1234 / METADATA"]
    assert found.only("FLIGHT#SW9999 / METADATA").names() == {}


def test_a_snapshot_reads_consistently(store: Store) -> None:
    explorer(store).snapshot("SW1234")
    ((operation, arguments),) = store.calls
    assert operation == "query"
    assert arguments["ConsistentRead"] is True


def test_a_snapshot_may_take_in_the_bookings_own_items(store: Store) -> None:
    store.batch = 1
    table = explorer(store)
    before = table.snapshot("SW1234", bookings=True)
    change(store, "BOOKING#BKG-0001", "METADATA", booking_status="NEEDS_REBOOKING")
    assert table.changes(before).names() == {"BOOKING#BKG-0001 / METADATA": ("booking_status",)}


def test_a_snapshot_of_an_unknown_flight_says_how_to_load_it(store: Store) -> None:
    with pytest.raises(UserError, match="SW0000 is not in the table") as raised:
        explorer(store).snapshot("SW0000")
    assert "flightpulse seed" in str(raised.value.hint)


def test_the_adjacency_leads_from_the_flight_to_bookings_and_passengers_and_in_words_needs_no_matplotlib(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    found = explorer(store).adjacency("SW1234")
    assert store.operations() == ["query"]
    assert repr(found) == found.said
    assert found.said.splitlines()[1:6] == [
        "FLIGHT#SW1234 / METADATA   flight, SCHEDULED, DAL → LAX",
        "├─ FLIGHT#SW1234 / BOOKING#BKG-0001   booking on it, A-LIST",
        "│    → BOOKING#BKG-0001 / METADATA   the booking",
        "│    → PASSENGER#PAX-0001 / METADATA   the passenger",
        "│    → PASSENGER#PAX-0001 / BOOKING#BKG-0001   the same booking, on the passenger's side",
    ]


def test_the_drawing_is_small_and_the_same_every_time(store: Store) -> None:
    pytest.importorskip("matplotlib")
    ReservationTable(cast("Any", store), "FlightPulseTable").save(
        passengers=[a_passenger()], bookings=[a_booking(booking_id=f"BKG-1{number:03}") for number in range(200)]
    )
    found = explorer(store).adjacency("SW1234")
    data, about = found._repr_mimebundle_()
    assert data["image/png"] == explorer(store).adjacency("SW1234").picture().png
    assert len(data["image/png"]) < 60_000
    assert data["text/plain"].count("booking on it") == 202
    assert about["image/png"]["alt"] == found.said
