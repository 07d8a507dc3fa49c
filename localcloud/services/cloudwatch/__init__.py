"""The behaviour `cloudwatch`: log events become metrics, filter patterns are read, alarms follow their metrics.

Embedded metrics and metric filters give metrics, queues report how much waits in them; metrics are read by exactly
their dimensions; alarms honour dimensions, expressions, periods, M out of N and missing data, and go back to OK as time
passes; GetMetricData knows metric math.
"""

from localcloud.behaviours import LocalContext


def install(context: LocalContext) -> None:  # noqa: ARG001 - nothing of the process matters here
    """Put our parts in the place of the emulator's."""
    from localcloud.services.cloudwatch import log_storage
    from localcloud.services.cloudwatch.alarms import Alarms
    from localcloud.services.cloudwatch.log_events import LogEvents
    from localcloud.services.cloudwatch.metric_data import MetricData
    from localcloud.services.cloudwatch.queue_depths import QueueDepths
    from localcloud.services.cloudwatch.store import MetricStore

    alarms = Alarms()
    alarms.install()
    store = MetricStore(alarms.changed)
    store.install()
    log_storage.install()
    LogEvents(store).install()
    MetricData().install()
    QueueDepths().install()
