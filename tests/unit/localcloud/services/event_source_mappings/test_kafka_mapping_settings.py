"""The settings of event source mappings: what a template says, what AWS refuses, what a relay makes of them."""

from typing import Any

import pytest

from awskit.relay import RetryPolicy
from localcloud.services.event_source_mappings import settings
from localcloud.services.event_source_mappings.mapping import Mapping

STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-11-23T00:00:00.000"
QUEUE = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}}
PROVISIONED = {"ProvisionedPollerConfig": {"MinimumPollers": 1}}


def kafka_mapping(**changes: Any) -> dict[str, Any]:
    return {
        "UUID": "u-1",
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a:9092", "b:9092"]}},
        "Topics": ["flight-operations"],
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 100,
        **changes,
    }


def policy(record: dict[str, Any], back_off_scale: float = 1.0) -> RetryPolicy:
    return Mapping.of("000000000000", "us-east-1", record).policy(back_off_scale)


def test_a_template_spells_its_brokers_tags_and_numbers_in_its_own_way() -> None:
    request = settings.from_template(
        {
            "SelfManagedEventSource": {"Endpoints": {"KafkaBootstrapServers": ["a:9092"]}},
            "Tags": [{"Key": "team", "Value": "ops"}],
            "BatchSize": "50",
            "Enabled": "false",
        }
    )
    assert request["SelfManagedEventSource"] == {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a:9092"]}}
    assert (request["Tags"], request["BatchSize"], request["Enabled"]) == ({"team": "ops"}, 50, False)


@pytest.mark.parametrize(("source", "size"), [(STREAM, 100), ("arn:aws:sqs:us-east-1:000000000000:q", 10), ("", 10)])
def test_batch_sizes_have_the_defaults_of_aws(source: str, size: int) -> None:
    assert settings.default_batch_size({"EventSourceArn": source}) == size


def test_a_kafka_mapping_takes_100_records() -> None:
    assert settings.default_batch_size(kafka_mapping()) == 100


def test_a_complete_mapping_has_no_problem() -> None:
    assert settings.kafka_problem(kafka_mapping()) == ""
    assert settings.kafka_problem(kafka_mapping(MaximumRetryAttempts=3, **PROVISIONED)) == ""
    assert settings.stream_problem({"StartingPosition": "LATEST", "MaximumRetryAttempts": 3}) == ""


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"SelfManagedEventSource": {}}, "KAFKA_BOOTSTRAP_SERVERS"),
        ({"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["broker"]}}}, "HOST:PORT"),
        ({"Topics": ["a", "b"]}, "one Kafka topic"),
        ({"StartingPosition": None}, "startingPosition"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "StartingPositionTimestamp"),
        ({"MaximumBatchingWindowInSeconds": 301}, "MaximumBatchingWindowInSeconds"),
        ({"MaximumRetryAttempts": 3}, "provisioned mode"),
        ({"MaximumRecordAgeInSeconds": 3600}, "provisioned mode"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "kafka://failed"}}}, "on-failure destinations"),
    ],
)
def test_what_aws_or_the_local_cloud_does_not_take_is_named(change: dict[str, Any], complaint: str) -> None:
    assert complaint in settings.kafka_problem(kafka_mapping(**change))


def test_minus_one_and_nothing_mean_no_limit() -> None:
    for limits in ({}, {"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1}):
        found = policy({"UUID": "u-1", "EventSourceArn": STREAM, **limits})
        assert (found.max_retries, found.max_age_seconds) == (None, None)


def test_a_kafka_mapping_with_a_destination_retries_ten_times() -> None:
    assert policy(kafka_mapping(DestinationConfig=QUEUE)).max_retries == 10
    assert policy(kafka_mapping(DestinationConfig=QUEUE, MaximumRetryAttempts=2)).max_retries == 2
    assert policy({"UUID": "u-1", "EventSourceArn": STREAM, "DestinationConfig": QUEUE}).max_retries is None


def test_tests_may_shorten_the_waits_between_retries() -> None:
    assert policy(kafka_mapping(), back_off_scale=0.1).first_back_off == pytest.approx(0.1)


def test_a_changed_setting_asks_for_another_poller_and_a_changed_state_does_not() -> None:
    before = Mapping.of("a", "r", kafka_mapping())
    assert before == Mapping.of("a", "r", kafka_mapping(LastProcessingResult="OK", State="Enabled"))
    assert before != Mapping.of("a", "r", kafka_mapping(BatchSize=7))


@pytest.mark.parametrize(
    ("kind", "mechanism"),
    [("BASIC_AUTH", "PLAIN"), ("SASL_SCRAM_256_AUTH", "SCRAM-SHA-256"), ("SASL_SCRAM_512_AUTH", "SCRAM-SHA-512")],
)
def test_passwords_come_from_a_secret_and_travel_over_tls(kind: str, mechanism: str) -> None:
    found = settings.security(
        [{"Type": kind, "URI": "arn:secret"}], lambda arn: {"username": "u", "password": f"from {arn}"}
    )
    assert found == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": mechanism,
        "sasl.username": "u",
        "sasl.password": "from arn:secret",
    }


def test_certificates_come_from_secrets_too() -> None:
    secrets = {
        "arn:client": {"certificate": "C", "privateKey": "K", "privateKeyPassword": "P"},
        "arn:ca": {"certificate": "R"},
    }
    found = settings.security(
        [
            {"Type": "CLIENT_CERTIFICATE_TLS_AUTH", "URI": "arn:client"},
            {"Type": "SERVER_ROOT_CA_CERTIFICATE", "URI": "arn:ca"},
            {"Type": "VPC_SUBNET", "URI": "subnet:subnet-1"},
        ],
        secrets.__getitem__,
    )
    assert found == {
        "security.protocol": "SSL",
        "ssl.certificate.pem": "C",
        "ssl.key.pem": "K",
        "ssl.key.password": "P",
        "ssl.ca.pem": "R",
    }
