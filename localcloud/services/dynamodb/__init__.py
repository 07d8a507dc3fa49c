"""The behaviour `dynamodb`: atomic operations, AWS's expression grammar, every change in the stream, metrics."""

from localcloud.behaviours import LocalContext

_OPERATIONS = (
    *("_put_item", "_update_item", "_delete_item", "_get_item", "_query", "_scan"),
    *("_batch_write_item", "_batch_get_item", "_transact_write_items", "_transact_get_items"),
    *("_execute_statement", "_batch_execute_statement", "_execute_transaction", "_update_table", "_delete_table"),
)


def install(context: LocalContext) -> None:  # noqa: ARG001 - nothing of the process matters here
    """Put our checks around the emulator's operations, and a lock around both."""
    from localcloud.services.dynamodb import (
        change_records,
        conditions,
        expressions,
        isolation,
        metrics,
        shortcuts,
        transactions,
        updates,
    )

    shortcuts.install()
    conditions.install()
    updates.install()
    transactions.install()
    change_records.install()
    expressions.install()
    isolation.install(_OPERATIONS)
    metrics.METRICS.install()
