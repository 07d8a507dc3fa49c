"""Proof: AWS pushes back on every hop: throttles, conflicts, lost answers, partial failures, time-outs."""

from collections.abc import Iterator, Sequence

from flightpulse.chaos import evidence, trial
from flightpulse.chaos.trial import Size
from flightpulse.chaos.verdict import Promise, Verdict
from flightpulse.stack import asl, names
from flightpulse.workbench.faults.fault_page import Fault, FaultPage
from flightpulse.workbench.fire.sending import send
from flightpulse.workbench.show.progress import OnProgress, silent
from flightpulse.workbench.target.session import Session

_FUNCTIONS = "functions"
_CHANNELS = (names.EMAIL_LOG, names.SMS_LOG)
_ERRORS = {
    "dynamodb": ("DynamoDB.ProvisionedThroughputExceededException", "DynamoDB.InternalServerErrorException"),
    "aws-sdk:dynamodb": ("DynamoDb.ProvisionedThroughputExceededException", "DynamoDb.InternalServerErrorException"),
    "states": ("StepFunctions.ThrottlingException", "StepFunctions.SdkClientException"),
    "lambda": ("Lambda.TooManyRequestsException", "Lambda.ServiceException"),
    "events": ("EventBridge.FailedEntry", "EventBridge.AmazonEventBridgeException"),
    "sqs": ("SQS.AmazonSQSException", "SQS.SdkClientException"),
    "sns": ("SNS.ThrottledException", "SNS.SdkClientException"),
}
"""For each service that a Task calls: what it says when it refuses, and what Step Functions says of a lost answer."""


def prove(
    session: Session,
    seed: int,
    *,
    flights: int = 12,
    events: int = 5,
    bookings: int = 6,
    copies: int = 2,
    rate: float = 0.15,
    last_hop: bool = False,
    seconds: float = 900.0,
    on_progress: OnProgress = silent,
) -> Verdict:
    """Send a storm while calls fail on every hop: throttles, conflicts, partial failures, time-outs, lost answers.

    API calls of the functions, entries of PutEvents, rules to targets, the table's stream, the Kafka mapping, function
    invocations and every Task state fail at the same time, a third of them after they were made. What ends in the dead
    letters is sent back when the faults are gone. Then nothing may be lost and nobody told twice.
    """
    # ``last_hop`` also strikes the hop from the bus to a message's channel. EventBridge promises no order there and
    # tries again on its own, so that with it the order of messages is no promise either.
    injector = FaultPage(str(session.endpoint_url))
    run = trial.of_sequence(
        session, seed, Size(flights, events, bookings, copies), seconds, on_progress, first_flight=6500
    )
    faults = [*_SURE, *outside(rate), *inside(rate)]
    if last_hop:
        faults += [{"hop": "target", "to": group, "error": "THROTTLING", "rate": rate} for group in _CHANNELS]
    with injector.injected(faults, seed):
        send(session, run.records)
        run.wait(seconds=seconds / 2, stalled=30.0)
        struck = [fault for fault in injector.left() if fault["struck"]]
    recovered = run.recover()
    outcome = run.outcome()
    kinds = sorted({_kind(fault) for fault in struck})
    total = sum(int(fault["struck"]) for fault in struck)
    retried = evidence.failed_tasks(session, run.since)
    promises = [
        Promise("Faults struck on every kind of hop", f"{total} faults: {', '.join(kinds)}", len(kinds) == len(_KINDS)),
        Promise("Retries are visible in the histories", f"{retried} failed attempts of Task states", retried > 0),
        Promise("All is handled when the faults are gone", recovered.said, recovered.complete),
        *outcome.promises(dict.fromkeys(run.ids, 1), redriven=True, ordered=not last_hop),
    ]
    figures = {
        "flights": flights,
        "events": len(run.ids),
        "records": len(run.records),
        "faults": total,
        "letters sent back": recovered.letters,
        "executions redriven": recovered.executions,
        "messages": len(outcome.told),
    }
    return run.verdict("pushback", promises, figures)


