"""The variables a function sees."""

from pathlib import Path

from localcloud.services.lambda_functions.environment import Place, log_group, new_log_stream, variables

PLACE = Place(
    task_root="/task",
    runtime_dir=Path("/runtime"),
    layer_paths=("/layer/one", "/layer/two"),
    temporary=Path("/temporary"),
    runtime_api="127.0.0.1:9000",
    region="us-east-1",
    credentials={"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": ""},
    log_stream="stream",
    xray_daemon="127.0.0.1:2000",
)
CONFIG = {"FunctionName": "F", "Handler": "index.handler", "Runtime": "python3.12", "MemorySize": 256}
ENDPOINTS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:2"}


def seen(config: dict | None = None, own: dict[str, str] | None = None) -> dict[str, str]:
    return variables({**CONFIG, **(config or {})}, PLACE, own or {}, ENDPOINTS)


def test_the_endpoints_are_those_of_the_local_cloud():
    assert seen()["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert seen()["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "http://127.0.0.1:2"


def test_without_a_model_there_is_no_endpoint_for_it():
    without = variables(CONFIG, PLACE, {}, {**ENDPOINTS, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": ""})

    assert "AWS_ENDPOINT_URL_BEDROCK_RUNTIME" not in without


def test_a_functions_own_variables_win():
    assert seen(own={"AWS_ENDPOINT_URL": "http://elsewhere", "TABLE": "t"})["AWS_ENDPOINT_URL"] == "http://elsewhere"


def test_credentials_without_a_value_are_left_out():
    assert seen()["AWS_ACCESS_KEY_ID"] == "a"
    assert "AWS_SESSION_TOKEN" not in seen()


def test_the_format_of_logs_is_told_only_for_json():
    assert "AWS_LAMBDA_LOG_FORMAT" not in seen()
    told = seen({"LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"}})
    assert (told["AWS_LAMBDA_LOG_FORMAT"], told["AWS_LAMBDA_LOG_LEVEL"]) == ("JSON", "DEBUG")


def test_layers_are_passed_in_order():
    assert seen()["_LAYER_PATHS"] == "/layer/one:/layer/two"


def test_the_log_group_is_the_configured_one_or_named_after_the_function():
    assert log_group(CONFIG) == "/aws/lambda/F"
    assert log_group({**CONFIG, "LoggingConfig": {"LogGroup": "/mine"}}) == "/mine"


def test_log_streams_are_named_by_day_and_version_and_never_twice():
    first, second = new_log_stream("3"), new_log_stream("3")

    assert first != second
    assert "/[3]" in first
    assert len(first.split("/")) == 4
