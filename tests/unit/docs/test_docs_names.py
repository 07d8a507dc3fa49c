"""Every name that pages name is a name of the code or of the template, and tables of names are complete."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flightpulse.domain.events import TYPES, DetailType, Rejection
from flightpulse.paths import ROOT
from flightpulse.stack import settings
from tests.synthesis import Stack, Synthesise
from tests.unit.docs.pages import PAGES, SPEC, Page

IDENTIFIER = re.compile(r"/?[A-Za-z_][\w./:-]*[\w/]")
SOURCES = ("flightpulse", "localcloud", "awskit", "simulator", "infra", "sample_data", "tools")
FILES = ("Makefile", "pyproject.toml", "docker-compose.yml", ".gitignore")
READABLE = {".py", ".js", ".json", ".toml", ".yml", ".txt"}
# Names of AWS, of the CDK and of the system, which no code of ours mentions.
FOREIGN = {
    "CloudWatchLogGroup", "curl", "YYYY-MM-DDTHH:MM:SSZ", "/tmp", "http:invoke", "bedrock:invokeModel",
    "apigateway:invoke", "aws-sdk",
    "get-metric-statistics", "read_committed", "AWS/Logs",
    "describe-vpc-endpoint-services",
}  # fmt: skip


@pytest.fixture(scope="module")
def stack(synthesise: Synthesise) -> Stack:
    """The stack with everything that a choice can add to it."""
    return synthesise("kafka")


@cache
def code() -> str:
    """All our code, configuration and data as one text."""
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*") if _is_source(path)]
    return "\n".join(path.read_text(encoding="utf-8") for path in [*files, *(ROOT / name for name in FILES)])


@cache
def files() -> str:
    """The paths of all our files as one text."""
    folders = [ROOT / name for name in (*SOURCES, "docs", "tests", "requirements")]
    paths = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
    return "\n".join(path.relative_to(ROOT).as_posix() for path in paths)


def is_named(name: str, text: str) -> bool:
    """Whether a text has a name, and not only as a part of a longer word."""
    start = text.find(name)
    while start >= 0:
        around = text[max(start - 1, 0) : start] + text[start + len(name) : start + len(name) + 1]
        if not re.search(r"\w", around):
            return True
        start = text.find(name, start + 1)
    return False


def _is_source(path: Path) -> bool:
    return path.suffix in READABLE and not {"cdk.out", "__pycache__"} & set(path.parts)


def metrics_of_functions() -> set[str]:
    """Every metric that a function counts."""
    rooms = ("functions", "use_cases")
    paths = [path for room in rooms for path in (ROOT / "flightpulse" / room).glob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    counted = {known.metric for known in TYPES.values()}
    return counted | set(re.findall(r'meter\.(?:add|measure)\(\s*"(\w+)"', text))


def routes(stack: Stack) -> Iterator[str]:
    """Every route of the REST API, as ``GET /flights/{flightId}``."""
    resources = stack.resources("AWS::ApiGateway::Resource")

    def path(reference: dict[str, Any]) -> str:
        if "Ref" not in reference:
            return ""
        properties = resources[reference["Ref"]]["Properties"]
        return f"{path(properties['ParentId'])}/{properties['PathPart']}"

    for method in stack.resources("AWS::ApiGateway::Method").values():
        properties = method["Properties"]
        yield f"{properties['HttpMethod']} {path(properties['ResourceId'])}"


def named(stack: Stack, type_: str, property_: str) -> set[str]:
    """The names that the template gives to resources of a type."""
    return {found["Properties"][property_] for found in stack.resources(type_).values()}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_identifiers_are_those_of_the_code_or_the_template(page: Page, stack: Stack):
    known = code() + json.dumps(stack.document) + files()
    # Attributes of a workbench and of a run are checked in test_docs_workbench.
    spans = (span for span in page.spans if not span.startswith(("wb.", "run.")))
    names = {span.removesuffix("/") for span in spans} - FOREIGN
    identifiers = [name for name in names if IDENTIFIER.fullmatch(name) and "//" not in name]

    assert [name for name in identifiers if not is_named(name, known)] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_files_and_folders_exist(page: Page):
    # What is not in the repository is there once a command has written it.
    written = {".flightpulse", ".venv", "build"}
    tops = {path.name for path in ROOT.iterdir()} - written | {"docker-compose.yml"}
    paths = [span for span in page.spans if span.split("/")[0] in tops and " " not in span]
    if "docker compose" in page.text:
        paths.append("docker-compose.yml")

    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/")))] == []


def test_the_check_of_identifiers_reads_something(stack: Stack):
    assert "flightpulse-dead-letters-records" in json.dumps(stack.document)
    assert is_named("LetOtherNewsGoFirst", code())
    assert not is_named("etOtherNewsGoFirs", code())


def test_the_outputs_are_all_there(stack: Stack):
    listed = SPEC.section("Stack outputs").named("output")

    assert sorted(listed) == sorted(stack.document["Outputs"])


def test_the_queues_are_all_there(stack: Stack):
    listed = SPEC.section("Functions, workflows, queues, topics").named("queue")

    assert set(listed) == named(stack, "AWS::SQS::Queue", "QueueName")


def test_functions_state_machines_and_topics_are_all_there(stack: Stack):
    listed = set(SPEC.section("Functions, workflows, queues, topics").spans)

    assert named(stack, "AWS::Lambda::Function", "FunctionName") <= listed
    assert named(stack, "AWS::StepFunctions::StateMachine", "StateMachineName") <= listed
    assert named(stack, "AWS::SNS::Topic", "TopicName") <= listed


def test_the_metrics_are_all_there(stack: Stack):
    filters = stack.resources("AWS::Logs::MetricFilter").values()
    counted = {
        change["MetricName"]
        for metric_filter in filters
        for change in metric_filter["Properties"]["MetricTransformations"]
    }
    section = SPEC.section("Metrics, namespace `FlightPulse`")
    listed = [name for cell in section.column("metric") for name in cell.split(", ")]

    assert sorted(listed) == sorted(counted | metrics_of_functions())


def test_the_routes_are_all_there(stack: Stack):
    listed = [cell.split("?")[0] for cell in SPEC.section("REST API, stage `prod`").column("route")]

    assert sorted(listed) == sorted(routes(stack))


def test_the_detail_types_are_all_there():
    cells = SPEC.section("Bus events: EventBridge bus `flightpulse-bus`").named("detail-type")
    listed = [cell if not cell.startswith(".") else f"flight.delay{cell}" for cell in cells]

    assert sorted(listed) == sorted(DetailType)


def test_the_reason_codes_are_all_there():
    spans = SPEC.section("Operations events: Kafka topic `flight-operations`").text.partition("Reason codes:")[2]

    assert re.findall(r"`([A-Z_0-9]+)`", spans) == list(Rejection)


def test_the_context_keys_are_all_there_with_their_defaults():
    section = SPEC.section("Choices: CDK context")
    rows = section.tables[0][1:]
    chosen = settings.from_context({"kafka_bootstrap": "broker:9092"})
    assert chosen.kafka is not None

    assert sorted(section.named("key")) == sorted(settings.KEYS)
    defaults = {row[0].strip("`"): row[2].strip("`") for row in rows}
    assert defaults["network"] == chosen.network
    assert defaults["environment"] == chosen.environment
    assert defaults["model_id"] == chosen.model_id
    assert defaults["runtime"] == chosen.runtime
    assert defaults["log_retention_days"] == str(chosen.log_retention_days)
    assert defaults["kafka_topic"] == chosen.kafka.topic
    assert defaults["kafka_starting_position"] == chosen.kafka.starting_position
