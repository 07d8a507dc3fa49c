"""The emulator's handlers of requests about rules and their targets."""

RULE_OPERATIONS = (
    *("_put_rule", "_delete_rule", "_describe_rule", "_enable_rule", "_disable_rule", "_list_rules"),
    *("_put_targets", "_remove_targets", "_list_targets_by_rule", "_list_rule_names_by_target"),
)
