"""Metrics as they are stored."""

from flightpulse.workbench.metrics import metrics
from flightpulse.workbench.metrics.metrics import Metric


def test_a_metric_stored_under_two_sets_of_dimensions_is_counted_once():
    stored = [
        Metric("NotificationsSent", {"service": "messenger"}, 5),
        Metric("NotificationsSent", {"service": "messenger", "severity": "MINOR"}, 3),
        Metric("NotificationsSent", {"service": "messenger", "severity": "MAJOR"}, 2),
        Metric("WorkflowExecutions", {"workflow": "delay"}, 2),
        Metric("WorkflowExecutions", {"workflow": "cancellation"}, 1),
    ]

    assert metrics.by_name(stored) == {"NotificationsSent": 5, "WorkflowExecutions": 3}
