"""What a deployment may choose, and what it is told when it chooses wrongly."""

from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.stack.settings import Settings, from_context

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:kafka-Ab12"
KAFKA = {"kafka_bootstrap": "b-1.example.com:9096, b-2.example.com:9096"}


def settings(**context: object) -> Settings:
    return from_context(context)


def kafka(**context: object) -> Any:
    found = from_context({**KAFKA, **context}).kafka
    assert found is not None
    return found


def test_without_context_the_network_is_isolated_and_there_is_no_kafka_mapping() -> None:
    chosen = settings()
    assert (chosen.environment, chosen.network, chosen.kafka) == ("dev", "isolated", None)
    assert (chosen.model_id, chosen.runtime) == ("amazon.nova-lite-v1:0", "python3.12")
    assert chosen.template_review == "model"


def test_the_reviewer_is_the_same_model_unless_another_is_named() -> None:
    assert settings(model_id="amazon.nova-pro-v1:0").review_model_id == "amazon.nova-pro-v1:0"
    assert settings(review_model_id="amazon.nova-pro-v1:0").review_model_id == "amazon.nova-pro-v1:0"


def test_dev_goes_away_with_its_stack_and_other_environments_keep_their_data() -> None:
    assert settings().removal == "destroy"
    assert settings(environment="production").removal == "retain"
    assert settings(environment="production", removal="destroy").removal == "destroy"


def test_feature_flags_and_look_ups_of_the_cdk_are_left_alone() -> None:
    assert settings(**{"@aws-cdk/core:enablePartitionLiterals": True, "cli-telemetry": False}).environment == "dev"


def test_values_from_the_command_line_and_from_a_file_are_the_same() -> None:
    assert kafka(kafka_provisioned="true").provisioned is kafka(kafka_provisioned=True).provisioned is True
    assert settings(log_retention_days="30").log_retention_days == settings(log_retention_days=30).log_retention_days


def test_an_empty_value_counts_as_none_given() -> None:
    assert settings(network="", kafka_bootstrap="").network == "isolated"


def test_a_cluster_needs_only_its_servers() -> None:
    assert kafka().bootstrap == ("b-1.example.com:9096", "b-2.example.com:9096")
    assert kafka().ports == (9096,)
    assert kafka().topic == "flight-operations"
    assert (kafka().starting_position, kafka().provisioned, kafka().authentication) == ("TRIM_HORIZON", False, None)


def test_a_secret_means_scram_unless_another_way_is_named() -> None:
    assert kafka(kafka_secret_arn=SECRET).authentication == "SASL_SCRAM_512_AUTH"
    assert kafka(kafka_secret_arn=SECRET, kafka_auth="BASIC_AUTH").authentication == "BASIC_AUTH"


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"network": "public"}, "Context network is 'public'. Use one of isolated, existing, none."),
        ({"environment": "Dev 1"}, "Context environment is 'Dev 1'."),
        ({"removal": "snapshot"}, "Context removal is 'snapshot'."),
        ({"runtime": "python3.9"}, "Context runtime is 'python3.9'."),
        ({"log_retention_days": "2"}, "Context log_retention_days is '2'."),
        ({"log_retention_days": "two"}, "Context log_retention_days is 'two'."),
        ({"messenger_concurrency": "0"}, "Context messenger_concurrency is '0'."),
        ({"alarm_email": "nobody"}, "Context alarm_email is 'nobody'."),
        ({"model_id": "no model"}, "Context model_id is 'no model'."),
        ({"review_model_id": "no model"}, "Context review_model_id is 'no model'."),
        ({"template_review": "nobody"}, "Context template_review is 'nobody'. Use one of model, person."),
        ({"kafka_bootstrap": "broker"}, "Context kafka_bootstrap has 'broker', which is not HOST:PORT."),
        ({"kafka_bootstrap": "broker:99999"}, "Context kafka_bootstrap has 'broker:99999'"),
        ({"kafka_bootstrap": "a:1,,b:2"}, "Context kafka_bootstrap has ''"),
        ({"kafka_bootstrap": ",".join(["a:1"] * 11)}, "Context kafka_bootstrap names 11 servers."),
        ({**KAFKA, "kafka_topic": "flight operations"}, "Context kafka_topic is 'flight operations'."),
        ({**KAFKA, "kafka_secret_arn": "my-secret"}, "Context kafka_secret_arn is 'my-secret'."),
        ({**KAFKA, "kafka_secret_arn": SECRET, "kafka_auth": "kerberos"}, "Context kafka_auth is 'kerberos'."),
        ({**KAFKA, "kafka_auth": "BASIC_AUTH"}, "Context kafka_auth needs a secret."),
        ({**KAFKA, "kafka_starting_position": "AT_TIMESTAMP"}, "Context kafka_starting_position is 'AT_TIMESTAMP'."),
        ({**KAFKA, "kafka_provisioned": "perhaps"}, "Context kafka_provisioned is 'perhaps'."),
        (
            {"kafka_provisioned": "true"},
            "Context kafka_provisioned has no effect without kafka_bootstrap or kafka_cluster_arn.",
        ),
        ({"kafka_boostrap": "a:1"}, "Context key kafka_boostrap is not known."),
    ],
)
def test_a_bad_value_is_named_in_one_line(context: dict[str, object], said: str) -> None:
    with pytest.raises(UserError) as raised:
        from_context(context)
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)
    assert raised.value.hint


