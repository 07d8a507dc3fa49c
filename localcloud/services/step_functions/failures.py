"""How a state or an execution can end badly: the error names of the Amazon States Language."""

import uuid

DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
RUNTIME = "States.Runtime"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"


class StateFailure(Exception):  # noqa: N818
    """A state has failed with an error name and, mostly, a cause; Retry and Catch may deal with it."""

    def __init__(
        self, error: str | None, cause: str | None = None, *, also: str | None = None, by_name_only: bool = False
    ) -> None:
        """``also`` is a second name by which Retry and Catch may know the error; ``by_name_only``: no wildcard does."""
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.names = {error, also} if also else {error}
        self.by_name_only = by_name_only

    @property
    def output(self) -> dict[str, str | None]:
        """The error output that Catch hands on and ``$states.errorOutput`` holds."""
        return {"Error": self.error, "Cause": "" if self.cause is None and self.error == TIMEOUT else self.cause}


class EvaluationFailure(Exception):  # noqa: N818
    """An expression or path, or the value it gave, is not usable. ``location`` names the field it stands in."""

    def __init__(self, message: str, location: str | None = None, *, error: str = QUERY_EVALUATION_ERROR) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.error = error


class Stopped(Exception):  # noqa: N818
    """The branch that runs has been told to stop: a sibling failed, the execution was aborted or timed out."""


def data_limit_exceeded(what: str, *, of_task: bool = False) -> StateFailure:
    """The failure of a state or task (named ``what``) whose result is larger than a payload may be.

    States.ALL stands for that of a task, and not for that of a state.
    """
    size = "a size exceeding the maximum number of bytes service limit"
    cause = f"The state/task '{what}' returned a result with {size}."
    return StateFailure(DATA_LIMIT_EXCEEDED, cause, by_name_only=not of_task)


def sdk_cause(service: str, message: str, status: int = 400) -> str:
    """The cause of a failed ``aws-sdk`` task: the service's message, and what the SDK for Java adds to it."""
    return f"{message} (Service: {service}, Status Code: {status}, Request ID: {uuid.uuid4()}) (SDK Attempt Count: 1)"
