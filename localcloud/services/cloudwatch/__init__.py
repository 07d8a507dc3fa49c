"""The behaviour `cloudwatch`: log events become metrics, filter patterns are read, alarms follow their metrics.

Embedded metrics and metric filters give metrics, queues report how much waits in them; metrics are read by exactly
their dimensions; alarms honour dimensions, expressions, periods, M out of N and missing data, and go back to OK as time
passes; GetMetricData knows metric math.
"""

from localcloud.behaviour import Behaviour, LocalContext, Wrapped

_METRICS = "ministack.services.cloudwatch"
_LOGS = "ministack.services.cloudwatch_logs"


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


BEHAVIOUR = Behaviour(
    name="cloudwatch",
    stands_for="CloudWatch: embedded metrics, metric filters, filter patterns, depths of queues, alarms, metric math",
    documentation="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    wraps=(
        Wrapped(_METRICS, "_metrics"),
        Wrapped(_METRICS, "_alarms"),
        Wrapped(_METRICS, "TWO_WEEKS_SECONDS"),
        Wrapped(_METRICS, "record_metric", ("namespace", "metric_name", "value", "unit", "dimensions")),
        Wrapped(_METRICS, "_metric_bucket", ("key",)),
        Wrapped(_METRICS, "_evict_old_metrics", ()),
        Wrapped(_METRICS, "_dims_from_list", ("dimensions",)),
        Wrapped(_METRICS, "_dims_key", ("dims",)),
        Wrapped(
            _METRICS,
            "_store_datum",
            ("namespace", "name", "dims", "ts", "unit", "value", "values", "counts", "stat_values"),
        ),
        Wrapped(_METRICS, "_put_metric_alarm", ("params", "cbor_data", "is_cbor", "is_json")),
        Wrapped(_METRICS, "_evaluate_alarm", ("alarm",)),
        Wrapped(_METRICS, "_evaluate_all_alarms", ()),
        Wrapped(_METRICS, "_evaluate_parent_alarms", ("child", "seen")),
        Wrapped(_METRICS, "_point_stats", ("pt",)),
        Wrapped(_METRICS, "_is_percentile_stat", ("stat_name",)),
        Wrapped(_METRICS, "_stat_value", ("stats", "stat_name", "points")),
        Wrapped(
            _METRICS, "_record_history", ("alarm_name", "old_state", "new_state", "reason", "alarm_type", "reason_data")
        ),
        Wrapped(_METRICS, "_dispatch_alarm_actions", ("alarm", "old_state", "new_state", "reason")),
        Wrapped(_METRICS, "_get_metric_data", ("params", "cbor_data", "is_cbor", "is_json")),
        Wrapped(_METRICS, "_cbor_metric_data_result", ("result",)),
        Wrapped(_METRICS, "_cbor_ok", ("data",)),
        Wrapped(_METRICS, "_json_ok", ("data",)),
        Wrapped(_METRICS, "_ts_iso", ("epoch",)),
        Wrapped(_LOGS, "_append_log_events", ("stream", "events")),
        Wrapped(_LOGS, "_format_insights_timestamp", ("timestamp_ms",)),
        Wrapped(_LOGS, "_log_events_lock"),
        Wrapped(_LOGS, "_log_groups"),
        Wrapped(_LOGS, "_log_records._data"),
        Wrapped(_LOGS, "_put_log_events", ("data",)),
        Wrapped("ministack.services.cloudformation.provisioners", "_cw_metric_alarm_record", ("name", "props")),
        Wrapped("ministack.services.sqs", "_queues"),
        Wrapped(_LOGS, "_metric_filters"),
        Wrapped(_LOGS, "_fanout_to_subscription_filters", ("group_name", "stream_name", "events")),
        Wrapped(_LOGS, "_subscription_pattern_matches", ("pattern", "message")),
        Wrapped(_LOGS, "_compile_filter_pattern", ("raw",)),
        Wrapped(_LOGS, "_filter_log_events", ("data",)),
        Wrapped(_LOGS, "_get_log_events", ("data",)),
        Wrapped(_LOGS, "_put_metric_filter", ("data",)),
        Wrapped(_LOGS, "_put_subscription_filter", ("data",)),
    ),
    install=install,
)
