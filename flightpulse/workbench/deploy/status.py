"""What is deployed on a target, and how it is doing, in numbers."""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from flightpulse.adapters.table import ReservationTable
from flightpulse.domain.entities import FlightStatus
from flightpulse.stack import names as deployed
from flightpulse.workbench.target import names
from flightpulse.workbench.target.session import Session

_COUNTED = 200


def stack_status(session: Session) -> str | None:
    """The state of the stack as CloudFormation names it; None when there is none."""
    try:
        stacks = session.cloudformation.describe_stacks(StackName=names.STACK)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return stacks[0]["StackStatus"] if stacks else None


def is_usable(state: str) -> bool:
    """Whether a stack in this state has its resources."""
    return state in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"} or "CLEANUP" in state


def flights_by_status(session: Session) -> dict[str, int]:
    """How many flights are in each status (counting to a few hundred)."""
    table = ReservationTable(session.dynamodb, session.table_name)
    return {str(status): len(table.flights_by_status(status, limit=_COUNTED).items) for status in FlightStatus}


@dataclass(frozen=True, slots=True)
class Mapping:
    """An event source mapping: what it feeds, its state, and what it says of its last batch."""

    function: str
    state: str
    last_result: str


def mappings(session: Session) -> list[Mapping]:
    """The event source mappings of the stack's functions."""
    return [
        Mapping(name, found["State"], found.get("LastProcessingResult", ""))
        for name in (deployed.KAFKA_CONSUMER, deployed.STREAM_HANDLER)
        for found in session.functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    ]
