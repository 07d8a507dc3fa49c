from dataclasses import replace
from typing import Any, cast

import pytest

from flightpulse.adapters import page_token
from flightpulse.adapters.page_token import BadTokenError
from flightpulse.adapters.table import ReservationTable, UnreadItemsError, UnwrittenItemsError
from flightpulse.domain.entities import BookingStatus, FlightStatus, Tier
from flightpulse.use_cases.ports import FlightBooking, Page, PassengerBooking, UnreadableItemError
from tests.unit.builders import a_booking, a_flight, a_passenger
from tests.unit.fakes import FakeDynamoDB, aws_error, patient

BOOKINGS_OF_SW1234 = "FlightPulseTable/None/FLIGHT#SW1234/BOOKING#"


def table_on(dynamodb: FakeDynamoDB, naps: list[float] | None = None) -> ReservationTable:
    return ReservationTable(cast(Any, dynamodb), "FlightPulseTable", backoff=patient(naps))


def a_full_table(dynamodb: FakeDynamoDB) -> ReservationTable:
    """One flight with five bookings of four passengers, as ``seed`` would store them."""
    table = table_on(dynamodb)
    table.save(
        flights=[a_flight()],
        passengers=[
            a_passenger(passenger_id="PAX-0001", tier=Tier.A_LIST_PREFERRED),
            *(a_passenger(passenger_id=f"PAX-000{number}", tier=Tier.MEMBER) for number in (2, 3, 4)),
        ],
        bookings=[
            a_booking(booking_id=f"BKG-000{number}", passenger_id=f"PAX-000{max(1, number - 1)}")
            for number in range(1, 6)
        ],
    )
    dynamodb.calls.clear()
    return table


def walk(table: ReservationTable, limit: int) -> list[Page[FlightBooking]]:
    pages = [table.bookings_of_flight("SW1234", limit=limit)]
    while pages[-1].next_token is not None:
        pages.append(table.bookings_of_flight("SW1234", limit=limit, token=pages[-1].next_token))
    return pages


def test_entities_come_back_as_they_were_saved() -> None:
    table = table_on(FakeDynamoDB())
    numbered = a_flight(flight_id="RP0208-B674-JFK", flight_number="B674")
    table.save(flights=[a_flight(), numbered], passengers=[a_passenger()], bookings=[a_booking()])
    assert (table.flight("SW1234"), table.flight("RP0208-B674-JFK")) == (a_flight(), numbered)
    assert table.passenger("PAX-0001") == a_passenger()
    assert table.booking("BKG-0001") == a_booking()


def test_what_was_never_saved_is_none() -> None:
    table = table_on(FakeDynamoDB())
    assert (table.flight("SW0"), table.passenger("PAX-0"), table.booking("BKG-0")) == (None, None, None)


def test_every_entity_is_one_read_of_one_item() -> None:
    dynamodb = FakeDynamoDB()
    table = table_on(dynamodb)
    table.flight("SW1234", consistent=True)
    table.passenger("PAX-0001")
    table.booking("BKG-0001")
    assert dynamodb.calls == [
        (
            "get_item",
            {
                "TableName": "FlightPulseTable",
                "Key": {"PK": {"S": pk}, "SK": {"S": "METADATA"}},
                "ConsistentRead": sure,
            },
        )
        for pk, sure in (("FLIGHT#SW1234", True), ("PASSENGER#PAX-0001", False), ("BOOKING#BKG-0001", False))
    ]


