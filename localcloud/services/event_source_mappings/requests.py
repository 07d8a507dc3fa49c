"""Creating, changing and showing event source mappings, over the API and by CloudFormation."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from ministack.core import responses
from ministack.services import dynamodb, lambda_svc
from ministack.services.cloudformation import provisioners

from localcloud.services.cloudformation.resource_types import Properties, Provisioned
from localcloud.services.event_source_mappings import duplicates, filters
from localcloud.services.event_source_mappings import settings as mapping_settings
from localcloud.services.event_source_mappings.settings import CHANGEABLE, CREATE_ONLY, Settings

Response = tuple[int, Any, Any]


class Requests:
    """Our side of every request, with what the emulator did before for the other kinds of mapping."""

    def __init__(self) -> None:
        self._create: Callable[[Settings], Response] = lambda_svc._create_esm
        self._update: Callable[[str, Settings], Response] = lambda_svc._update_esm
        self._shown: Callable[[Settings], Settings] = lambda_svc._esm_response

    def create(self, request: Settings) -> Response:
        """CreateEventSourceMapping."""
        request = {"BatchSize": mapping_settings.default_batch_size(request), **request}
        problem = _problem(request)
        if problem:
            return _refused(problem)
        name, _, error = lambda_svc._resolve_existing_esm_function(request.get("FunctionName", ""))
        conflict = "" if error else duplicates.conflict(request, name, lambda_svc._esms.values())
        if conflict:
            refused: Response = responses.error_response_json("ResourceConflictException", conflict, 409)
            return refused
        if mapping_settings.is_kafka(request):
            return self._create_kafka(request)
        if _is_stream(request) and not _stream_exists(request["EventSourceArn"]):
            return _refused(f"Stream not found: {request['EventSourceArn']}")
        answer = self._create(request)
        if answer[0] < 400:
            lambda_svc._esms[json.loads(answer[2])["UUID"]].update(_options(request))
        return answer

    def update(self, uuid: str, request: Settings) -> Response:
        """UpdateEventSourceMapping."""
        return self._change(uuid, request, removed=())

    def shown(self, record: Settings) -> Settings:
        """A mapping as GetEventSourceMapping shows it: one without an event source ARN has no such field."""
        shown = self._shown(record)
        return {name: value for name, value in shown.items() if not (name == "EventSourceArn" and not value)}

    def provision(self, _logical_id: str, properties: Properties, _stack_name: str) -> Provisioned:
        """Create the resource of a template."""
        return _provisioned(self.create(mapping_settings.from_template(properties)))

    def provision_update(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Provisioned:
        """Change the resource, or replace it when what changed is fixed for a mapping's life."""
        if any(old.get(name) != new.get(name) for name in CREATE_ONLY):
            created = self.provision(physical_id, new, stack_name)
            provisioners._delete_predecessor(provisioners._lambda_esm_delete, physical_id, old)
            return created
        record = lambda_svc._esms.get(physical_id)
        if record is None:
            return self.provision(physical_id, new, stack_name)
        request = {
            "BatchSize": mapping_settings.default_batch_size(new),
            "Enabled": True,
            **mapping_settings.from_template(new),
        }
        removed = [name for name in CHANGEABLE if name in record and name not in request]
        return _provisioned(self._change(physical_id, request, removed))

    def unprovision(self, physical_id: str, properties: Properties) -> None:
        """Delete the resource."""
        provisioners._lambda_esm_delete(physical_id, properties)
        lambda_svc._esm_wake.set()

    def _change(self, uuid: str, request: Settings, removed: Sequence[str]) -> Response:
        record = lambda_svc._esms.get(uuid)
        if record is not None:
            kept = {name: value for name, value in record.items() if name not in removed}
            problem = _problem({**kept, **request})
            if problem:
                return _refused(problem)
        answer = self._update(uuid, request)
        if record is not None and answer[0] < 400:
            record.update(_options(request))
            for name in removed:
                del record[name]
            # Those who wait for the change need not wait for the emulator's next round.
            lambda_svc._esm_wake.set()
        return answer

    def _create_kafka(self, request: Settings) -> Response:
        name, qualifier, error = lambda_svc._resolve_existing_esm_function(request.get("FunctionName", ""))
        if error:
            not_found: Response = error
            return not_found
        uuid = lambda_svc.new_uuid()
        enabled = bool(request.get("Enabled", True))
        record = {
            "UUID": uuid,
            "EventSourceArn": "",
            "FunctionArn": lambda_svc._func_arn(name) + (f":{qualifier}" if qualifier else ""),
            "FunctionName": name,
            "Qualifier": qualifier,
            "State": "Enabled" if enabled else "Disabled",
            "StateTransitionReason": "USER_INITIATED",
            "LastModified": int(time.time()),
            "LastProcessingResult": "No records processed",
            "Enabled": enabled,
            "Tags": dict(request.get("Tags") or {}),
            **{name: request[name] for name in CREATE_ONLY if request.get(name) is not None},
            **_options(request),
        }
        config = record.setdefault("SelfManagedKafkaEventSourceConfig", {})
        record["SelfManagedKafkaEventSourceConfig"] = {"ConsumerGroupId": uuid, **config}
        lambda_svc._esms[uuid] = record
        lambda_svc._ensure_poller()
        lambda_svc._esm_wake.set()
        return 202, {"Content-Type": "application/json"}, json.dumps(lambda_svc._esm_response(record)).encode()


def _problem(settings: Settings) -> str:
    if mapping_settings.is_kafka(settings):
        problem = mapping_settings.kafka_problem(settings)
    else:
        problem = mapping_settings.stream_problem(settings) if _is_stream(settings) else ""
    return problem or filters.problem(settings)


def _stream_exists(arn: str) -> bool:
    table = dynamodb._tables.get(arn.partition(":table/")[2].partition("/")[0]) or {}
    return bool(table.get("LatestStreamArn") == arn)


def _is_stream(settings: Settings) -> bool:
    return ":dynamodb:" in str(settings.get("EventSourceArn", ""))


def _options(request: Settings) -> Settings:
    return {name: request[name] for name in CHANGEABLE if request.get(name) is not None}


def _refused(problem: str) -> Response:
    refused: Response = lambda_svc._invalid_parameter_value(problem)
    return refused


def _provisioned(answer: Response) -> Provisioned:
    status, _, content = answer
    decoded = json.loads(content)
    if status >= 400:
        raise ValueError(decoded.get("message") or decoded.get("Message") or str(decoded))
    return decoded["UUID"], provisioners._lambda_esm_attrs(decoded["UUID"])
