"""The architecture as a picture: the parts of a deployed template and what leads from one to the other."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flightpulse.errors import UserError
from flightpulse.workbench.show import picture as pictures
from flightpulse.workbench.show.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KAFKA, API, MESSAGES, AUDIT, MODEL = "Kafka", "API Gateway", "messages", "audit log", "Bedrock"
HOPS = (KAFKA, "Lambda", "EventBridge", "Step Functions", "DynamoDB", MODEL, MESSAGES, "stream", API)
"""What a notebook can light up, in the order in which an event comes by."""

_PREFIX, _SUFFIX = "FlightPulse-", "Workflow"
_KINDS = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Events::EventBus": "Name",
    "AWS::DynamoDB::Table": "TableName",
}
_MODEL_PARAMETER = "MODEL_ID_PARAMETER"
_COLUMN, _ROW, _WIDTH, _HEIGHT = 2.05, 1.0, 1.66, 0.6


@dataclass(frozen=True, slots=True)
class Part:
    """One box: what it is called, which hop it belongs to, and where it stands."""

    name: str
    hop: str
    column: float
    row: float


@dataclass(frozen=True, slots=True)
class Architecture:
    """Parts and the pairs of names between which something goes."""

    parts: tuple[Part, ...]
    ways: tuple[tuple[str, str], ...]

    def picture(self, *lit: str) -> Picture:
        """The parts with what leads where; the ``lit`` hops stand out. Raises UserError for a hop that there is not."""
        for hop in lit:
            if hop not in HOPS:
                raise UserError(f"There is no hop {hop!r}.", hint=f"There are: {', '.join(HOPS)}.")
        height = max(part.row for part in self.parts) * _ROW + 1.1
        figure = pictures.canvas(0.95 * height)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        places = {part.name: part for part in self.parts}
        for begin, end in self.ways:
            _arrow(axes, places[begin], places[end])
        for part in self.parts:
            _box(axes, part, part.hop in lit)
        axes.set_xlim(-1.0, max(part.column for part in self.parts) * _COLUMN + 1.0)
        axes.set_ylim(0.55 - height, 0.55)
        return Picture.of(figure, self.said(*lit))

    def said(self, *lit: str) -> str:
        """The picture in words: where the notebook looks, and each part with where it leads."""
        here = f"Here: {', '.join(lit)}. " if lit else ""
        leads = {part.name: [end for begin, end in self.ways if begin == part.name] for part in self.parts}
        return here + "; ".join(f"{name} → {', '.join(ends)}" for name, ends in leads.items() if ends) + "."


def of(template: Mapping[str, Any]) -> Architecture:
    """The architecture that a CloudFormation template describes."""
    resources: Mapping[str, Any] = template["Resources"]
    names = {
        logical: str(resource["Properties"].get(_KINDS[resource["Type"]], logical))
        .removeprefix(_PREFIX)
        .removesuffix(_SUFFIX)
        for logical, resource in resources.items()
        if resource["Type"] in _KINDS
    }
    ways = list(dict.fromkeys(_ways(resources, names)))
    seen = {name for way in ways for name in way}
    return Architecture(tuple(_placed(resources, names, ways, seen)), tuple(ways))


def _ways(resources: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for logical, resource in resources.items():
        kind, properties = resource["Type"], resource["Properties"]
        if kind == "AWS::Lambda::EventSourceMapping":
            source = _first(properties.get("EventSourceArn"), names) or KAFKA
            yield source, names[_first_logical(properties["FunctionName"], names)]
        elif kind == "AWS::Events::Rule":
            bus = _first(properties["EventBusName"], names)
            for target in properties["Targets"]:
                yield bus, _first(target["Arn"], names) or _log(properties)
        elif kind == "AWS::StepFunctions::StateMachine":
            for reference in properties.get("DefinitionSubstitutions", {}).values():
                if found := _first(reference, names):
                    yield names[logical], found
        elif kind == "AWS::Lambda::Function":
            variables = properties.get("Environment", {}).get("Variables", {})
            for reference in variables.values():
                if found := _first(reference, names):
                    yield names[logical], found
            if _MODEL_PARAMETER in variables:
                yield names[logical], MODEL
        elif kind == "AWS::ApiGateway::Method" and (found := _first(properties.get("Integration"), names)):
            yield API, found


def _log(rule: Mapping[str, Any]) -> str:
    patterns = rule["EventPattern"].get("detail-type", [])
    return MESSAGES if any(str(pattern).startswith("notification.") for pattern in patterns) else AUDIT


def _first(value: Any, names: Mapping[str, str]) -> str:
    return names.get(_first_logical(value, names), "")


def _first_logical(value: Any, names: Mapping[str, str]) -> str:
    """The first of our resources that a value of the template refers to."""
    text = json.dumps(value)
    return min((logical for logical in names if f'"{logical}"' in text), key=text.index, default="")


def _placed(
    resources: Mapping[str, Any], names: Mapping[str, str], ways: Sequence[tuple[str, str]], seen: set[str]
) -> Iterator[Part]:
    kinds = {names[logical]: resources[logical]["Type"] for logical in names}
    machines = [name for name in seen if kinds.get(name) == "AWS::StepFunctions::StateMachine"]
    started = {end for begin, end in ways if kinds.get(begin) == "AWS::Events::EventBus"}
    first = sorted(name for name in machines if name in started)
    then = _in_order([name for name in machines if name not in started], ways)
    consumers = [end for begin, end in ways if begin == KAFKA]
    streams = [end for begin, end in ways if kinds.get(begin) == "AWS::DynamoDB::Table"]
    behind_api = [end for begin, end in ways if begin == API]
    yield Part(KAFKA, KAFKA, 0, 1)
    yield from (Part(name, "Lambda", 1, 1 + row) for row, name in enumerate(consumers))
    yield from (Part(n, "EventBridge", 2, 1) for n in seen if kinds.get(n) == "AWS::Events::EventBus")
    yield from (Part(name, "Step Functions", 3, row) for row, name in enumerate(first))
    yield from (Part(name, "Step Functions", 4 + place, 1) for place, name in enumerate(then))
    last = 4 + len(then)
    # Under the workflows that events start, however many there are.
    bottom = max(3, len(first))
    others = {name for name in seen if kinds.get(name) == "AWS::Lambda::Function"} - {*consumers, *streams, *behind_api}
    yield from (Part(name, "Lambda", last - 1, 0 - row) for row, name in enumerate(sorted(others)))
    yield Part(MODEL, MODEL, last, 0)
    yield Part(MESSAGES, MESSAGES, 2, 0)
    yield from (Part(n, "DynamoDB", 4, bottom) for n in seen if kinds.get(n) == "AWS::DynamoDB::Table")
    yield from (Part(name, "stream", 3, bottom + row) for row, name in enumerate(dict.fromkeys(streams)))
    yield Part(AUDIT, "stream", 2, 2)
    yield from (Part(name, API, 5, bottom + row) for row, name in enumerate(dict.fromkeys(behind_api)))
    yield Part(API, API, last, bottom)


def _in_order(machines: Sequence[str], ways: Sequence[tuple[str, str]]) -> list[str]:
    """The machines, those that start others first."""
    return sorted(machines, key=lambda name: sum(begin in machines and end == name for begin, end in ways))


def _box(axes: "Axes", part: Part, lit: bool) -> None:
    x, y = part.column * _COLUMN, -part.row * _ROW
    edge, face, line = (pictures.BLUE, pictures.BLUE, 2.4) if lit else ("#8c959f", "#ffffff", 1.1)
    corner = (x - _WIDTH / 2, y - _HEIGHT / 2)
    pictures.box(axes, corner, _WIDTH, _HEIGHT, edge=edge, face=face, line=line, rounding=0.1)
    ink, dim = ("#ffffff", "#ffffff") if lit else (pictures.INK, pictures.DIM)
    axes.text(x, y + 0.09, part.name, ha="center", va="center", fontsize=7.6, color=ink, fontweight="bold", zorder=4)
    said = f"▸ {part.hop}" if lit else part.hop
    axes.text(x, y - 0.15, said, ha="center", va="center", fontsize=7, color=dim, zorder=4)


def _arrow(axes: "Axes", begin: Part, end: Part) -> None:
    x, y, to_x, to_y = begin.column * _COLUMN, -begin.row * _ROW, end.column * _COLUMN, -end.row * _ROW
    if begin.column == end.column:
        side = _HEIGHT / 2 if to_y > y else -_HEIGHT / 2
        points = (x, y + side), (to_x, to_y - side)
    else:
        side = _WIDTH / 2 if to_x > x else -_WIDTH / 2
        points = (x + side, y), (to_x - side, to_y)
    style = {"arrowstyle": "-|>", "color": "#8c959f", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xytext=points[0], xy=points[1], arrowprops=style, zorder=1)
