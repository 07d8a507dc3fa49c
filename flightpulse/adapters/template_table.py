"""Keeps templates and what became of them in the table: a segment is drafted and reviewed once, not per passenger."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from flightpulse.adapters import aws
from flightpulse.adapters.backoff import STANDARD_BACKOFF, Backoff
from flightpulse.adapters.chunks import chunked
from flightpulse.adapters.dynamodb_json import item_from_typed, item_to_typed
from flightpulse.domain import keys
from flightpulse.messages import prompt
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.segments import Segment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What one BatchGetItem takes.
_READS_PER_CALL = 100

DRAFTING = "DRAFTING"
"""The status of an item that is no record yet: somebody is drafting it."""

CLAIMED_FOR = timedelta(seconds=60)
_NOT_THERE = "attribute_not_exists(PK) OR expires_at <= :now"

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
        self._drafter = uuid4().hex

    @classmethod
    def connect(cls, table_name: str) -> Self:
        """The templates in the table of this name, with a client from the environment."""
        return cls(aws.client("dynamodb"), table_name)

    def get_many(
        self, wanted: Iterable[tuple[Segment, str]], damaged: Callable[[str], None] = lambda _: None
    ) -> list[TemplateRecord]:
        """The records that there are of some segments and versions, in no order, without those past their time.

        ``damaged`` is told the segment's key of each item that is no record.
        """
        found = []
        for chunk in chunked(wanted, count=_READS_PER_CALL):
            found += self._batch([item_to_typed(keys.template(segment.key, version)) for segment, version in chunk])
        return list(self._readable(found, damaged))

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
        self._put_record(
            record.stored(self._now()),
            condition=f"{_NOT_THERE} OR #status = :drafting OR (#status = :refused AND by_person = :no)",
            values={":drafting": DRAFTING, ":refused": str(Status.REFUSED), ":no": False, ":now": self._seconds()},
        )

    def claim(self, segment: Segment, prompt_version: str) -> bool:
        """Take on the drafting of a segment of which there is no record yet; False when somebody else has, or it came.

        The claim lies where the record will. It ends after :data:`CLAIMED_FOR`, which covers drafting and reviewing.
        """
        return self._put(
            keys.template(segment.key, prompt_version),
            self._claim(self._seconds() + int(CLAIMED_FOR.total_seconds())),
            condition=_NOT_THERE,
            values={":now": self._seconds()},
        )

    def release(self, segment: Segment, prompt_version: str) -> None:
        """End a claim of one's own without a record."""
        self._put(
            keys.template(segment.key, prompt_version),
            self._claim(self._seconds()),
            condition="#status = :drafting AND drafter = :drafter",
            values={":drafting": DRAFTING, ":drafter": self._drafter},
        )

    def _claim(self, ends_at: int) -> dict[str, Any]:
        return {"status": DRAFTING, "drafter": self._drafter, "expires_at": ends_at}

    def decide(self, seen: TemplateRecord, decided: TemplateRecord) -> TemplateRecord:
        """Put a person's word in the place of the record that the person looked at; gives it with its times.

        Raises :class:`ChangedMeanwhileError`.
        """
        stored = decided.stored(self._now())
        written = self._put_record(
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

    def _put_record(self, record: TemplateRecord, *, condition: str, values: Mapping[str, Any]) -> bool:
        key = keys.template(record.segment.key, record.prompt_version)
        return self._put(key, record.to_fields(), condition=condition, values=values)

    def _put(self, key: keys.Key, fields: Mapping[str, Any], *, condition: str, values: Mapping[str, Any]) -> bool:
        names: Any = {"ExpressionAttributeNames": {"#status": "status"}} if "#status" in condition else {}
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=item_to_typed({**key, **fields}),
                ConditionExpression=condition,
                ExpressionAttributeValues=item_to_typed(values),
                **names,
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

    def _readable(
        self, items: Iterable[Mapping[str, Any]], damaged: Callable[[str], None] = lambda _: None
    ) -> Iterator[TemplateRecord]:
        for item in items:
            if item.get("status") == {"S": DRAFTING}:
                continue
            key = item["PK"]["S"].removeprefix(keys.TEMPLATE)
            try:
                record = TemplateRecord.from_fields(item_from_typed(item))
                if record.segment.key != key:
                    raise ValueError(f"it is about {record.segment.key}")
            except (AttributeError, KeyError, TypeError, ValueError):
                damaged(key)
                continue
            # DynamoDB deletes expired items within days, not at once.
            if record.expires_at > self._seconds():
                yield record

    def _seconds(self) -> int:
        return int(self._now().timestamp())


class TolerantTemplateStore:
    """The templates as the message path sees them: trouble with the table is reported and never raised.

    A damaged item counts as a refusal, so that the written text goes out: no model could put a record in its place.
    """

    def __init__(self, table: TemplateTable, report: Report) -> None:
        self._table = table
        self._report = report

    def get_many(self, segments: Iterable[Segment]) -> dict[Segment, TemplateRecord]:
        versions = {segment: prompt.version(segment) for segment in segments}
        damaged: list[str] = []
        try:
            records = self._table.get_many(versions.items(), damaged.append)
        except (ClientError, BotoCoreError, UnreadTemplatesError) as error:
            self._report("templates could not be read", {"error": type(error).__name__})
            return {}
        for key in damaged:
            self._report("a template is damaged", {"segment": key})
        broken = (segment for segment in versions if segment.key in damaged)
        return {
            **{record.segment: record for record in records},
            **{segment: _refused(segment, versions[segment]) for segment in broken},
        }

    def put(self, record: TemplateRecord) -> None:
        with self._reporting("a template could not be stored", record.segment):
            self._table.put(record)

    def claim(self, segment: Segment) -> bool:
        with self._reporting("a template could not be claimed", segment):
            return self._table.claim(segment, prompt.version(segment))
        return True

    def release(self, segment: Segment) -> None:
        with self._reporting("a template could not be released", segment):
            self._table.release(segment, prompt.version(segment))

    @contextmanager
    def _reporting(self, problem: str, segment: Segment) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            self._report(problem, {"segment": segment.key, "error": type(error).__name__})


def _refused(segment: Segment, version: str) -> TemplateRecord:
    return TemplateRecord(
        segment=segment, prompt_version=version, status=Status.REFUSED, template=None, drafted_by="nobody"
    )
