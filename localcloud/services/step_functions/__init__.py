"""The behaviour `step_functions`: executions run on our own interpreter, with the history AWS would show.

The emulator keeps the state machines, the records of executions and the API around them. What runs between
StartExecution and the end of an execution is ours: history with its chain inside Map and Parallel, execution logs,
retries, limits, time-outs, nested executions, and redrive.
"""

from localcloud.behaviour import Behaviour, LocalContext, Wrapped

_MODULE = "ministack.services.stepfunctions"
_HANDLERS = (
    "_start_execution",
    "_start_sync_execution",
    "_stop_execution",
    "_describe_execution",
    "_list_executions",
    "_get_execution_history",
    "_create_state_machine",
    "_update_state_machine",
    "_delete_state_machine",
    "_describe_state_machine",
    "_describe_state_machine_for_execution",
    "_list_state_machines",
    "_publish_state_machine_version",
    "_delete_state_machine_version",
    "_list_state_machine_versions",
    "_create_state_machine_alias",
    "_update_state_machine_alias",
    "_list_state_machine_aliases",
    "_tag_resource",
    "_create_activity",
    "_describe_activity",
    "_delete_activity",
    "_list_activities",
    "_get_activity_task",
    "_send_task_success",
    "_send_task_failure",
    "_send_task_heartbeat",
)


def install(context: LocalContext) -> None:
    """Take executions over from the emulator."""
    from jsonata.functions import Functions

    from localcloud.services.step_functions import api, expressions
    from localcloud.services.step_functions.execution_logs import ExecutionLogs
    from localcloud.services.step_functions.executions import LocalExecutions

    Functions._string = staticmethod(expressions.text_of)
    Functions.number = staticmethod(expressions.number_of)
    api.replace_handlers(LocalExecutions(ExecutionLogs(), context.back_off_scale))


BEHAVIOUR = Behaviour(
    name="step_functions",
    stands_for="Step Functions: the Amazon States Language, execution history and logs, limits, time-outs and redrive",
    documentation="https://docs.aws.amazon.com/step-functions/latest/dg/welcome.html",
    wraps=(
        *(Wrapped(_MODULE, name, ("data",)) for name in _HANDLERS),
        Wrapped(_MODULE, "handle_request", ("method", "path", "headers", "body", "query_params")),
        Wrapped(_MODULE, "reset", ()),
        Wrapped(_MODULE, "_executions"),
        Wrapped(_MODULE, "_state_machines"),
        Wrapped(_MODULE, "_state_machine_versions"),
        Wrapped(_MODULE, "_state_machine_aliases"),
        Wrapped(_MODULE, "_activities"),
        Wrapped(_MODULE, "_activity_tasks"),
        Wrapped(_MODULE, "_AWS_SDK_SERVICE_MAP"),
        Wrapped("ministack.app", "SERVICE_HANDLERS"),
        Wrapped(
            "ministack.app",
            "call_service_handler_sync",
            ("handler", "method", "path", "headers", "body", "query_params", "timeout"),
        ),
        Wrapped(_MODULE, "_task_tokens"),
        Wrapped(_MODULE, "_SFN_WAIT_SCALE"),
        Wrapped(_MODULE, "_ExecutionError"),
        Wrapped(_MODULE, "_default_encryption", ()),
        Wrapped(_MODULE, "_execution_version_arn", ("arn",)),
        Wrapped(_MODULE, "_resolve_state_machine_arn", ("arn",)),
        Wrapped(_MODULE, "_finalize_response", ("response",)),
        Wrapped(_MODULE, "_invoke_resource", ("resource", "input_data")),
        Wrapped(_MODULE, "_evaluate_rule", ("rule", "data", "ctx")),
        Wrapped(_MODULE, "_evaluate_intrinsic", ("expression", "data", "ctx")),
        Wrapped(_MODULE, "_parse_jsonpath_tokens", ("path",)),
        Wrapped(_MODULE, "_apply_result_path_raw", ("result_path", "original", "result")),
        Wrapped("ministack.services.lambda_svc", "_get_func_record_for_ref", ("function_ref",)),
        Wrapped("ministack.services.lambda_svc", "_execution_record_for_config", ("func", "config")),
        Wrapped("ministack.services.lambda_svc", "_execute_function_with_config_scope", ("func", "event")),
        Wrapped("ministack.services.dynamodb", "_get_item"),
        Wrapped("ministack.services.dynamodb", "_put_item"),
        Wrapped("ministack.services.dynamodb", "_update_item"),
        Wrapped("ministack.services.dynamodb", "_delete_item"),
        Wrapped("ministack.services.sqs", "_act_send_message", ("data", "qurl")),
        Wrapped("ministack.services.sqs", "_Err"),
        Wrapped("ministack.services.sns", "_publish", ("params",)),
        Wrapped("ministack.services.eventbridge", "_put_events", ("data", "allow_aws_source")),
        Wrapped(
            "ministack.services.cloudwatch",
            "record_metric",
            ("namespace", "metric_name", "value", "unit", "dimensions"),
        ),
        Wrapped("ministack.services.cloudwatch_logs", "_log_groups"),
        Wrapped("ministack.services.cloudwatch_logs", "_create_log_stream", ("data",)),
        Wrapped("ministack.services.cloudwatch_logs", "_put_log_events", ("data",)),
        Wrapped("ministack.core.responses", "request_scope", ("account_id", "region")),
        Wrapped("ministack.core.responses", "get_account_id", ()),
        Wrapped("ministack.core.responses", "get_region", ()),
        Wrapped("jsonata.functions", "Functions._string", ("arg", "prettify")),
        Wrapped("jsonata.functions", "Functions.number", ("arg",)),
        Wrapped("jsonata.jsonata", "Jsonata.CURRENT"),
    ),
    install=install,
)
