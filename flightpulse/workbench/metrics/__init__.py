"""CloudWatch: metrics and where they come from, the dashboard, the alarms."""
