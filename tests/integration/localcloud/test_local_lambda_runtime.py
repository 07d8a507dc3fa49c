"""Functions run as on AWS: isolated, on its runtime client, with its errors and logs."""

import base64
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from tests.integration.emulator import Emulator
from tests.integration.localcloud import machines
from tests.integration.localcloud.functions import archive, deploy, invoke
from tests.waiting import until

RAISES = """
    class TooBusyError(Exception):
        pass

    def handler(event, context):
        raise TooBusyError("come back later")
"""
COUNTS = """
    calls = 0

    def handler(event, context):
        global calls
        calls += 1
        if event == "raise":
            raise ValueError("once")
        return calls
"""


@pytest.fixture
def cloud(functions_cloud: Emulator) -> Emulator:
    return functions_cloud


def messages(emulator: Emulator, group: str) -> list[str]:
    events = emulator.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]


def test_an_exception_arrives_with_the_name_of_its_class(cloud: Emulator):
    deploy(cloud, "raises", RAISES)

    answer = invoke(cloud, "raises")

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "TooBusyError"
    assert answer.payload["errorMessage"] == "come back later"


def test_an_exception_arrives_with_its_stack_trace(cloud: Emulator):
    deploy(cloud, "traces", RAISES)

    answer = invoke(cloud, "traces")

    assert 'raise TooBusyError("come back later")' in answer.payload["stackTrace"][-1]


def test_plain_emulator_still_hides_the_class_of_an_exception(plain_emulator: Emulator):
    deploy(plain_emulator, "raises", RAISES)

    assert invoke(plain_emulator, "raises").payload["errorType"] == "Runtime.HandlerError"


@pytest.mark.parametrize("package", ["numpy", "ministack", "flightpulse", "aws_lambda_powertools", "fastjsonschema"])
def test_a_package_that_is_not_in_the_zip_cannot_be_imported(cloud: Emulator, package: str):
    deploy(cloud, f"imports-{package}", f"import {package}\n\ndef handler(event, context):\n    return 'imported'\n")

    answer = invoke(cloud, f"imports-{package}")

    assert answer.payload["errorType"] == "Runtime.ImportModuleError"
    assert answer.payload["errorMessage"] == f"Unable to import module 'index': No module named '{package}'"


def test_a_package_in_the_zip_is_imported(cloud: Emulator):
    source = "import helper\n\ndef handler(event, context):\n    return helper.NAME\n"
    deploy(cloud, "imports-own", source, files={"helper.py": "NAME = 'own helper'"})

    assert invoke(cloud, "imports-own").payload == "own helper"


def test_boto3_is_provided_and_speaks_to_the_local_cloud(cloud: Emulator):
    source = """
        import boto3

        def handler(event, context):
            return boto3.client("sts").get_caller_identity()["Account"]
    """
    deploy(cloud, "uses-boto3", source)

    assert invoke(cloud, "uses-boto3").payload == "000000000000"


def test_plain_emulator_still_lends_its_own_packages_to_functions(plain_emulator: Emulator):
    deploy(plain_emulator, "imports", "import hypercorn\n\ndef handler(event, context):\n    return 'imported'\n")

    assert invoke(plain_emulator, "imports").payload == "imported"


def test_a_function_sees_the_variables_of_lambda_and_its_own_and_no_others(cloud: Emulator):
    source = "import os\n\ndef handler(event, context):\n    return dict(os.environ)\n"
    deploy(cloud, "environment", source, Environment={"Variables": {"TABLE_NAME": "T"}}, MemorySize=256)

    seen = invoke(cloud, "environment").payload

    by_python_and_shell = {"LC_CTYPE", "PWD", "SHLVL", "_", "__CF_USER_TEXT_ENCODING", "OLDPWD"}
    assert set(seen) - by_python_and_shell == {
        *("PATH", "LANG", "TZ", "HOME", "TMPDIR", "PYTHONPATH", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "_HANDLER"),
        *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_LAMBDA_RUNTIME_API", "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS"),
        *({"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"} & set(seen)),
        "TABLE_NAME",
    }
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_ENDPOINT_URL"] == cloud.endpoint_url