def test_a_booking_is_stored_three_times_with_the_tier_s_priority_on_the_flight_s_side() -> None:
    dynamodb = FakeDynamoDB()
    written = table_on(dynamodb).save(passengers=[a_passenger(tier=Tier.A_LIST)], bookings=[a_booking()])
    assert written == 4
    assert dynamodb.items["FLIGHT#SW1234", "BOOKING#BKG-0001"] == {
        "PK": {"S": "FLIGHT#SW1234"},
        "SK": {"S": "BOOKING#BKG-0001"},
        "booking_id": {"S": "BKG-0001"},
        "passenger_id": {"S": "PAX-0001"},
        "priority": {"N": "2"},
    }
    assert dynamodb.items["PASSENGER#PAX-0001", "BOOKING#BKG-0001"]["flight_id"] == {"S": "SW1234"}
    assert dynamodb.items["BOOKING#BKG-0001", "METADATA"]["GSI2PK"] == {"S": "CONFIRMED"}


@pytest.mark.parametrize(("legs", "stored"), [(0, None), (1, {"N": "1"}), (2, {"N": "2"})])
def test_how_many_flights_a_reservation_has_is_stored_where_it_is_known(
    legs: int, stored: dict[str, str] | None
) -> None:
    dynamodb = FakeDynamoDB()
    table_on(dynamodb).save(passengers=[a_passenger()], bookings=[a_booking(legs=legs)])
    assert dynamodb.items["BOOKING#BKG-0001", "METADATA"].get("legs") == stored
    assert "legs" not in a_booking(legs=legs).to_fields()


def test_a_flight_is_stored_with_utc_times_its_index_and_no_empty_attributes() -> None:
    dynamodb = FakeDynamoDB()
    table_on(dynamodb).save(flights=[a_flight()])
    item = dynamodb.items["FLIGHT#SW1234", "METADATA"]
    assert item["GSI1PK"] == {"S": "SCHEDULED"}
    assert item["GSI1SK"] == item["scheduled_departure"] == {"S": "2026-03-02T14:00:00Z"}
    assert item["delay_minutes"] == {"N": "0"}
    assert "actual_departure" not in item


def test_a_booking_for_a_passenger_who_is_not_there_is_refused_before_anything_is_written() -> None:
    dynamodb = FakeDynamoDB()
    with pytest.raises(ValueError, match="BKG-0001 is for passenger PAX-0001"):
        table_on(dynamodb).save(flights=[a_flight()], bookings=[a_booking()])
    assert dynamodb.calls == []


def test_writing_goes_in_batches_of_25() -> None:
    dynamodb = FakeDynamoDB()
    table_on(dynamodb).save(flights=[a_flight(flight_id=f"SW{number}") for number in range(60)])
    assert [len(call["RequestItems"]["FlightPulseTable"]) for _, call in dynamodb.calls] == [25, 25, 10]


def test_items_that_dynamodb_left_unprocessed_are_written_after_a_pause() -> None:
    dynamodb, naps = FakeDynamoDB(unprocessed=[3, 1]), list[float]()
    table_on(dynamodb, naps).save(flights=[a_flight(flight_id=f"SW{number}") for number in range(5)])
    assert len(dynamodb.items) == 5
    assert [len(call["RequestItems"]["FlightPulseTable"]) for _, call in dynamodb.calls] == [5, 3, 1]
    assert len(naps) == 2


def test_items_that_dynamodb_never_takes_are_an_error() -> None:
    dynamodb = FakeDynamoDB(unprocessed=[2, 2, 2])
    with pytest.raises(UnwrittenItemsError, match="2 items"):
        table_on(dynamodb).save(flights=[a_flight(flight_id=f"SW{number}") for number in range(5)])


def test_a_booking_that_moves_to_another_flight_and_passenger_leaves_no_link_behind() -> None:
    dynamodb = FakeDynamoDB()
    table = table_on(dynamodb)
    people = [a_passenger(), a_passenger(passenger_id="PAX-0002")]
    table.save(passengers=people, bookings=[a_booking(), a_booking(booking_id="BKG-0002")])
    table.save(passengers=people, bookings=[a_booking(flight_id="SW9", passenger_id="PAX-0002")])
    assert [link.booking_id for link in table.bookings_of_flight("SW1234", limit=9).items] == ["BKG-0002"]
    assert [link.booking_id for link in table.bookings_of_passenger("PAX-0001", limit=9).items] == ["BKG-0002"]
    assert [link.booking_id for link in table.bookings_of_flight("SW9", limit=9).items] == ["BKG-0001"]
    assert [link.booking_id for link in table.bookings_of_passenger("PAX-0002", limit=9).items] == ["BKG-0001"]