MSK = "arn:aws:kafka:us-east-1:123456789012:cluster/operations/0a1b2c3d-1111-2222-3333-444455556666-7"
VPC = {
    "network": "existing",
    "vpc_id": "vpc-0123456789abcdef0",
    "subnet_ids": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "security_group_id": "sg-0123456789abcdef0",
}


def test_what_was_given_is_kept_as_text_and_nothing_else_is() -> None:
    assert settings(network="none", log_retention_days=30, kafka_bootstrap="").given == {
        "network": "none",
        "log_retention_days": "30",
    }


def test_a_cluster_of_msk_is_named_by_its_arn_and_uses_iam_without_a_secret() -> None:
    found = settings(kafka_cluster_arn=MSK, network="none").kafka
    assert found is not None
    assert (found.cluster_arn, found.bootstrap, found.authentication) == (MSK, (), None)


def test_every_cluster_and_starting_position_has_a_consumer_group_of_its_own() -> None:
    groups = [
        kafka().consumer_group,
        kafka(kafka_bootstrap="b-3.example.com:9096").consumer_group,
        kafka(kafka_starting_position="LATEST").consumer_group,
        settings(kafka_cluster_arn=MSK).kafka.consumer_group,  # type: ignore[union-attr]
    ]
    assert len(set(groups)) == len(groups)


def test_the_order_of_the_brokers_changes_no_consumer_group() -> None:
    turned = kafka(kafka_bootstrap="b-2.example.com:9096,b-1.example.com:9096")
    assert turned.consumer_group == kafka().consumer_group


def test_an_existing_network_is_named_whole() -> None:
    found = settings(**VPC).existing_network
    assert found is not None
    assert (found.vpc_id, len(found.subnet_ids)) == ("vpc-0123456789abcdef0", 2)


def test_the_local_clouds_broker_needs_no_secret_without_a_network() -> None:
    assert kafka(kafka_bootstrap="127.0.0.1:9092", network="none").authentication is None


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({**KAFKA, "network": "none"}, "Context network=none with kafka_bootstrap needs a secret"),
        ({**KAFKA, "kafka_cluster_arn": MSK}, "Context has kafka_bootstrap and kafka_cluster_arn."),
        ({"kafka_cluster_arn": "operations"}, "Context kafka_cluster_arn is 'operations'."),
        ({"kafka_cluster_arn": MSK, "kafka_secret_arn": SECRET, "kafka_auth": "BASIC_AUTH"}, "Context kafka_auth is"),
        ({"kafka_cluster_arn": MSK, "kafka_ca_secret_arn": SECRET}, "Context kafka_ca_secret_arn has no effect"),
        ({**KAFKA, "kafka_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"}, "Context kafka_key_arn has no effect"),
        (
            {"network": "existing", "vpc_id": "vpc-01234567"},
            "Context network=existing needs subnet_ids",
        ),
        ({"vpc_id": "vpc-01234567"}, "Context vpc_id has no effect here."),
        ({"availability_zones": "us-east-1a"}, "Context availability_zones is 'us-east-1a'."),
        ({"availability_zones": "us-east-1a,us-east-1a"}, "Context availability_zones names a zone twice."),
        (
            {"availability_zones": "us-east-1a,us-east-1b", "network": "none"},
            "Context availability_zones has no effect",
        ),
        ({"encryption": "none"}, "Context encryption is 'none'. Use one of aws, customer."),
        ({"flight_routes": "closed"}, "Context flight_routes is 'closed'. Use one of open, signed."),
        ({"api_logging": "off"}, "Context api_logging is 'off'. Use one of stack, account."),
    ],
)
def test_what_aws_would_refuse_is_refused_at_synthesis(context: dict[str, object], said: str) -> None:
    with pytest.raises(UserError) as raised:
        from_context(context)
    assert str(raised.value).startswith(said)
    assert raised.value.hint