def test_a_function_keeps_its_process_after_an_exception(cloud: Emulator):
    deploy(cloud, "survives", COUNTS)
    invoke(cloud, "survives")

    assert invoke(cloud, "survives", "raise").error == "Unhandled"
    assert invoke(cloud, "survives").payload == 3


def test_a_changed_configuration_starts_new_processes(cloud: Emulator):
    deploy(cloud, "changes", COUNTS)
    invoke(cloud, "changes")

    client = cloud.client("lambda")
    client.update_function_configuration(FunctionName="changes", Environment={"Variables": {"NEW": "1"}})

    assert invoke(cloud, "changes").payload == 1


@pytest.mark.parametrize(
    ("way_out", "message"), [("sys.exit(3)", "exit status 3"), ("os.kill(os.getpid(), 9)", "signal: 9")]
)
def test_a_process_that_ends_is_an_exit_error(cloud: Emulator, way_out: str, message: str):
    name = f"ends-{len(message)}"
    deploy(cloud, name, f"import os, sys\n\ndef handler(event, context):\n    {way_out}\n")

    answer = invoke(cloud, name)

    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert answer.payload["errorMessage"].endswith(f"Error: Runtime exited with error: {message}")


def test_a_process_that_ends_while_it_is_loaded_is_an_exit_error(cloud: Emulator):
    deploy(cloud, "ends-early", "import os\nos._exit(4)\n")

    answer = invoke(cloud, "ends-early")

    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert "exit status 4" in answer.payload["errorMessage"]


@pytest.mark.parametrize(
    ("source", "error_type"),
    [
        ("def handler(event, context)\n    return 1\n", "Runtime.UserCodeSyntaxError"),
        ("def other(event, context):\n    return 1\n", "Runtime.HandlerNotFound"),
        ("def handler(event, context):\n    return {1, 2}\n", "Runtime.MarshalError"),
        ("raise LookupError('no settings')\n", "LookupError"),
    ],
)
def test_what_is_wrong_with_the_code_is_named_as_on_aws(cloud: Emulator, source: str, error_type: str):
    name = f"wrong-{error_type.rsplit('.')[-1]}"
    deploy(cloud, name, source)

    assert invoke(cloud, name).payload["errorType"] == error_type


def test_a_function_that_takes_too_long_is_ended_and_starts_anew(cloud: Emulator):
    source = """
        import time
        calls = 0

        def handler(event, context):
            global calls
            calls += 1
            if event == "sleep":
                time.sleep(60)
            return calls
    """
    deploy(cloud, "slow", source, Timeout=1)
    invoke(cloud, "slow")

    answer = invoke(cloud, "slow", "sleep")

    assert answer.payload["errorType"] == "Sandbox.Timedout"
    assert answer.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert invoke(cloud, "slow").payload == 1


def test_a_function_may_read_its_standard_input(cloud: Emulator):
    deploy(cloud, "reads", "import sys\n\ndef handler(event, context):\n    return sys.stdin.read()\n")

    assert invoke(cloud, "reads").payload == ""


def test_a_state_machine_catches_an_exception_by_the_name_of_its_class(cloud: Emulator):
    arn = deploy(cloud, "busy", RAISES)
    caught = {"ErrorEquals": ["TooBusyError"], "Next": "Caught"}
    call = {"Type": "Task", "Resource": arn, "Catch": [caught], "Next": "Missed"}
    states = {"Call": call, "Caught": {"Type": "Succeed"}, "Missed": {"Type": "Fail"}}

    assert machines.run(cloud, "catches", states, "Call").status == "SUCCEEDED"