def test_old_links_go_before_anything_is_written_so_that_a_second_attempt_finds_them_again() -> None:
    dynamodb = FakeDynamoDB()
    table = table_on(dynamodb)
    table.save(passengers=[a_passenger()], bookings=[a_booking()])
    dynamodb.calls.clear()
    table.save(passengers=[a_passenger()], bookings=[a_booking(flight_id="SW9")])
    assert dynamodb.operations() == ["batch_get_item", "batch_write_item", "batch_write_item"]
    (request,) = dynamodb.calls[1][1]["RequestItems"]["FlightPulseTable"]
    assert request == {"DeleteRequest": {"Key": {"PK": {"S": "FLIGHT#SW1234"}, "SK": {"S": "BOOKING#BKG-0001"}}}}


def test_a_booking_that_stays_where_it_is_loses_nothing() -> None:
    dynamodb = FakeDynamoDB()
    for _ in range(2):
        table_on(dynamodb).save(passengers=[a_passenger()], bookings=[a_booking()])
    assert len(dynamodb.items) == 4


def test_bookings_that_are_removed_leave_nothing_behind_but_their_passengers() -> None:
    dynamodb = FakeDynamoDB()
    table = table_on(dynamodb)
    people = [a_passenger(), a_passenger(passenger_id="PAX-0002")]
    kept = [a_booking(), a_booking(booking_id="BKG-0003", passenger_id="PAX-0002", flight_id="SW9")]
    table.save(flights=[a_flight()], passengers=people, bookings=kept)
    before = dict(dynamodb.items)
    table.save(passengers=people, bookings=[a_booking(booking_id="BKG-0002", passenger_id="PAX-0002")])
    dynamodb.calls.clear()
    assert table.remove_bookings(["SW1234", "SW0"], but={"BKG-0001"}) == 1
    assert dynamodb.items == before
    last = dynamodb.calls[-1][1]["RequestItems"]["FlightPulseTable"][-1]
    assert last == {"DeleteRequest": {"Key": {"PK": {"S": "FLIGHT#SW1234"}, "SK": {"S": "BOOKING#BKG-0002"}}}}
    assert table.remove_bookings(["SW1234"], but={"BKG-0001"}) == 0


def test_a_flight_that_is_removed_takes_its_bookings_with_it_and_no_other_flight() -> None:
    dynamodb = FakeDynamoDB()
    table = table_on(dynamodb)
    table.save(flights=[a_flight(flight_id="SW9")], passengers=[a_passenger()])
    before = dict(dynamodb.items)
    table.save(flights=[a_flight()], passengers=[a_passenger()], bookings=[a_booking()])

    table.remove_flights(["SW1234", "SW0"])

    assert dynamodb.items == before


def test_bookings_that_dynamodb_left_unread_are_asked_for_again() -> None:
    dynamodb = FakeDynamoDB(unread=[0, 60, 10])
    table, naps = table_on(dynamodb), list[float]()
    bookings = [a_booking(booking_id=f"BKG-{number}") for number in range(100)]
    table.save(passengers=[a_passenger()], bookings=bookings)
    table_on(dynamodb, naps).save(
        passengers=[a_passenger()], bookings=[replace(booking, flight_id="SW9") for booking in bookings]
    )
    assert table.bookings_of_flight("SW1234", limit=9).items == ()
    assert len(naps) == 2


def test_bookings_that_dynamodb_never_reads_are_an_error() -> None:
    with pytest.raises(UnreadItemsError, match="1 bookings"):
        table_on(FakeDynamoDB(unread=[1, 1, 1])).save(passengers=[a_passenger()], bookings=[a_booking()])


