"""Names of resources that users, notebooks and runbooks rely on."""

from typing import Final

from flightpulse.domain import events
from flightpulse.stack.event_workflows import EVENT_WORKFLOWS

STACK: Final = "FlightPulseStack"
CONTEXT_OUTPUT: Final = "Context"
"""The output that says with which context values the stack was deployed."""
TABLE: Final = "FlightPulseTable"
GSI1: Final = "GSI1"
GSI2: Final = "GSI2"
EVENT_BUS: Final = "flightpulse-bus"
ARCHIVE: Final = "flightpulse-flight-events"
TOPIC: Final = events.TOPIC
API: Final = "flightpulse-api"
API_STAGE: Final = "prod"
API_ACCESS_LOG: Final = "/aws/apigateway/flightpulse-access"
DASHBOARD: Final = "FlightPulse"
TECHNICAL_DASHBOARD: Final = "FlightPulse-Technical"
METRICS: Final = "FlightPulse"

KAFKA_CONSUMER: Final = "FlightPulse-KafkaConsumer"
LLM_MESSENGER: Final = "FlightPulse-LLMMessenger"
API_HANDLERS: Final = "FlightPulse-APIHandlers"
STREAM_HANDLER: Final = "FlightPulse-StreamHandler"
SETTINGS_RESOURCE: Final = "FlightPulse-SettingsResource"

EMAIL_LOG: Final = "/flightpulse/notifications/email"
SMS_LOG: Final = "/flightpulse/notifications/sms"
AUDIT_LOG: Final = "/flightpulse/audit"

ERROR_TOPIC: Final = "flightpulse-workflow-errors"
ALARM_TOPIC: Final = "flightpulse-alarms"

MODEL_ID_PARAMETER: Final = "/flightpulse/bedrock/model-id"
REVIEW_MODEL_ID_PARAMETER: Final = "/flightpulse/bedrock/review-model-id"
NOTIFY_FROM_PARAMETER: Final = "/flightpulse/notify-from-minutes"
ENVIRONMENT_PARAMETER: Final = "/flightpulse/environment"


ALARM_PREFIX: Final = "flightpulse-"


def alarm(name: str) -> str:
    """An alarm's full name."""
    return f"{ALARM_PREFIX}{name}"


def dead_letters(kind: str) -> str:
    """The dead-letter queue for one kind of trouble: records, notifications, targets, stream or mapping."""
    return f"flightpulse-dead-letters-{kind}"


def function_log(function_name: str) -> str:
    """The log group of a function."""
    return f"/aws/lambda/{function_name}"


def workflow_log(state_machine_name: str) -> str:
    """The log group of a state machine.

    Under ``/aws/vendedlogs/`` a group needs no entry of its own in the account's log resource policies, whose size
    AWS limits.
    """
    return f"/aws/vendedlogs/states/{state_machine_name}"


NOTIFY_PASSENGERS: Final = "FlightPulse-NotifyPassengers"
NOTIFY_CHUNK: Final = "FlightPulse-NotifyChunk"
WORKFLOWS: Final = {
    **{known.short: known.state_machine for known in EVENT_WORKFLOWS},
    "notify-passengers": NOTIFY_PASSENGERS,
    "notify-chunk": NOTIFY_CHUNK,
}
"""State machines by the short names that commands take. What is deployed is asked of the stack's outputs."""

LOG_GROUPS: Final = {
    "consumer": function_log(KAFKA_CONSUMER),
    "messenger": function_log(LLM_MESSENGER),
    "api": function_log(API_HANDLERS),
    "stream": function_log(STREAM_HANDLER),
    "email": EMAIL_LOG,
    "sms": SMS_LOG,
    "audit": AUDIT_LOG,
    "access": API_ACCESS_LOG,
    **{short: workflow_log(name) for short, name in WORKFLOWS.items()},
}
"""Log groups by the short names that commands take."""

DEAD_LETTER_OUTPUTS: Final = {
    "records": "RecordDeadLettersUrl",
    "notifications": "NotificationDeadLettersUrl",
    "targets": "TargetDeadLettersUrl",
    "stream": "StreamDeadLettersUrl",
    "mapping": "MappingDeadLettersUrl",
}
"""Stack outputs with the queues' URLs, by what failed."""
