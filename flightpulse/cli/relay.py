"""The verb that does for a laptop's broker what an event source mapping does for one that AWS can reach."""

from pathlib import Path
from typing import Any

import click

from awskit.relay import (
    Answer,
    Kafka,
    Observer,
    Poller,
    RetryPolicy,
    StartingPosition,
    Subscription,
    partitions_of,
    run_until_signal,
)
from awskit.relay.aws import LambdaFunction, lambda_client, on_failure_destination
from flightpulse.cli import options
from flightpulse.domain.events import TOPIC


@click.command()
@options.target
@options.kafka
@click.option("--topic", default=TOPIC, show_default=True, help="The topic.")
@options.kafka_config
@click.option("--group", default="flightpulse-relay", show_default=True, help="The consumer group.")
@click.option("--function", help="Name or ARN of the function (default: the stack's KafkaConsumer).")
@click.option(
    "--from",
    "start",
    type=click.Choice(["TRIM_HORIZON", "LATEST"]),
    default="TRIM_HORIZON",
    show_default=True,
    help="Where a group begins that has no committed offsets.",
)
@click.option("--batch-size", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Records a call.")
@click.option(
    "--window", type=click.FloatRange(0, 300), default=0.5, show_default=True, help="Seconds to wait for more."
)
@click.option(
    "--max-retries", type=click.IntRange(min=0), help="Discard a batch after so many retries (default: never)."
)
@click.option("--on-failure", metavar="ARN", help="Queue or topic that is told of discarded batches.")
def relay(target: str, kafka: str | None, topic: str, kafka_config: Path | None, **wishes: Any) -> None:
    """Poll a Kafka topic and invoke the deployed consumer, as Lambda's own event source mapping does.

    For a stack in an AWS account and a broker on this laptop, which AWS cannot reach: batches, window, order per
    partition, and offsets committed only after success. The local cloud needs no relay, it has its own mapping; one
    beside it delivers every record twice, and the claims make sure that nobody notices.

    Runs until Ctrl-C, which lets running invocations end; a second Ctrl-C does not wait.
    """
    session = options.bench(target, kafka=kafka).session
    cluster = Kafka.configured(session.broker, kafka_config)
    function_arn = wishes["function"] or session.output("KafkaConsumerArn")
    function = LambdaFunction(lambda_client(session.aws), function_arn)
    function.check()
    partitions = partitions_of(cluster, topic)
    subscription = Subscription(
        kafka=cluster,
        topic=topic,
        group_id=wishes["group"],
        starting_position=StartingPosition(wishes["start"]),
        batch_size=wishes["batch_size"],
        window_seconds=wishes["window"],
        policy=RetryPolicy(max_retries=wishes["max_retries"]),
    )
    destination = (
        on_failure_destination(
            session.aws, wishes["on_failure"], function_arn=function_arn, bootstrap=subscription.kafka.bootstrap
        )
        if wishes["on_failure"]
        else None
    )
    click.echo(
        f"Relaying {topic} ({partitions} partitions) from {cluster.bootstrap} to {function_arn}. Ctrl-C ends it."
    )
    counts = Telling()
    run_until_signal(Poller(subscription, function, destination=destination, observer=counts))
    click.echo(f"Stopped after {counts.records} records in {counts.calls} invocations.")


class Telling(Observer):
    """Says on the terminal what the relay does, and counts."""

    def __init__(self) -> None:
        self.records = self.calls = 0

    def assigned(self, partitions: int) -> None:
        click.echo(f"{partitions} partitions are ours.")

    def invoked(self, records: int, seconds: float, answer: Answer) -> None:
        self.calls += 1
        self.records += records
        click.echo(f"{records} records, {seconds:.2f} s: {answer.error or answer.verdict.value}")

    def waiting(self, why: str) -> None:
        click.echo(f"Kafka does not answer, waiting: {why}", err=True)

    def recovered(self) -> None:
        click.echo("Kafka answers again.", err=True)

    def missed(self, partition: tuple[str, int], first_offset: int, count: int) -> None:
        click.echo(f"{count} records of partition {partition[1]} from offset {first_offset} are gone.", err=True)
