"""Calls of services with REST APIs by a client of the SDK whose requests stay in the process."""

import base64
import zlib
from collections.abc import Iterator

import pytest
from ministack.core import responses
from ministack.services import s3

from localcloud.services.step_functions import aws_sdk
from localcloud.services.step_functions.failures import StateFailure


@pytest.fixture(autouse=True)
def bucket() -> Iterator[None]:
    with responses.request_scope("000000000000", "us-east-1"):
        s3.reset()
        aws_sdk.call("s3", "createBucket", {"Bucket": "letters"})
        yield
        s3.reset()


@pytest.mark.parametrize(
    ("body", "kept"), [("a text", '"a text"'), ({"a": [1]}, '{"a":[1]}'), (False, "false"), (0, "0")]
)
def test_the_body_of_an_object_is_written_as_json_and_read_as_text(body: object, kept: str) -> None:
    put = aws_sdk.call(
        "s3", "putObject", {"Bucket": "letters", "Key": "a b/ü", "Body": body, "Metadata": {"who": "Ann"}}
    )

    assert put["ChecksumCRC32"] == base64.b64encode(zlib.crc32(kept.encode()).to_bytes(4)).decode()
    assert (put["ChecksumType"], put["ServerSideEncryption"]) == ("FULL_OBJECT", "AES256")
    told = aws_sdk.call("s3", "getObject", {"Bucket": "letters", "Key": "a b/ü"})

    assert (told["Body"], told["ContentType"]) == (kept, "text/plain; charset=UTF-8")
    assert (told["ContentLength"], told["Metadata"]) == (len(kept), {"who": "Ann"})
    assert told["LastModified"].endswith("Z")
    assert "ResponseMetadata" not in told


@pytest.mark.parametrize(
    ("arguments", "error", "cause"),
    [
        ({"Bucket": "letters", "Key": "none"}, "S3.NoSuchKeyException", "The specified key does not exist."),
        ({"Bucket": "none", "Key": "none"}, "S3.NoSuchBucketException", "The specified bucket does not exist"),
    ],
)
def test_an_error_has_the_name_and_the_status_that_the_sdk_gives_it(
    arguments: dict[str, str], error: str, cause: str
) -> None:
    with pytest.raises(StateFailure) as failure:
        aws_sdk.call("s3", "getObject", arguments)

    assert failure.value.error == error
    assert str(failure.value.cause).startswith(f"{cause} (Service: S3, Status Code: 404, Request ID: ")
    assert ", Extended Request ID: " in str(failure.value.cause)


def test_what_the_service_does_not_have_is_said_in_a_sentence() -> None:
    with pytest.raises(StateFailure, match="The service s3 has no action 'flyObject'"):
        aws_sdk.call("s3", "flyObject", {})
    with pytest.raises(StateFailure, match="The arguments of s3:getObject are not valid"):
        aws_sdk.call("s3", "getObject", {"Bucket": "letters", "Nope": 1})
