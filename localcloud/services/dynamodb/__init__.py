"""The behaviour `dynamodb`: atomic operations, AWS's expression grammar, every change in the stream, metrics."""

from localcloud.behaviour import Behaviour, LocalContext, Wrapped

_MODULE = "ministack.services.dynamodb"
_OPERATIONS = (
    *("_put_item", "_update_item", "_delete_item", "_get_item", "_query", "_scan"),
    *("_batch_write_item", "_batch_get_item", "_transact_write_items", "_transact_get_items"),
    *("_execute_statement", "_batch_execute_statement", "_execute_transaction", "_update_table", "_delete_table"),
)


def install(context: LocalContext) -> None:  # noqa: ARG001 - nothing of the process matters here
    """Put our checks around the emulator's operations, and a lock around both."""
    from localcloud.services.dynamodb import change_records, conditions, expressions, isolation, metrics, shortcuts

    shortcuts.install()
    conditions.install()
    change_records.install()
    expressions.install()
    isolation.install(_OPERATIONS)
    metrics.METRICS.install()


BEHAVIOUR = Behaviour(
    name="dynamodb",
    stands_for="DynamoDB: atomic operations, expression grammar, metrics, stream records of expired items and PartiQL",
    documentation="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html",
    wraps=(
        Wrapped(_MODULE, "_lock"),
        Wrapped(_MODULE, "_emit_stream_event", ("table_name", "event_name", "old_item", "new_item", "replicate")),
        Wrapped(_MODULE, "_normalize_table_name", ("value",)),
        Wrapped(_MODULE, "_remove_item", ("table", "pk_val", "sk_val")),
        Wrapped(_MODULE, "_set_item", ("table", "pk_val", "sk_val", "item")),
        Wrapped(_MODULE, "_stream_records"),
        Wrapped(_MODULE, "_tables"),
        Wrapped(_MODULE, "copy"),
        Wrapped(_MODULE, "time"),
        Wrapped(_MODULE, "_tokenize", ("expr",)),
        Wrapped(_MODULE, "_evaluate_condition", ("expr", "item", "attr_values", "attr_names", "slot")),
        Wrapped(_MODULE, "_compare_ddb", ("left", "op", "right")),
        Wrapped(_MODULE, "_number_size_bytes", ("text",)),
        Wrapped(_MODULE, "_number_error", ("text",)),
        Wrapped(_MODULE, "_ddb_canonicalize_number", ("s",)),
        Wrapped(_MODULE, "_attribute_value_size", ("value",)),
        Wrapped(_MODULE, "_item_size_bytes", ("item",)),
        Wrapped(_MODULE, "_check_redundant_parens", ("tokens", "slot")),
        Wrapped(_MODULE, "_check_reserved_keyword_usage", ("tokens",)),
        Wrapped(_MODULE, "_condition_syntax_error", ("expr", "slot")),
        Wrapped(_MODULE, "_parse_projection_path", ("path", "attr_names")),
        Wrapped(_MODULE, "_project_item", ("item", "proj_expr", "attr_names")),
        Wrapped(_MODULE, "_ttl_reaper", ()),
        Wrapped(_MODULE, "_ttl_settings"),
        *(Wrapped(_MODULE, name, ("data",)) for name in _OPERATIONS),
        Wrapped(
            _MODULE,
            "_add_consumed_capacity",
            ("result", "data", "table_name", "write", "old_item", "new_item", "index_name"),
        ),
        Wrapped(_MODULE, "_accumulate_write_capacity", ("cap", "table", "old_item", "new_item")),
        Wrapped("ministack.core.responses", "request_scope", ("account_id", "region")),
        Wrapped(
            "ministack.services.cloudwatch",
            "_store_datum",
            ("namespace", "name", "dims", "ts", "unit", "value", "values", "counts", "stat_values"),
        ),
    ),
    install=install,
)
