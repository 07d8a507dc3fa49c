"""The behaviour `eventbridge`: entries, patterns and rules are checked, and a target that fails is tried again.

What a target still refuses goes to its dead-letter queue, with the attributes that say why.
"""

from localcloud.behaviour import Behaviour, LocalContext, Wrapped
from localcloud.services.cloudformation import resource_types
from localcloud.services.eventbridge.operations import RULE_OPERATIONS

_MODULE = "ministack.services.eventbridge"


def install(context: LocalContext) -> None:
    """Put our matcher, our checks and our delivery in the place of the emulator's."""
    from ministack.services import eventbridge as emulator

    from localcloud.services.eventbridge import patterns, rules
    from localcloud.services.eventbridge.delivery import Delivery
    from localcloud.services.eventbridge.put_events import put_events
    from localcloud.services.eventbridge.retries import Retries

    retries = Retries(Delivery(others=emulator._invoke_target), context.back_off_scale)

    def invoke_target(
        target: dict[str, object], event: dict[str, object], rule: dict[str, object], view: object = None
    ) -> None:
        retries.deliver(target, event, rule, view or emulator._pattern_event_view(event))

    emulator._invoke_target = invoke_target
    emulator._put_events = put_events
    patterns.install()
    rules.install()


BEHAVIOUR = Behaviour(
    name="eventbridge",
    stands_for="EventBridge: checks of events, patterns, rules and targets; log groups, retries, dead letters, metrics",
    documentation="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html",
    wraps=(
        Wrapped(_MODULE, "_invoke_target", ("target", "event", "rule", "view")),
        Wrapped(_MODULE, "_put_events", ("data", "allow_aws_source")),
        *(Wrapped(_MODULE, name, ("data",)) for name in RULE_OPERATIONS),
        Wrapped(_MODULE, "_archive_event", ("event", "view")),
        Wrapped(_MODULE, "_dispatch_event", ("event", "view")),
        Wrapped(_MODULE, "_dispatch_to_sqs", ("spec", "payload", "sqs_parameters")),
        Wrapped(_MODULE, "_event_bus_name_from_ref", ("name",)),
        Wrapped(_MODULE, "_event_pattern_error", ("pattern_str",)),
        Wrapped(_MODULE, "_events_log_list", ()),
        Wrapped(_MODULE, "_invalid_event_pattern", ("reason",)),
        Wrapped(_MODULE, "_matches_pattern_view", ("pattern_str", "view", "owner")),
        Wrapped(_MODULE, "_pattern_event_view", ("event",)),
        Wrapped(_MODULE, "_render_input_template", ("template", "replacements")),
        Wrapped(_MODULE, "_rule_key", ("rule_name", "bus_name")),
        Wrapped(_MODULE, "_rules"),
        Wrapped(_MODULE, "_targets"),
        Wrapped(_MODULE, "_test_event_pattern", ("data",)),
        resource_types.WRAPPED,
        Wrapped("ministack.services.lambda_svc", "_get_func_record_for_ref", ("function_ref",)),
        Wrapped("ministack.services.lambda_svc", "_execution_record_for_config", ("func", "config")),
        Wrapped("ministack.services.lambda_svc", "invoke_async_with_retry", ("func", "event")),
        Wrapped("ministack.services.cloudwatch_logs", "_log_groups"),
        Wrapped("ministack.services.cloudwatch_logs", "_log_group_policies"),
        Wrapped("ministack.services.cloudwatch_logs", "_resource_policies"),
        Wrapped("ministack.services.cloudwatch_logs", "_create_log_stream", ("data",)),
        Wrapped("ministack.services.cloudwatch_logs", "_put_log_events", ("data",)),
        Wrapped("ministack.services.sns", "publish_internal"),
        Wrapped("ministack.services.sns", "SnsPublishError"),
        Wrapped("ministack.services.sqs", "_act_send_message", ("data", "qurl")),
        Wrapped("ministack.services.sqs", "_Err"),
        Wrapped("ministack.services.sqs", "_queue_by_arn", ("arn",)),
        Wrapped("ministack.services.sqs", "_queue_url", ("name",)),
        Wrapped("ministack.services.stepfunctions", "_start_execution", ("data",)),
        Wrapped(
            "ministack.services.cloudwatch",
            "record_metric",
            ("namespace", "metric_name", "value", "unit", "dimensions"),
        ),
    ),
    install=install,
)