def test_the_bookings_of_a_flight_are_one_query() -> None:
    dynamodb = FakeDynamoDB()
    page = a_full_table(dynamodb).bookings_of_flight("SW1234", limit=25)
    assert page.items[0] == FlightBooking(booking_id="BKG-0001", passenger_id="PAX-0001")
    assert (len(page.items), page.next_token) == (5, None)
    assert dynamodb.operations() == ["query"]


def test_the_bookings_of_a_passenger_are_one_query() -> None:
    dynamodb = FakeDynamoDB()
    page = a_full_table(dynamodb).bookings_of_passenger("PAX-0001", limit=25)
    assert page.items == (
        PassengerBooking(booking_id="BKG-0001", flight_id="SW1234"),
        PassengerBooking(booking_id="BKG-0002", flight_id="SW1234"),
    )
    assert dynamodb.operations() == ["query"]


def test_flights_of_a_status_come_by_departure() -> None:
    dynamodb = FakeDynamoDB()
    table = table_on(dynamodb)
    departures = {"SW1": 3, "SW2": 1, "SW3": 2}
    table.save(
        flights=[
            *(
                a_flight(flight_id=flight_id, scheduled_departure=a_flight().scheduled_departure.replace(day=day))
                for flight_id, day in departures.items()
            ),
            a_flight(flight_id="SW4", status=FlightStatus.DELAYED),
        ]
    )
    page = table.flights_by_status(FlightStatus.SCHEDULED, limit=25)
    assert [flight.flight_id for flight in page.items] == ["SW2", "SW3", "SW1"]
    assert dynamodb.calls[-1][1]["IndexName"] == "GSI1"


def test_bookings_of_a_status_come_by_creation_time_and_can_be_paged() -> None:
    table = table_on(FakeDynamoDB())
    table.save(
        passengers=[a_passenger()],
        bookings=[
            a_booking(booking_id=f"BKG-{30 - day}", created_at=a_booking().created_at.replace(day=day))
            for day in range(1, 6)
        ],
    )
    first = table.bookings_by_status(BookingStatus.CONFIRMED, limit=3)
    second = table.bookings_by_status(BookingStatus.CONFIRMED, limit=3, token=first.next_token)
    assert [booking.booking_id for booking in first.items] == ["BKG-29", "BKG-28", "BKG-27"]
    assert [booking.booking_id for booking in second.items] == ["BKG-26", "BKG-25"]
    assert second.next_token is None


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_paging_shows_every_booking_once_and_no_empty_page(limit: int) -> None:
    pages = walk(a_full_table(FakeDynamoDB()), limit)
    assert [link.booking_id for page in pages for link in page.items] == [f"BKG-000{number}" for number in range(1, 6)]
    assert all(page.items for page in pages)


def test_paging_goes_on_where_dynamodb_itself_stopped_early() -> None:
    pages = walk(a_full_table(FakeDynamoDB(page_size=2)), 4)
    assert [link.booking_id for page in pages for link in page.items] == [f"BKG-000{number}" for number in range(1, 6)]


def test_a_token_of_another_flight_is_refused() -> None:
    table = a_full_table(FakeDynamoDB())
    token = table.bookings_of_flight("SW1234", limit=1).next_token
    with pytest.raises(BadTokenError):
        table.bookings_of_flight("SW5678", limit=1, token=token)


def test_a_forged_token_with_the_key_of_a_booking_only_chooses_where_a_page_begins() -> None:
    token = page_token.encode({"PK": "FLIGHT#SW1234", "SK": "BOOKING#BKG-0003"}, BOOKINGS_OF_SW1234)

    page = a_full_table(FakeDynamoDB()).bookings_of_flight("SW1234", limit=1, token=token)

    assert [link.booking_id for link in page.items] == ["BKG-0004"]


