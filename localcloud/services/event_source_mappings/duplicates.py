"""Two mappings may not lead from one source to one function: each record would be processed twice.

The words are recorded answers of Lambda's: they differ from source to source.
"""

from collections.abc import Iterable

from localcloud.services.event_source_mappings.settings import Settings, bootstrap_servers, is_kafka


def conflict(request: Settings, function_name: str, mappings: Iterable[Settings]) -> str:
    """Why Lambda refuses a mapping beside those that there are; empty when it does not."""
    for known in mappings:
        if known.get("FunctionName") == function_name and _is_same_source(request, known):
            return f"{_described(request, known)} already exists. " + (
                f"Please update or delete the existing mapping with UUID {known['UUID']}"
            )
    return ""


def _is_same_source(request: Settings, known: Settings) -> bool:
    if is_kafka(request) != is_kafka(known):
        return False
    if is_kafka(request):
        brokers, others = (set(bootstrap_servers(settings).split(",")) for settings in (request, known))
        return bool(brokers & others) and request.get("Topics") == known.get("Topics")
    return bool(request.get("EventSourceArn") == known.get("EventSourceArn"))


def _described(request: Settings, known: Settings) -> str:
    if is_kafka(request):
        topics = ",".join(request.get("Topics") or ())
        return (
            f'An event source mapping with event source ("{bootstrap_servers(request)}"), '
            f'function ("{known["FunctionArn"]}"), topics ("{topics}")'
        )
    source, function = request["EventSourceArn"], known["FunctionName"]
    if ":sqs:" in source:
        return f'An event source mapping with SQS arn (" {source} ") and function (" {function} ")'
    return f'The event source arn (" {source} ") and function (" {function} ") provided mapping'
