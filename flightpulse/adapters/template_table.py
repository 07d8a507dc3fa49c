"""Keeps templates and what became of them in the table: a segment is drafted and reviewed once, not per passenger."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from flightpulse.adapters import aws
from flightpulse.adapters.backoff import STANDARD_BACKOFF, Backoff
from flightpulse.adapters.chunks import chunked
from flightpulse.adapters.dynamodb_json import item_from_typed, item_to_typed
from flightpulse.domain import keys
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.segments import Segment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What one BatchGetItem takes.
_READS_PER_CALL = 100

Report = Callable[[str, Mapping[str, str]], None]
"""Is told what could not be done, with details for a log line."""


class UnreadTemplatesError(Exception):
    """DynamoDB went on leaving keys of a batch unread."""


class ChangedMeanwhileError(Exception):
    """The record is not the one that was looked at."""


class TemplateTable:
    """Templates by segment and version of the prompts. botocore's errors pass through."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        backoff: Backoff = STANDARD_BACKOFF,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now
        self._backoff = backoff

    @classmethod
    def connect(cls, table_name: str) -> Self:
        """The templates in the table of this name, with a client from the environment."""
        return cls(aws.client("dynamodb"), table_name)

    def get(self, segment: Segment, prompt_version: str) -> TemplateRecord | None:
        """The record, or None when there is none or it is past its time. Raises ``ValueError`` for a damaged one."""
        key = keys.template(segment.key, prompt_version)
        found = self._client.get_item(TableName=self._table_name, Key=item_to_typed(key))
        return self._counting(found["Item"]) if "Item" in found else None

    def get_many(self, wanted: Iterable[tuple[Segment, str]]) -> list[TemplateRecord]:
        """The records that there are of some segments and versions, in no order; damaged ones are left out."""
        found = []
        for chunk in chunked(wanted, count=_READS_PER_CALL):
            found += self._batch([item_to_typed(keys.template(segment.key, version)) for segment, version in chunk])
        return list(self._readable(found))

    def versions(self, segment: Segment) -> list[TemplateRecord]:
        """The records of a segment under every version of the prompts; versions no longer in use keep theirs."""
        found = self._client.query(
            TableName=self._table_name,
            KeyConditionExpression="PK = :segment",
            ExpressionAttributeValues={":segment": {"S": keys.TEMPLATE + segment.key}},
        )
        return list(self._readable(found["Items"]))

    def put(self, record: TemplateRecord) -> None:
        """Keep what models made of a segment, unless there is a draft, an approved template or a person's word."""
        now = self._now()
        self._put(
            record.stored(now),
            condition="attribute_not_exists(PK) OR expires_at <= :now OR (#status = :refused AND by_person = :no)",
            values={":now": int(now.timestamp()), ":refused": str(Status.REFUSED), ":no": False},
        )

    def decide(self, seen: TemplateRecord, decided: TemplateRecord) -> TemplateRecord:
        """Put a person's word in the place of the record that the person looked at; gives it with its times.

        Raises :class:`ChangedMeanwhileError`.
        """
        stored = decided.stored(self._now())
        written = self._put(
            stored,
            condition="created_at = :seen AND #status = :status",
            values={":seen": seen.created_at, ":status": str(seen.status)},
        )
        if not written:
            raise ChangedMeanwhileError
        return stored

    def delete(self, segment: Segment, prompt_version: str) -> bool:
        """Forget a record; tells whether there was one."""
        key = item_to_typed(keys.template(segment.key, prompt_version))
        gone = self._client.delete_item(TableName=self._table_name, Key=key, ReturnValues="ALL_OLD")
        return "Attributes" in gone

    def _put(self, record: TemplateRecord, *, condition: str, values: Mapping[str, Any]) -> bool:
        key = keys.template(record.segment.key, record.prompt_version)
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=item_to_typed({**key, **record.to_fields()}),
                ConditionExpression=condition,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=item_to_typed(values),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _batch(self, wanted: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        left: list[Any] = list(wanted)
        for _ in self._backoff.tries():
            answer = self._client.batch_get_item(RequestItems={self._table_name: {"Keys": left}})
            found += answer["Responses"].get(self._table_name, [])
            unread = answer["UnprocessedKeys"].get(self._table_name)
            left = list(unread["Keys"]) if unread else []
            if not left:
                return found
        raise UnreadTemplatesError(f"{len(left)} templates were not read from {self._table_name}")

    def _readable(self, items: Iterable[Mapping[str, Any]]) -> Iterator[TemplateRecord]:
        for item in items:
            with suppress(ValueError):
                if (record := self._counting(item)) is not None:
                    yield record

    def _counting(self, item: Mapping[str, Any]) -> TemplateRecord | None:
        try:
            record = TemplateRecord.from_fields(item_from_typed(item))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"a damaged template: {type(error).__name__}") from error
        # DynamoDB deletes expired items within days, not at once.
        return record if record.expires_at > self._now().timestamp() else None


class TolerantTemplateStore:
    """The templates as the message path sees them: trouble with the table is reported and never raised."""

    def __init__(self, table: TemplateTable, report: Report) -> None:
        self._table = table
        self._report = report

    def get(self, segment: Segment, prompt_version: str) -> TemplateRecord | None:
        try:
            return self._table.get(segment, prompt_version)
        except (ClientError, BotoCoreError, ValueError) as error:
            self._report("a template could not be read", {"segment": segment.key, "error": type(error).__name__})
            return None

    def put(self, record: TemplateRecord) -> None:
        try:
            self._table.put(record)
        except (ClientError, BotoCoreError) as error:
            self._report(
                "a template could not be stored", {"segment": record.segment.key, "error": type(error).__name__}
            )