@pytest.mark.parametrize(
    "forged",
    [
        [],
        {},
        {"PK": "FLIGHT#SW1234"},
        {"PK": "FLIGHT#SW1234", "SK": "BOOKING#1", "more": "x"},
        {"PK": "FLIGHT#SW5678", "SK": "BOOKING#1"},
        {"PK": "FLIGHT#SW1234", "SK": "METADATA"},
        {"PK": "FLIGHT#SW1234", "SK": {"S": "BOOKING#1"}},
        {"PK": "FLIGHT#SW1234", "SK": "BOOKING#" + "1" * 1024},
        {"PK": "FLIGHT#SW1234", "SK": "BOOKING#\ud800"},
    ],
)
def test_a_forged_token_of_another_shape_is_refused_before_dynamodb_sees_it(forged: Any) -> None:
    dynamodb = FakeDynamoDB()
    table = a_full_table(dynamodb)

    with pytest.raises(BadTokenError):
        table.bookings_of_flight("SW1234", limit=1, token=page_token.encode(forged, BOOKINGS_OF_SW1234))
    assert dynamodb.calls == []


def test_a_flight_and_its_passengers_are_one_consistent_query_and_who_has_two_bookings_counts_once() -> None:
    dynamodb = FakeDynamoDB()
    assert a_full_table(dynamodb).flight_and_passengers("SW1234") == (a_flight(), 4)
    ((operation, call),) = dynamodb.calls
    assert (operation, call["ConsistentRead"]) == ("query", True)


def test_passengers_are_counted_over_all_pages() -> None:
    dynamodb = FakeDynamoDB(page_size=2)
    assert a_full_table(dynamodb).flight_and_passengers("SW1234") == (a_flight(), 4)
    assert set(dynamodb.operations()) == {"query"}
    assert len(dynamodb.calls) > 2


def test_a_flight_without_bookings_has_no_passengers_and_one_that_is_not_there_is_none() -> None:
    table = table_on(FakeDynamoDB())
    table.save(flights=[a_flight()], passengers=[], bookings=[])
    assert table.flight_and_passengers("SW1234") == (a_flight(), 0)
    assert table.flight_and_passengers("SW0") is None


def test_a_flight_is_told_from_its_bookings_by_its_key_and_a_link_that_names_nobody_is_left_out() -> None:
    dynamodb = FakeDynamoDB()
    table = a_full_table(dynamodb)
    dynamodb.items["FLIGHT#SW1234", "METADATA"]["passenger_id"] = {"S": "PAX-0009"}
    del dynamodb.items["FLIGHT#SW1234", "BOOKING#BKG-0005"]["passenger_id"]
    dynamodb.items["FLIGHT#SW1234", "BOOKING#BKG-0005"]["status"] = {"S": "DELAYED"}
    assert table.flight_and_passengers("SW1234") == (a_flight(), 3)


def test_a_flight_s_item_without_a_field_of_a_flight_is_unreadable_and_not_missing() -> None:
    dynamodb = FakeDynamoDB()
    dynamodb.put({"PK": {"S": "FLIGHT#SW1"}, "SK": {"S": "METADATA"}})
    with pytest.raises(UnreadableItemError, match="FLIGHT#SW1 / METADATA: flight_id is missing"):
        table_on(dynamodb).flight_and_passengers("SW1")


def test_an_item_that_is_no_flight_is_named_with_its_field() -> None:
    dynamodb = FakeDynamoDB()
    dynamodb.put({"PK": {"S": "FLIGHT#SW1"}, "SK": {"S": "METADATA"}, "flight_id": {"S": "SW1"}})
    with pytest.raises(UnreadableItemError, match="FLIGHT#SW1 / METADATA: origin is missing"):
        table_on(dynamodb).flight("SW1")


def test_a_table_that_cannot_be_asked_is_not_an_empty_one() -> None:
    dynamodb = FakeDynamoDB()
    dynamodb.error = error = aws_error("ProvisionedThroughputExceededException")
    with pytest.raises(type(error)):
        table_on(dynamodb).flight("SW1234")