def test_the_log_has_the_lines_of_lambda_around_those_of_the_function(cloud: Emulator):
    source = """
        print("loading")

        def handler(event, context):
            print("first line")
            print("second line")
    """
    deploy(cloud, "logs", source)
    invoke(cloud, "logs")

    seen = messages(cloud, "/aws/lambda/logs")

    assert [line.split(" ")[0] for line in seen] == [
        "INIT_START",
        "loading",
        "START",
        "first",
        "second",
        "END",
        "REPORT",
    ]
    assert "Init Duration:" in seen[-1]


def test_the_log_stream_is_the_one_the_function_is_told(cloud: Emulator):
    deploy(cloud, "streams", "def handler(event, context):\n    return context.log_stream_name\n")

    told = {invoke(cloud, "streams").payload for _ in range(3)}

    streams = cloud.client("logs").describe_log_streams(logGroupName="/aws/lambda/streams")["logStreams"]
    assert {stream["logStreamName"] for stream in streams} == told


def test_logging_in_json_is_written_as_json(cloud: Emulator):
    source = """
        import logging

        def handler(event, context):
            logging.getLogger().info("in JSON", extra={"flight": "SW1234"})
    """
    deploy(cloud, "json-logs", source, LoggingConfig={"LogFormat": "JSON"})
    invoke(cloud, "json-logs")

    records = [json.loads(message) for message in messages(cloud, "/aws/lambda/json-logs")]

    assert [record.get("type") for record in records] == [
        "platform.initStart",
        "platform.start",
        None,
        "platform.report",
    ]
    assert records[2]["message"] == "in JSON"
    assert records[2]["level"] == "INFO"
    assert records[3]["record"]["status"] == "success"


def test_plain_emulator_still_loses_what_a_function_logs(plain_emulator: Emulator):
    source = "import logging\n\ndef handler(event, context):\n    logging.getLogger().info('lost')\n"
    deploy(plain_emulator, "json-logs", source, LoggingConfig={"LogFormat": "JSON"})
    invoke(plain_emulator, "json-logs")

    assert not any("lost" in message for message in messages(plain_emulator, "/aws/lambda/json-logs"))


def test_an_exception_is_one_event_of_the_log(cloud: Emulator):
    deploy(cloud, "logs-error", RAISES)
    invoke(cloud, "logs-error")

    errors = [message for message in messages(cloud, "/aws/lambda/logs-error") if message.startswith("[ERROR]")]

    assert len(errors) == 1
    assert errors[0].splitlines()[0] == "[ERROR] TooBusyError: come back later"
    assert "Traceback" in errors[0]


def test_the_tail_of_the_log_comes_with_the_answer(cloud: Emulator):
    deploy(cloud, "tail", "def handler(event, context):\n    print('written')\n")

    answer = cloud.client("lambda").invoke(FunctionName="tail", LogType="Tail")

    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert "written" in lines
    assert lines[-1].startswith("REPORT RequestId:")


def test_every_line_belongs_to_its_own_invocation(cloud: Emulator):
    source = """
        def handler(event, context):
            for number in range(500):
                print(f"{event}-{number}")
    """
    deploy(cloud, "chatty", source)

    for call in range(5):
        answer = cloud.client("lambda").invoke(FunctionName="chatty", Payload=str(call), LogType="Tail")
        tail = base64.b64decode(answer["LogResult"]).decode()
        assert f"{call}-499" in tail

    seen = [message for message in messages(cloud, "/aws/lambda/chatty") if message[0].isdigit()]
    assert seen == [f"{call}-{number}" for call in range(5) for number in range(500)]


def test_a_layer_is_found_and_comes_after_the_function_itself(cloud: Emulator):
    files = {"python/shared.py": "NAME = 'layer'", "python/index.py": "raise RuntimeError('the wrong module')"}
    version = cloud.client("lambda").publish_layer_version(LayerName="shared", Content={"ZipFile": archive(files)})
    source = "import shared\n\ndef handler(event, context):\n    return shared.NAME\n"
    deploy(cloud, "layered", source, Layers=[version["LayerVersionArn"]])

    assert invoke(cloud, "layered").payload == "layer"


