"""What a function loads before its first event is what a cold start costs, and what its environment must tell it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FUNCTIONS = ("kafka_consumer", "llm_messenger", "stream_handler", "api")
UNWANTED = {
    "aws_xray_sdk",
    "pydantic",
    "aws_lambda_powertools.utilities.parameters",
    "boto3.dynamodb.types",
    "aws_cdk",
    "ministack",
    "confluent_kafka",
    "rich",
    "click",
    "flightpulse.paths",
    "flightpulse.errors",
}
ENVIRONMENT = {
    "TABLE_NAME": "FlightPulseTable",
    "EVENT_BUS_NAME": "flightpulse-bus",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/flightpulse-dead-letters-records",
    "NOTIFY_FROM_PARAMETER": "/flightpulse/notify-from-minutes",
    "MODEL_ID_PARAMETER": "/flightpulse/bedrock/model-id",
    "REVIEW_MODEL_ID_PARAMETER": "/flightpulse/bedrock/model-id-review",
    "TEMPLATE_REVIEW": "model",
    "CONTACT_LINE": "Call 800-555-0199.",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python of its own that sees only the given variables."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_nothing_heavy(function: str) -> None:
    ran = run(f"import sys, flightpulse.functions.{function}; print(*sys.modules)")
    assert ran.returncode == 0, ran.stderr
    loaded = set(ran.stdout.split())
    assert f"flightpulse.functions.{function}" in loaded
    assert loaded & UNWANTED == set()


@pytest.mark.parametrize("function", [function for function in FUNCTIONS if function != "api"])
def test_a_function_without_routes_does_not_load_the_rest_resolver(function: str) -> None:
    ran = run(
        f"import sys, flightpulse.functions.{function}; print('aws_lambda_powertools.event_handler' in sys.modules)"
    )
    assert ran.stdout.strip() == "False", ran.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_in_lambda_with_its_documented_variables(function: str) -> None:
    ran = run(f"import flightpulse.functions.{function}", AWS_LAMBDA_FUNCTION_NAME="FlightPulse-Test", **ENVIRONMENT)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("function", "variable"),
    [
        ("kafka_consumer", "DEAD_LETTER_QUEUE_URL"),
        ("kafka_consumer", "NOTIFY_FROM_PARAMETER"),
        ("llm_messenger", "MODEL_ID_PARAMETER"),
        ("stream_handler", "EVENT_BUS_NAME"),
        ("api", "TABLE_NAME"),
    ],
)
def test_a_missing_variable_fails_the_start_and_is_named(function: str, variable: str) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != variable}
    ran = run(f"import flightpulse.functions.{function}", AWS_LAMBDA_FUNCTION_NAME="FlightPulse-Test", **environment)
    assert ran.returncode != 0
    assert f"needs the environment variable {variable}" in ran.stderr
