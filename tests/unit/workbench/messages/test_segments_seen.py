"""The segments of a run: who is in them, where their wording came from, and what was found in drafts."""

import json
from typing import Any

from flightpulse.workbench.messages import segments_seen
from flightpulse.workbench.observe.logs import LogEvent
from tests.unit.workbench.run_facts import at, message


def line(text: str, **more: Any) -> LogEvent:
    fields = {"message": text, "event_id": "evt-1", "segment": "delay-minor", **more}
    return LogEvent("1", "messenger", "stream", at(1), json.dumps(fields))


def test_people_and_messages_are_counted_by_segment_in_the_order_of_telling() -> None:
    messages = (message("A1", segment="first"), message("A1", "sms", segment="first"), message("B1"))

    found = list(segments_seen.seen(messages, (), ("evt-1",)))

    assert [(item.segment, item.passengers, item.messages) for item in found] == [
        ("first", 1, 2),
        ("delay-minor", 1, 1),
    ]


def test_a_refusal_and_its_repair_are_told_by_rule() -> None:
    lines = [line("a template was refused or mended", rules=["promise", "claim"])]

    (found,) = segments_seen.seen((message("A1"),), lines, ("evt-1",))

    assert (found.refused, found.origins) == (("claim", "promise"), ("model",))


def test_lines_of_other_events_say_nothing_of_this_run() -> None:
    lines = [line("a template was refused or mended", rules=["promise"], event_id="evt-2")]

    seen = segments_seen.seen((message("A1"),), lines, ("evt-1",))

    assert seen.table().column("found in drafts") == ["nothing"]
    assert seen.origins() == {"delay-minor": "model"}
