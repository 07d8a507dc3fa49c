"""The behaviour `step_functions`: executions run on our own interpreter, with the history AWS would show.

The emulator keeps the state machines, the records of executions and the API around them. What runs between
StartExecution and the end of an execution is ours: history with its chain inside Map and Parallel, execution logs,
retries, limits, time-outs, nested executions, and redrive.
"""

import functools

from localcloud.behaviours import LocalContext


def install(context: LocalContext) -> None:
    """Take executions over from the emulator."""
    from jsonata.functions import Functions
    from ministack.services import stepfunctions as emulator

    from localcloud.services.step_functions import api, expressions
    from localcloud.services.step_functions.execution_logs import ExecutionLogs
    from localcloud.services.step_functions.executions import LocalExecutions

    Functions._string = staticmethod(expressions.text_of)
    Functions.number = staticmethod(expressions.number_of)
    # It is asked for every member of every item that a table is sent and answers with.
    emulator._api_name_to_sfn_key = functools.cache(emulator._api_name_to_sfn_key)
    api.replace_handlers(LocalExecutions(ExecutionLogs(), context.back_off_scale))
