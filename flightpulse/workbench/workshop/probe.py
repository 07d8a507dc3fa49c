"""Looks at the code of a copy from inside: run as a program with the copy first on Python's path.

It reads an assignment as JSON and prints one finding for each question, as JSON. This file is the checkout's;
everything it imports is the copy's, so that a learner's mistake shows as a finding and never as a failure of the
grading.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

Task = Mapping[str, Any]
Finding = tuple[bool, str]

_SHARED = "NotifyPassengers"
_FLIGHT = {"origin": "HOU", "destination": "DEN", "gate": "B7", "aircraft": "Boeing 737-700", "status": "SCHEDULED"}
_TIMES = {"scheduled_departure": "2026-11-24T16:45:00Z", "scheduled_arrival": "2026-11-24T20:05:00Z"}


def schema(task: Task) -> Finding:
    """The good event passes its schema and each bad one does not."""
    schemas = _module("schemas")
    name = str(task["event_type"]).lower()
    if name not in schemas.names():
        return False, f"there is no flightpulse/schemas/{name}.json"
    schemas.validate(name, _envelope(task, task["payload"]))
    passed = [what for what, payload in task["bad"].items() if _passes(name, _envelope(task, payload))]
    return not passed, f"lets pass: {', '.join(passed)}" if passed else f"refuses {', '.join(task['bad'])}"


def reading(task: Task) -> Finding:
    """The consumer reads the event as one of a known type."""
    events = _module("domain.events")
    if task["event_type"] not in set(events.EventType):
        return False, f"events.EventType has no {task['event_type']}"
    if events.EventType(task["event_type"]) not in events.TYPES:
        return False, f"events.TYPES has no class for {task['event_type']}"
    event = events.parse(_envelope(task, task["payload"]))
    if event.detail_type != task["detail_type"]:
        return False, f"its detail type is {event.detail_type}, not {task['detail_type']}"
    return True, f"{type(event).__name__}, {event.detail_type}, counted as {event.metric}"


def publishing(task: Task) -> Finding:
    """What goes on the bus fulfils the bus's own schema, and an event without its own fields does not."""
    schemas = _module("schemas")
    detail = _detail(task)
    schemas.validate("flight_event", detail)
    own = [name for name in task["payload"] if name in detail and name != "flight_id"]
    lacking = [name for name in own if _passes("flight_event", {key: detail[key] for key in detail if key != name})]
    if lacking:
        return False, f"the bus's schema lets pass an event without {', '.join(lacking)}"
    unlike = [name for name in own if _passes("flight_event", {**detail, name: {"not": "of its type"}})]
    if unlike:
        return False, f"the bus's schema lets pass anything as {', '.join(unlike)}"
    enum = schemas.load("flight_event")["properties"]["event_type"]["enum"]
    return task["event_type"] in enum, detail["summary"]


def telling(task: Task) -> Finding:
    """Every segment of the news has a written template that passes the lint and fits one text message."""
    facts, news_of_all, templates = map(_module, ("messages.facts", "messages.news", "messages.templates"))
    gsm7, lint, sms_channel = (
        _module("messages.gsm7"),
        _module("messages.lint"),
        _module("messages.placeholders").Channel.SMS,
    )
    news = facts.read_news(_detail(task), {**_FLIGHT, **_TIMES, "flight_id": task["payload"]["flight_id"]})
    if news.kind != task["kind"]:
        return False, f"messages call it {news.kind}, not {task['kind']}"
    segments = list(_segments(task))
    for segment in segments:
        text = news_of_all.written(segment)
        values = facts.longest(segment, sms_channel)
        sms = next((sms for sms in text.sms if gsm7.fits(templates.fill(sms, values))), None)
        if sms is None:
            return False, f"no text message fits for {segment.key}"
        refused = lint.lint(templates.MessageTemplate(text.subject, text.paragraphs, sms), segment)
        if refused:
            return False, f"the lint refuses {segment.key}: {refused[0]}"
    return bool(segments), f"{len(segments)} segments, each within 160 GSM-7 characters"


