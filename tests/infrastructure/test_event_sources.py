"""What calls functions on its own: the stream and the Kafka topic."""

import json
from typing import Any

from flightpulse.workbench.costs.variants import BROKERS, CLUSTER
from tests.synthesis import Stack, Synthesise
from tools.variants import CONTEXTS, KEY

MAPPING = "AWS::Lambda::EventSourceMapping"
PARTIAL = {"FunctionResponseTypes", "BisectBatchOnFunctionError", "MaximumRetryAttempts", "ProvisionedPollerConfig"}


def stream(stack: Stack) -> dict[str, Any]:
    (found,) = (
        resource["Properties"]
        for resource in stack.resources(MAPPING).values()
        if "Topics" not in resource["Properties"]
    )
    result: dict[str, Any] = found
    return result


def kafka(stack: Stack) -> dict[str, Any]:
    (found,) = (
        resource["Properties"] for resource in stack.resources(MAPPING).values() if "Topics" in resource["Properties"]
    )
    result: dict[str, Any] = found
    return result


def test_the_stream_is_read_in_batches_with_a_way_out_for_poison(default: Stack) -> None:
    mapping = stream(default)
    queue = default.logical_id("AWS::SQS::Queue", QueueName="flightpulse-dead-letters-stream")
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (100, 1)
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert (mapping["MaximumRetryAttempts"], mapping["BisectBatchOnFunctionError"]) == (5, True)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": [queue, "Arn"]}}}


def test_only_changes_of_flights_and_bookings_wake_the_stream_handler(default: Stack) -> None:
    patterns = [json.loads(filter_["Pattern"]) for filter_ in stream(default)["FilterCriteria"]["Filters"]]
    assert patterns == [
        {
            "eventName": ["MODIFY"],
            "dynamodb": {"Keys": {"PK": {"S": [{"prefix": prefix}]}, "SK": {"S": ["METADATA"]}}},
        }
        for prefix in ("FLIGHT#", "BOOKING#")
    ]


def test_without_servers_there_is_no_kafka_mapping_and_no_queue_for_it(default: Stack) -> None:
    default.template.resource_count_is(MAPPING, 1)
    assert "MappingDeadLettersUrl" not in default.document["Outputs"]


def test_kafka_is_polled_for_low_latency_and_from_the_first_record(synthesise: Synthesise) -> None:
    stack = synthesise("kafka")
    mapping = kafka(stack)
    assert mapping["SelfManagedEventSource"]["Endpoints"]["KafkaBootstrapServers"] == BROKERS["kafka_bootstrap"].split(
        ","
    )
    assert mapping["Topics"] == ["flight-operations"]
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (100, 0)
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    group = mapping["SelfManagedKafkaEventSourceConfig"]["ConsumerGroupId"]
    assert group.startswith("flightpulse-kafka-consumer-")
    queue = stack.logical_id("AWS::SQS::Queue", QueueName="flightpulse-dead-letters-mapping")
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": [queue, "Arn"]}}}
    assert stack.document["Outputs"]["MappingDeadLettersUrl"]


def test_in_the_network_the_pollers_get_their_subnets_group_and_secret(synthesise: Synthesise) -> None:
    kinds = [access["Type"] for access in kafka(synthesise("kafka"))["SourceAccessConfigurations"]]
    assert kinds == ["VPC_SUBNET", "VPC_SUBNET", "VPC_SECURITY_GROUP", "SASL_SCRAM_512_AUTH"]


def test_on_demand_pollers_in_the_network_get_the_endpoints_they_need(synthesise: Synthesise) -> None:
    text = json.dumps(
        [
            endpoint["Properties"]["ServiceName"]
            for endpoint in synthesise("kafka").resources("AWS::EC2::VPCEndpoint").values()
        ]
    )
    assert all(f".{service}" in text for service in ("lambda", "sts", "secretsmanager"))


