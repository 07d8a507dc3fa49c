"""The names under which the deployed parts of FlightPulse are found."""

from typing import Final

from flightpulse.stack import names as deployed
from flightpulse.stack.event_workflows import EVENT_WORKFLOWS

STACK: Final = deployed.STACK
METRICS_NAMESPACE: Final = deployed.METRICS
ALARM_PREFIX: Final = deployed.ALARM_PREFIX

NOTIFY_PASSENGERS: Final = "FlightPulse-NotifyPassengers"
NOTIFY_CHUNK: Final = "FlightPulse-NotifyChunk"

WORKFLOWS: Final = {
    **{known.short: known.state_machine for known in EVENT_WORKFLOWS},
    "notify-passengers": NOTIFY_PASSENGERS,
    "notify-chunk": NOTIFY_CHUNK,
}
"""State machines by the short names that commands take. What is deployed is asked of the stack's outputs."""

EMAIL_LOG: Final = deployed.EMAIL_LOG
SMS_LOG: Final = deployed.SMS_LOG
AUDIT_LOG: Final = deployed.AUDIT_LOG

LOG_GROUPS: Final = {
    "consumer": deployed.function_log(deployed.KAFKA_CONSUMER),
    "messenger": deployed.function_log(deployed.LLM_MESSENGER),
    "api": deployed.function_log(deployed.API_HANDLERS),
    "stream": deployed.function_log(deployed.STREAM_HANDLER),
    "email": EMAIL_LOG,
    "sms": SMS_LOG,
    "audit": AUDIT_LOG,
    "access": deployed.API_ACCESS_LOG,
    **{short: deployed.workflow_log(name) for short, name in WORKFLOWS.items()},
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