def model(task: Task) -> Finding:
    """The stand-in model has words for every segment, and the lint lets them pass."""
    lint, templates, stand_in = map(_module, ("messages.lint", "messages.templates", "stand_in.model"))
    segments = list(_segments(task))
    for segment in segments:
        for turn in (1, 2):
            template = templates.MessageTemplate.from_fields(stand_in.template_fields(segment, turn))
            refused = lint.lint(template, segment)
            if refused:
                return False, f"the lint refuses {segment.key}: {refused[0]}"
    return bool(segments), f"{len(segments)} segments, two answers each"


def workflow(task: Task) -> Finding:
    """The definition passes the lint, with a Comment on every state, and hands on to the shared workflow."""
    asl, asl_lint = _module("stack.asl"), _module("stack.asl_lint")
    workflows = _module("stack.event_workflows").EVENT_WORKFLOWS
    known = next((item for item in workflows if item.construct_id == task["workflow"]), None)
    if known is None:
        return False, f"event_workflows.py has no {task['workflow']}"
    definition = asl.load(known.file)
    substitutions = {name for item in workflows if item is not known for name in asl.load(item.file).substitutions}
    problems = asl_lint.problems(definition, known_substitutions=substitutions)
    if problems:
        return False, problems[0]
    if f"{_SHARED}Arn" not in definition.substitutions:
        return False, f"it never starts {_SHARED}"
    return True, f"{len(list(definition.states()))} states, each with its Comment; starts {_SHARED}"


def routing(task: Task) -> Finding:
    """The event's detail type is the one that leads to its workflow."""
    workflows = _module("stack.event_workflows").EVENT_WORKFLOWS
    matching = [item.construct_id for item in workflows if _matches(item.detail_type, task["detail_type"])]
    return matching == [task["workflow"]], f"{task['detail_type']} leads to {', '.join(matching) or 'nothing'}"


QUESTIONS: Mapping[str, Callable[[Task], Finding]] = {
    "schema": schema,
    "reading": reading,
    "publishing": publishing,
    "telling": telling,
    "model": model,
    "workflow": workflow,
    "routing": routing,
}


def _module(name: str) -> Any:
    """A module of the copy. Each question imports what it needs, so that a mistake is a finding of that question."""
    return import_module(f"flightpulse.{name}")


def _envelope(task: Task, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event_id": "evt-workshop",
        "event_type": task["event_type"],
        "timestamp": "2026-11-24T15:00:00.000Z",
        "source": task["source"],
        "payload": dict(payload),
    }


def _passes(name: str, envelope: dict[str, Any]) -> bool:
    schemas = _module("schemas")
    try:
        schemas.validate(name, envelope)
    except schemas.SchemaViolationError:
        return False
    return True


def _detail(task: Task) -> dict[str, Any]:
    events, entities = _module("domain.events"), _module("domain.entities")
    parse_instant = _module("domain.instants").parse_instant
    event = events.parse(_envelope(task, task["payload"]))
    times = {name: parse_instant(text) for name, text in _TIMES.items()}
    fields: dict[str, Any] = {**_FLIGHT, **times, "status": entities.FlightStatus(_FLIGHT["status"])}
    flight = entities.Flight(flight_id=event.flight_id, **fields)
    detail: dict[str, Any] = events.enriched_detail(
        event, flight, affected_passengers_count=3, correlation_id=event.event_id
    )
    return detail


def _segments(task: Task) -> Iterator[Any]:
    return (segment for segment in _module("messages.news").all_segments() if segment.kind == task["kind"])


def _matches(wanted: str, detail_type: str) -> bool:
    return detail_type.startswith(wanted[:-1]) if wanted.endswith("*") else wanted == detail_type


def _answer(question: Callable[[Task], Finding], task: Task) -> dict[str, Any]:
    try:
        ok, seen = question(task)
    except Exception as error:  # noqa: BLE001 - whatever a learner's code raises is what was found
        ok, seen = False, f"{type(error).__name__}: {error}"
    return {"ok": ok, "seen": seen}


def main() -> None:
    """Answer every question about the assignment on standard input."""
    task = json.load(sys.stdin)
    json.dump({name: _answer(question, task) for name, question in QUESTIONS.items()}, sys.stdout)


if __name__ == "__main__":
    main()
