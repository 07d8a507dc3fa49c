"""How a state or an execution can end badly: the error names of the Amazon States Language."""

DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"
RUNTIME = "States.Runtime"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"


class StateFailure(Exception):  # noqa: N818
    """A state has failed with an error name and, mostly, a cause; Retry and Catch may deal with it."""

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause

    @property
    def output(self) -> dict[str, str | None]:
        """The error output that Catch hands on and ``$states.errorOutput`` holds."""
        return {"Error": self.error, "Cause": self.cause}


class EvaluationFailure(Exception):  # noqa: N818
    """An expression or path, or the value it gave, is not usable. ``location`` names the field it stands in."""

    def __init__(self, message: str, location: str | None = None, *, error: str = QUERY_EVALUATION_ERROR) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.error = error


class Stopped(Exception):  # noqa: N818
    """The branch that runs has been told to stop: a sibling failed, the execution was aborted or timed out."""


def data_limit_exceeded(what: str) -> StateFailure:
    """The failure of a state or task (named ``what``) whose result is larger than a payload may be."""
    size = "a size exceeding the maximum number of bytes service limit"
    return StateFailure(DATA_LIMIT_EXCEEDED, f"The state/task '{what}' returned a result with {size}.")