_KINDS = ("API calls", "PutEvents entries", "Task states", "functions", "mapping", "stream", "targets")


def _kind(fault: Fault) -> str:
    if fault["service"]:
        return "API calls"
    if fault["state"]:
        return "Task states"
    names = {"entry": "PutEvents entries", "function": "functions", "target": "targets"}
    return names.get(str(fault["hop"]), str(fault["hop"]))


_SURE: Sequence[Fault] = (
    {"service": "dynamodb", "caller": _FUNCTIONS, "error": "ProvisionedThroughputExceededException", "times": 1},
    {"hop": "entry", "error": "InternalFailure", "times": 1},
    {"hop": "target", "to": "Workflow", "error": "THROTTLING", "times": 1},
    {"hop": "stream", "error": "TooManyRequestsException", "times": 1},
    {"hop": "mapping", "error": "TooManyRequestsException", "times": 1},
    {"hop": "function", "error": "Sandbox.Timedout", "times": 1},
    {"state": "ClaimEvent", "error": _ERRORS["dynamodb"][0], "times": 1},
)
"""One of each kind that strikes for sure, so that a small storm, too, meets them all."""


def outside(rate: float) -> list[Fault]:
    """Faults of API calls that functions make, and of the hops between services.

    What the bus does with a message that it has taken is not among them: on AWS, too, that hop is at least once and
    without order, and whoever sends from there tells repetitions by their notification_id.
    """
    third = rate / 3
    calls: Sequence[tuple[str, str, bool]] = (
        ("dynamodb", "ProvisionedThroughputExceededException", False),
        ("dynamodb", "InternalServerError", True),
        ("dynamodb", "TransactionConflictException", False),
        ("events", "ThrottlingException", False),
        ("events", "InternalException", True),
        ("sqs", "ServiceUnavailable", False),
        ("ssm", "InternalServerError", False),
    )
    return [
        *(
            {
                "service": service,
                "caller": _FUNCTIONS,
                "error": error,
                "after": after,
                "rate": rate if not after else third,
            }
            for service, error, after in calls
        ),
        {"service": "dynamodb", "caller": _FUNCTIONS, "cut": True, "rate": third},
        {"service": "dynamodb", "caller": _FUNCTIONS, "delay_seconds": 0.5, "rate": third},
        {"hop": "entry", "error": "InternalFailure", "rate": rate},
        {"hop": "target", "to": "Workflow", "error": "THROTTLING", "rate": rate},
        {"hop": "target", "to": names.AUDIT_LOG, "error": "THROTTLING", "rate": rate},
        {"hop": "target", "to": "Workflow", "error": "INTERNAL_ERROR", "after": True, "rate": third},
        {"hop": "mapping", "error": "TooManyRequestsException", "rate": rate},
        {"hop": "mapping", "error": "ServiceException", "after": True, "rate": third},
        {"hop": "stream", "error": "TooManyRequestsException", "rate": rate},
        {"hop": "function", "error": "Sandbox.Timedout", "rate": third},
        {"hop": "function", "error": "Sandbox.Timedout", "after": True, "rate": third},
    ]


def inside(rate: float) -> list[Fault]:
    """Faults of every Task state: refusals and (but for the last hop of a message) lost answers."""
    return [fault for definition in asl.load_all() for fault in _of_workflow(definition, rate)]


def _of_workflow(definition: asl.Definition, rate: float) -> Iterator[Fault]:
    machine = names.WORKFLOWS[definition.name.replace("_", "-")]
    for path, state in definition.states():
        if state.get("Type") != "Task":
            continue
        service = str(state["Resource"]).split(":::", 1)[1].rpartition(":")[0].removesuffix(".sync")
        if service not in _ERRORS:
            service = service.split(":")[0]
        refused, lost = _ERRORS[service]
        short = path.rpartition("/")[2]
        yield {"state": short, "machine": machine, "error": refused, "rate": rate}
        if short not in ("SendMessages", "SendMessage"):
            yield {"state": short, "machine": machine, "error": lost, "after": True, "rate": rate / 3}
