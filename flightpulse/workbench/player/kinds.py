"""Which types of history events start a try, and which say that something went wrong."""

_STARTS = frozenset(
    {
        "TaskScheduled",
        "LambdaFunctionScheduled",
        "ActivityScheduled",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunRedriven",
        "ParallelStateStarted",
    }
)
_FAILURE_ENDINGS = ("Failed", "TimedOut", "Aborted")


def is_start(kind: str) -> bool:
    return kind in _STARTS


def is_stopped(kind: str) -> bool:
    """A state that Step Functions stopped, because another branch or item failed or somebody stopped the execution."""
    return kind.endswith("StateAborted")


def is_failure(kind: str) -> bool:
    """Task, state, iteration and execution failures, time-outs and aborts."""
    return kind.endswith(_FAILURE_ENDINGS)
