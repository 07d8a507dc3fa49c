"""What a Task's Resource names: the service and the action that history shows, and how the task waits for its end."""

from dataclasses import dataclass

_SERVICE_INTEGRATION = ":states:::"
_CALLBACK = ".waitForTaskToken"
_SYNC = (".sync", ".sync:2")


@dataclass(frozen=True, slots=True)
class Resource:
    """A Task's Resource, read. ``service`` is empty for a function or an activity given by its own ARN."""

    arn: str
    service: str
    action: str

    @classmethod
    def read(cls, arn: str) -> "Resource":
        _, found, integration = arn.partition(_SERVICE_INTEGRATION)
        if not found:
            return cls(arn, "", "")
        parts = integration.split(":")
        named = 2 if parts[0] == "aws-sdk" else 1
        return cls(arn, ":".join(parts[:named]), ":".join(parts[named:]))

    @property
    def family(self) -> str:
        """The prefix of this task's event types."""
        if self.service:
            return "Task"
        return "Activity" if ":activity:" in self.arn else "LambdaFunction"

    @property
    def name(self) -> str:
        """What messages call this task."""
        return self.service or self.arn

    @property
    def waits_for_token(self) -> bool:
        return self.arn.endswith(_CALLBACK)

    @property
    def waits_for_job(self) -> bool:
        return self.arn.endswith(_SYNC)

    @property
    def request(self) -> "Resource":
        """The same call without the waiting."""
        for ending in (_CALLBACK, *_SYNC):
            if self.arn.endswith(ending):
                return Resource.read(self.arn.removesuffix(ending))
        return self