def test_a_function_is_retried_when_an_asynchronous_call_fails(cloud: Emulator):
    source = """
        from pathlib import Path
        import tempfile

        def handler(event, context):
            with Path(event).open("a") as file:
                file.write("x")
            raise RuntimeError("again")
    """
    deploy(cloud, "retried", source)
    witness = cloud.home / "witness"

    cloud.client("lambda").invoke(FunctionName="retried", InvocationType="Event", Payload=json.dumps(str(witness)))

    until(lambda: witness.exists() and witness.read_text() == "xxx", "the third attempt")


def test_calls_at_the_same_time_run_in_processes_of_their_own_up_to_the_cap(cloud: Emulator):
    source = """
        import os, time

        def handler(event, context):
            time.sleep(0.3)
            return os.getpid()
    """
    deploy(cloud, "parallel", source)
    with ThreadPoolExecutor(24) as pool:
        processes = {answer.payload for answer in pool.map(lambda _: invoke(cloud, "parallel"), range(24))}

    places = 4 * (os.cpu_count() or 2)
    assert 2 <= len(processes) <= places


def test_a_function_may_invoke_itself(cloud: Emulator):
    source = """
        import boto3, json

        def handler(event, context):
            if event == 0:
                return ["bottom"]
            answer = boto3.client("lambda").invoke(FunctionName="recursive", Payload=json.dumps(event - 1))
            return [event, *json.load(answer["Payload"])]
    """
    deploy(cloud, "recursive", source)

    assert invoke(cloud, "recursive", 2).payload == [2, 1, "bottom"]


def test_a_warm_call_waits_for_nothing(cloud: Emulator):
    deploy(cloud, "quick", "def handler(event, context):\n    return event\n")
    times = [time.monotonic()]
    for _ in range(21):
        invoke(cloud, "quick")
        times.append(time.monotonic())

    # Of many calls on a busy machine the quickest tells whether each has a pause of its own.
    assert min(after - before for before, after in pairwise(times)) < 0.05


@pytest.fixture(scope="module")
def plain_client_cloud() -> Iterator[Emulator]:
    """Functions on the Runtime API client in plain Python, as where there is no compiled one."""
    variables = {"FLIGHTPULSE_PLAIN_RUNTIME_CLIENT": "1"}
    with Emulator(behaviours=("lambda_runtime",), env=variables) as emulator:
        yield emulator


def test_without_the_compiled_client_functions_answer_fail_and_keep_their_process(plain_client_cloud: Emulator):
    source = COUNTS.replace(
        "calls += 1", "import runtime_client; assert runtime_client.__file__.endswith('.py'); calls += 1"
    )
    deploy(plain_client_cloud, "counts", source)

    assert invoke(plain_client_cloud, "counts").payload == 1
    assert invoke(plain_client_cloud, "counts", "raise").payload["errorType"] == "ValueError"
    assert invoke(plain_client_cloud, "counts").payload == 3


def test_without_the_compiled_client_long_and_foreign_texts_arrive(plain_client_cloud: Emulator):
    deploy(plain_client_cloud, "echoes", "def handler(event, context):\n    return [context.aws_request_id, event]\n")
    event = {"text": "Zürich ✈ " * 50_000}

    request_id, echoed = invoke(plain_client_cloud, "echoes", event).payload

    assert echoed == event
    assert len(request_id) == 36


def test_without_the_compiled_client_an_error_with_line_breaks_arrives(plain_client_cloud: Emulator):
    deploy(plain_client_cloud, "breaks", "def handler(event, context):\n    raise ValueError('a\\r\\nb ü')\n")

    assert invoke(plain_client_cloud, "breaks").payload["errorMessage"] == "a\r\nb ü"
