"""Keeps a model's accepted templates in the table for a day: a segment is written once, not per passenger."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from flightpulse.adapters.aws import CLIENT_CONFIG
from flightpulse.adapters.dynamodb_json import item_from_typed, item_to_typed
from flightpulse.domain import keys
from flightpulse.domain.guard import normalized
from flightpulse.domain.segments import Segment
from flightpulse.domain.templates import MessageTemplate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TTL_SECONDS = 24 * 60 * 60
_FIELDS = ("subject", "paragraphs", "sms")

Report = Callable[[str, str], None]


class TemplateCache:
    """Templates by segment and version. Trouble with the table is reported and never raised: a cache may be empty.

    ``report`` is told what could not be done and the name of the error.
    """

    def __init__(
        self, client: "DynamoDBClient", table_name: str, report: Report, *, now: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._report = report
        self._now = now

    @classmethod
    def connect(cls, table_name: str, report: Report) -> Self:
        """The cache in the table of this name, with a client from the environment."""
        return cls(boto3.client("dynamodb", config=CLIENT_CONFIG), table_name, report)

    def get(self, segment: Segment, version: str) -> MessageTemplate | None:
        """The template, or None when there is none, it is past its time, or it cannot be read."""
        key = keys.template(segment.key, version)
        try:
            found = self._client.get_item(TableName=self._table_name, Key=item_to_typed(key))
            item = item_from_typed(found.get("Item", {}))
            # DynamoDB deletes expired items within days, not at once.
            if not item or item["expires_at"] <= self._now():
                return None
            return normalized(MessageTemplate.from_fields({name: item[name] for name in _FIELDS}))
        except (ClientError, BotoCoreError, KeyError, TypeError, ValueError) as error:
            self._report("a cached template could not be read", type(error).__name__)
            return None

    def put(self, segment: Segment, version: str, template: MessageTemplate, model_id: str) -> None:
        item = {
            **keys.template(segment.key, version),
            **template.to_fields(),
            "segment": segment.key,
            "model_id": model_id,
            "expires_at": int(self._now()) + TTL_SECONDS,
        }
        try:
            self._client.put_item(TableName=self._table_name, Item=item_to_typed(item))
        except (ClientError, BotoCoreError) as error:
            self._report("a template could not be cached", type(error).__name__)
