"""The behaviour `eventbridge`: entries, patterns and rules are checked, and a target that fails is tried again.

What a target still refuses goes to its dead-letter queue, with the attributes that say why.
"""

from localcloud.behaviours import LocalContext


def install(context: LocalContext) -> None:
    """Put our matcher, our checks and our delivery in the place of the emulator's."""
    from ministack.services import eventbridge as emulator

    from localcloud.services import handlers
    from localcloud.services.eventbridge import patterns, rules
    from localcloud.services.eventbridge.delivery import Delivery
    from localcloud.services.eventbridge.put_events import put_events
    from localcloud.services.eventbridge.retries import Retries

    retries = Retries(Delivery(others=emulator._invoke_target), context.back_off_scale)

    def invoke_target(
        target: dict[str, object], event: dict[str, object], rule: dict[str, object], view: object = None
    ) -> None:
        retries.deliver(target, event, rule, view or emulator._pattern_event_view(event))

    handlers.replace(emulator, {"_invoke_target": invoke_target, "_put_events": put_events})
    patterns.install()
    rules.install()