def test_pollers_leave_only_to_the_brokers_and_the_endpoints(synthesise: Synthesise) -> None:
    (group,) = (
        found["Properties"]
        for key, found in synthesise("kafka").resources("AWS::EC2::SecurityGroup").items()
        if "KafkaMapping" in key
    )
    assert [rule["FromPort"] for rule in group["SecurityGroupEgress"]] == [443, 9096]


def test_the_consumer_may_read_the_clusters_secret_and_no_other(synthesise: Synthesise) -> None:
    statements = synthesise("kafka").statements("KafkaConsumerRole")
    (secret,) = (statement for statement in statements if "secretsmanager:GetSecretValue" in statement["Action"])
    assert secret["Resource"] == [BROKERS["kafka_secret_arn"]]


def test_only_provisioned_mode_has_partial_batches_bisecting_and_a_retry_limit(synthesise: Synthesise) -> None:
    assert not PARTIAL & set(kafka(synthesise("kafka")))
    provisioned = kafka(synthesise("provisioned"))
    assert set(provisioned) >= PARTIAL
    assert provisioned["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert provisioned["ProvisionedPollerConfig"]["MinimumPollers"] == 1
    assert "SourceAccessConfigurations" not in provisioned


def test_a_mapping_waits_for_the_permissions_it_is_tried_with(synthesise: Synthesise) -> None:
    stack = synthesise("kafka")
    (mapping,) = (resource for resource in stack.resources(MAPPING).values() if "Topics" in resource["Properties"])
    assert [key for key in mapping["DependsOn"] if "KafkaConsumerRoleDefaultPolicy" in key]


def test_the_mappings_ask_for_no_more_of_their_queues_than_sending(synthesise: Synthesise) -> None:
    stack = synthesise("kafka")
    for role in ("KafkaConsumerRole", "StreamHandlerRole"):
        assert {action for action in stack.actions(role) if action.startswith("sqs:")} == {"sqs:SendMessage"}


def test_a_cluster_of_msk_is_polled_by_its_arn_with_iam(synthesise: Synthesise) -> None:
    stack = synthesise("msk")
    mapping = kafka(stack)
    assert mapping["EventSourceArn"] == CLUSTER
    group = mapping["AmazonManagedKafkaEventSourceConfig"]["ConsumerGroupId"]
    assert "SourceAccessConfigurations" not in mapping
    allowed = {action: found for found in stack.statements("KafkaConsumerRole") for action in found["Action"]}
    assert allowed["kafka-cluster:Connect"]["Resource"] == [CLUSTER]
    assert allowed["kafka-cluster:AlterGroup"]["Resource"] == [f"{CLUSTER.replace(':cluster/', ':group/')}/{group}"]
    topic = f"{CLUSTER.replace(':cluster/', ':topic/')}/flight-operations"
    assert allowed["kafka-cluster:ReadData"]["Resource"] == [topic]
    assert allowed["kafka:DescribeClusterV2"]["Resource"] == [CLUSTER]


def test_in_an_existing_network_the_pollers_use_it_with_a_private_authority(synthesise: Synthesise) -> None:
    stack = synthesise("existing")
    used = [(access["Type"], access["URI"]) for access in kafka(stack)["SourceAccessConfigurations"]]
    assert used == [
        ("VPC_SUBNET", "subnet:subnet-0123456789abcdef0"),
        ("VPC_SUBNET", "subnet:subnet-0123456789abcdef1"),
        ("VPC_SECURITY_GROUP", "security_group:sg-0123456789abcdef0"),
        ("SASL_SCRAM_512_AUTH", BROKERS["kafka_secret_arn"]),
        ("SERVER_ROOT_CA_CERTIFICATE", CONTEXTS["existing"]["kafka_ca_secret_arn"]),
    ]


def test_a_secret_with_a_customers_key_may_be_decrypted_through_secrets_manager_only(synthesise: Synthesise) -> None:
    statements = synthesise("existing").statements("KafkaConsumerRole")
    (decrypt,) = (found for found in statements if "kms:Decrypt" in found["Action"])
    assert decrypt["Resource"] == [KEY]
    assert "secretsmanager." in json.dumps(decrypt["Condition"]["StringEquals"]["kms:ViaService"])
