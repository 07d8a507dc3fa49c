"""docker-compose.yml, checked without Docker: nothing listens to the network, nothing floats, all parts fit."""

import re
from typing import Any

import pytest
import yaml

from flightpulse import paths
from flightpulse.domain.events import TOPIC
from localcloud import broker

COMPOSE: dict[str, Any] = yaml.safe_load((paths.ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
KAFKA: dict[str, str] = SERVICES["kafka"]["environment"]


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def listeners(text: str) -> dict[str, str]:
    return dict(entry.split("://") for entry in text.split(","))


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_on_the_loopback_interface_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_to_a_release(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_reaches_beyond_its_container(name: str) -> None:
    assert not {"network_mode", "privileged", "pid", "cap_add", "devices"} & SERVICES[name].keys()


@pytest.mark.parametrize("name", ["kafka", "ui"])
def test_what_stays_up_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_kafka_is_one_node_without_zookeeper() -> None:
    assert set(KAFKA["KAFKA_PROCESS_ROLES"].split(",")) == {"broker", "controller"}
    assert not any("ZOOKEEPER" in name for name in KAFKA)
    assert all(KAFKA[name] == "1" for name in KAFKA if name.endswith(("REPLICATION_FACTOR", "MIN_ISR")))


def test_every_listener_has_a_protocol_and_every_client_an_address() -> None:
    opened, advertised = listeners(KAFKA["KAFKA_LISTENERS"]), listeners(KAFKA["KAFKA_ADVERTISED_LISTENERS"])
    protocols = dict(entry.split(":") for entry in KAFKA["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert protocols.keys() == opened.keys()
    assert advertised == {"HOST": "127.0.0.1:9092", "DOCKER": "kafka:9093"}
    assert SERVICES["kafka"]["ports"] == ["127.0.0.1:9092:9092"]
    voter = KAFKA["KAFKA_CONTROLLER_QUORUM_VOTERS"]
    assert voter == f"{KAFKA['KAFKA_NODE_ID']}@kafka{opened[KAFKA['KAFKA_CONTROLLER_LISTENER_NAMES']]}"


def test_records_survive_the_container() -> None:
    (mount,) = SERVICES["kafka"]["volumes"]
    volume, folder = mount.split(":")
    assert volume in COMPOSE["volumes"]
    assert folder == KAFKA["KAFKA_LOG_DIRS"]


def test_the_topic_is_the_one_of_the_project_with_the_partitions_of_the_embedded_broker() -> None:
    command = SERVICES["topic"]["command"]
    assert option(command, "--topic") == TOPIC
    assert option(command, "--partitions") == str(broker.PARTITIONS)
    assert "--if-not-exists" in command
    assert option(command, "--bootstrap-server") == listeners(KAFKA["KAFKA_ADVERTISED_LISTENERS"])["DOCKER"]


def test_a_mistyped_topic_is_not_created() -> None:
    assert KAFKA["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_each_service_waits_for_what_it_needs() -> None:
    assert SERVICES["topic"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert SERVICES["ui"]["depends_on"] == {"topic": {"condition": "service_completed_successfully"}}


def test_the_user_interface_looks_at_this_kafka_and_changes_no_settings() -> None:
    environment = SERVICES["ui"]["environment"]
    assert environment["KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS"] == "kafka:9093"
    assert environment["DYNAMIC_CONFIG_ENABLED"] == "false"


def test_the_version_is_the_one_the_tests_run_against() -> None:
    from tests.integration.real_kafka import VERSION

    assert SERVICES["kafka"]["image"] == SERVICES["topic"]["image"] == f"apache/kafka:{VERSION}"
