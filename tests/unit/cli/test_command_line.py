"""What every verb has in common: help, errors on one line, exit codes."""

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ProfileNotFound
from click.testing import CliRunner

from flightpulse.cli import options, verbs
from flightpulse.cli.group import cli
from flightpulse.cli.verbs import VERBS
from flightpulse.errors import UserError


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLIGHTPULSE_HOME", str(tmp_path))


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], tuple[int, str]]:
    """Runs a verb that raises, and returns its exit code and what it said on stderr."""

    def run(error: BaseException) -> tuple[int, str]:
        @click.command()
        def verb() -> None:
            raise error

        monkeypatch.setattr(verbs, "load", lambda name: verb)
        result = CliRunner().invoke(cli, ["status"])
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        return result.exit_code, result.stderr

    return run


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help(name: str):
    result = CliRunner().invoke(cli, [name, "--help"])

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: cli {name}")


def test_the_help_of_all_verbs_imports_none_of_them():
    code = "import sys; from flightpulse.cli.group import cli\ntry: cli(['--help'])\nexcept SystemExit: pass\n"
    heavy = "print([m for m in ('boto3', 'rich', 'confluent_kafka', 'aws_cdk', 'ministack') if m in sys.modules])"

    ran = subprocess.run([sys.executable, "-c", code + heavy], capture_output=True, text=True, check=True)

    assert "demo" in ran.stdout
    assert ran.stdout.strip().endswith("[]")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fly"], "No such command 'fly'"),
        (["seed", "--day", "soon"], "Invalid value for '--day'"),
        (["seed", "--target", "azure"], "'azure' is not one of 'local', 'aws'"),
        (["executions", "--status", "DONE"], "Invalid value for '--status'"),
        (["logs", "--since", "yesterday"], "neither like 15m or 2h nor an ISO 8601 time"),
        (["deploy", "-c", "network"], "'network' is not key=value"),
        (["api"], "Missing argument 'PATH'"),
        (["up", "--port", "99999"], "99999 is not in the range"),
        (["redrive", "letters"], "'letters' is not one of"),
    ],
)
def test_a_wrong_word_gets_one_line_and_exit_code_2(words: list[str], said: str):
    result = CliRunner().invoke(cli, words)

    assert result.exit_code == 2
    assert said in result.stderr
    assert "--help" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["status"], ["seed"], ["scenario", "1"], ["inbox"], ["show"], ["redrive", "--list"]])
def test_without_a_local_cloud_one_line_says_how_to_start_it(words: list[str]):
    result = CliRunner().invoke(cli, words)

    assert result.exit_code == 1
    assert result.stderr == "✗ The local cloud is not running. Start it with: flightpulse up\n"


def test_an_error_of_the_user_is_one_line_with_its_exit_code(raising: Callable[[BaseException], tuple[int, str]]):
    assert raising(UserError("No broker.", hint="Start one.", exit_code=4)) == (4, "✗ No broker. Start one.\n")


def test_a_full_disk_is_named_with_the_file_that_has_no_room(raising: Callable[[BaseException], tuple[int, str]]):
    full = OSError(errno.ENOSPC, "No space left on device", "run.html")

    assert raising(full) == (1, "✗ No space left on the disk for run.html. Make room, then try again.\n")


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_is_one_line_and_exit_code_130(
    raising: Callable[[BaseException], tuple[int, str]], stop: BaseException
):
    code, line = raising(stop)

    # On a terminal the line begins after the ^C.
    assert (code, line.lstrip()) == (130, "✗ Stopped.\n")


def aws(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as AWS says it."}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (aws("ExpiredToken"), "The AWS credentials have expired. Sign in again"),
        (aws("InvalidClientTokenId"), "AWS does not accept these credentials."),
        (aws("AccessDenied"), "AWS does not allow DescribeStacks: as AWS says it."),
        (aws("Throttling"), "AWS is throttling DescribeStacks."),
        (NoCredentialsError(), "No AWS credentials were found."),
        (ProfileNotFound(profile="work"), "The config profile (work) could not be found."),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/"), "Nothing answers at http://127.0.0.1:4566."),
        (EndpointConnectionError(endpoint_url="https://sqs.us-east-1.amazonaws.com/"), "cannot be reached"),
    ],
)
def test_what_aws_says_is_told_with_a_way_out(
    raising: Callable[[BaseException], tuple[int, str]], error: BaseException, said: str
):
    code, line = raising(error)

    assert code == 1
    assert said in line
    assert line.count("\n") == 1


def test_what_nobody_expected_is_one_line_and_the_place_of_the_details(
    raising: Callable[[BaseException], tuple[int, str]], tmp_path: Path
):
    code, line = raising(RuntimeError("a bolt\nis loose"))

    (details,) = (tmp_path / "logs").glob("error-*.log")
    assert code == 70
    assert line == f"✗ Unexpected RuntimeError: a bolt is loose. The details are in {details}.\n"
    assert "Traceback" in details.read_text()


def test_a_moment_may_be_told_as_how_long_ago():
    convert = options.Moment().convert

    assert (convert("2h", None, None) - convert("1h", None, None)).total_seconds() == pytest.approx(-3600, abs=1)
    assert convert("2026-11-23T12:00:00+00:00", None, None).isoformat() == "2026-11-23T12:00:00+00:00"
    assert convert("2026-11-23T12:00:00", None, None).tzinfo is not None


def test_a_listing_for_programs_is_json_alone():
    result = CliRunner().invoke(cli, ["scenario", "--list", "--json"])

    assert result.exit_code == 0
    assert result.stdout.lstrip().startswith("[")
