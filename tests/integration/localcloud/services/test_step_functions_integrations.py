"""What tasks call: functions, tables, the event bus, queues, topics and SDK actions, with AWS's error names."""

import base64
import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulator import Emulator
from tests.integration.localcloud.functions import deploy
from tests.integration.localcloud.services.step_functions_machines import ROLE, Machines
from tests.waiting import until


@pytest.fixture
def machines(engine: Emulator) -> Machines:
    return Machines(engine)


@pytest.fixture(scope="session")
def table(engine: Emulator) -> str:
    name = "integrations"
    engine.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def task(resource: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True, **more}


def test_an_exception_of_a_function_is_an_error_by_its_class_name(engine: Emulator, machines: Machines) -> None:
    source = "class TooBusy(Exception):\n    pass\ndef handler(event, context):\n    raise TooBusy('later')\n"
    deploy(engine, "raises", source)
    retry = [{"ErrorEquals": ["TooBusy"], "MaxAttempts": 2}]

    seen = machines.run_states({}, Call=task("lambda:invoke", {"FunctionName": "raises"}, Retry=retry))

    assert seen.error == "TooBusy"
    assert json.loads(str(seen.cause))["errorMessage"] == "later"
    assert seen.types.count("TaskFailed") == 3


def test_a_throttled_function_is_a_lambda_error(engine: Emulator, machines: Machines) -> None:
    deploy(engine, "throttled", "def handler(event, context):\n    return 1\n")
    engine.client("lambda").put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)

    seen = machines.run_states({}, Call=task("lambda:invoke", {"FunctionName": "throttled"}))

    assert seen.error == "Lambda.TooManyRequestsException"


def test_a_function_that_does_not_exist_is_a_lambda_error(machines: Machines) -> None:
    seen = machines.run_states({}, Call=task("lambda:invoke", {"FunctionName": "there-is-none"}))

    assert seen.error == "Lambda.ResourceNotFoundException"
    assert "Status Code: 404" in str(seen.cause)


def test_what_the_table_makes_of_an_item_does_not_reach_the_workflow_it_came_from(
    machines: Machines, table: str
) -> None:
    # Given a workflow that keeps an item, puts it into the table and has it changed there
    item = {"PK": {"S": "kept"}, "seat": {"M": {"row": {"N": "1.0"}}}}
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Arguments": {"TableName": table, "Item": "{% $states.input %}"},
        "Assign": {"item": "{% $states.input %}"},
        "Next": "Change",
    }
    change = {
        "TableName": table,
        "Key": {"PK": {"S": "kept"}},
        "UpdateExpression": "SET seat.#row = :two",
        "ExpressionAttributeNames": {"#row": "row"},
        "ExpressionAttributeValues": {":two": {"N": "2"}},
        "ReturnValues": "ALL_NEW",
    }
    output = {"changed": "{% $states.result.Attributes %}", "kept": "{% $item %}"}

    # When it runs
    seen = machines.run_states(item, Put=put, Change=task("dynamodb:updateItem", change, Output=output))

    # Then the table's item has changed, and the workflow's has not
    assert seen.output["changed"]["seat"] == {"M": {"row": {"N": "2"}}}
    assert seen.output["kept"] == item


def test_a_condition_that_does_not_hold_has_its_own_error(machines: Machines, table: str) -> None:
    claim = {
        "TableName": table,
        "Item": {"PK": {"S": "claimed"}},
        "ConditionExpression": "attribute_not_exists(PK)",
    }

    first = machines.run_states({}, Claim=task("dynamodb:putItem", claim))
    second = machines.run_states({}, Claim=task("dynamodb:putItem", claim))

    assert first.status == "SUCCEEDED"
    assert second.error == "DynamoDB.ConditionalCheckFailedException"
    assert str(second.cause).startswith("The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400;")


def test_wrong_arguments_of_a_table_call_are_an_error_of_the_sdk(machines: Machines, table: str) -> None:
    seen = machines.run_states({}, Write=task("dynamodb:putItem", {"TableName": table, "Item": {"other": {"S": "x"}}}))

    assert seen.error == "DynamoDB.AmazonDynamoDBException"
    assert "Error Code: ValidationException" in str(seen.cause)


def test_an_update_gives_the_new_attributes(machines: Machines, table: str) -> None:
    update = {
        "TableName": table,
        "Key": {"PK": {"S": "updated"}},
        "UpdateExpression": "SET #n = :n",
        "ExpressionAttributeNames": {"#n": "n"},
        "ExpressionAttributeValues": {":n": {"N": "{% $string($states.input) %}"}},
        "ReturnValues": "ALL_NEW",
    }

    seen = machines.run_states(
        7, Update=task("dynamodb:updateItem", update, Output="{% $states.result.Attributes.n.N %}")
    )

    assert seen.output == "7"


def test_sdk_calls_of_tables_read_in_batches_and_query(engine: Emulator, machines: Machines, table: str) -> None:
    item = {"PK": {"S": "sdk"}, "yes": {"BOOL": True}, "list": {"L": [{"S": "a"}]}}
    engine.client("dynamodb").put_item(TableName=table, Item=item)
    keys = {"RequestItems": {table: {"Keys": [{"PK": {"S": "sdk"}}]}}}
    query = {
        "TableName": table,
        "KeyConditionExpression": "PK = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "sdk"}},
    }

    batch = machines.run_states({}, Read=task("aws-sdk:dynamodb:batchGetItem", keys))
    queried = machines.run_states({}, Query=task("aws-sdk:dynamodb:query", query, Output="{% $states.result.Count %}"))
    missing = machines.run_states({}, Query=task("aws-sdk:dynamodb:query", {**query, "TableName": "none"}))

    assert batch.output["Responses"][table] == [
        {"PK": {"S": "sdk"}, "yes": {"Bool": True}, "list": {"L": [{"S": "a"}]}}
    ]
    assert batch.details("TaskScheduled")[0]["resourceType"] == "aws-sdk:dynamodb"
    assert batch.details("TaskScheduled")[0]["resource"] == "batchGetItem"
    assert queried.output == 1
    assert missing.error == "DynamoDb.ResourceNotFoundException"


def claim(table: str, name: str, **fields: Any) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": table,
            "Key": {"PK": {"S": name}},
            "UpdateExpression": "SET #by = :me",
            "ConditionExpression": "attribute_not_exists(#by)",
            "ExpressionAttributeNames": {"#by": "claimed_by"},
            "ExpressionAttributeValues": {":me": {"S": "{% $states.context.Execution.Name %}"}},
            **fields,
        }
    }


def test_a_transaction_writes_all_of_its_items_or_none(engine: Emulator, machines: Machines, table: str) -> None:
    def transaction(*names: str) -> dict[str, Any]:
        return task("aws-sdk:dynamodb:transactWriteItems", {"TransactItems": [claim(table, name) for name in names]})

    first = machines.run_states({}, Claim=transaction("tx-1", "tx-2"))
    second = machines.run_states({}, Claim=transaction("tx-3", "tx-2"))

    assert (first.status, first.output) == ("SUCCEEDED", {})
    assert first.types[2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]
    for happened in ("TaskScheduled", "TaskStarted", "TaskSucceeded"):
        details = first.details(happened)[0]
        assert (details["resourceType"], details["resource"]) == ("aws-sdk:dynamodb", "transactWriteItems")
    assert second.error == "DynamoDb.TransactionCanceledException"
    reasons = "please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]"
    assert str(second.cause).startswith(f"Transaction cancelled, {reasons} (Service: DynamoDb, Status Code: 400, ")
    assert second.details("TaskFailed")[0]["error"] == second.error
    names = {
        item["PK"]["S"]
        for item in engine.client("dynamodb").scan(TableName=table)["Items"]
        if item["PK"]["S"].startswith("tx-")
    }
    assert names == {"tx-1", "tx-2"}


def test_clients_are_told_the_reasons_of_a_cancelled_transaction(engine: Emulator, table: str) -> None:
    client = engine.client("dynamodb")
    client.put_item(TableName=table, Item={"PK": {"S": "told"}, "claimed_by": {"S": "me"}})
    parts = [claim(table, name, ReturnValuesOnConditionCheckFailure="ALL_OLD") for name in ("free", "told")]

    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        client.transact_write_items(TransactItems=parts)

    assert cancelled.value.response["CancellationReasons"] == [
        {"Code": "None"},
        {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": {"PK": {"S": "told"}, "claimed_by": {"S": "me"}},
        },
    ]


def test_events_are_put_with_their_detail_as_json(engine: Emulator, machines: Machines) -> None:
    queue = queue_for_events(engine, "integration-events", {"source": ["tests.workflow"]})
    entry = {"Source": "tests.workflow", "DetailType": "told", "Detail": {"n": "{% $states.input %}"}}

    seen = machines.run_states(3, Put=task("events:putEvents", {"Entries": [entry]}))

    assert seen.output["FailedEntryCount"] == 0
    event = until(lambda: receive(engine, queue), "The event")
    put = json.loads(event["Body"])
    assert put["detail"] == {"n": 3}
    assert put["resources"] == [seen.arn.replace(":execution:", ":stateMachine:").rpartition(":")[0], seen.arn]
    details = seen.details("TaskScheduled")[0]
    assert (details["resourceType"], details["resource"]) == ("events", "putEvents")


def test_an_event_entry_that_is_refused_fails_the_task(machines: Machines) -> None:
    entries = [
        {"Source": "tests", "DetailType": "good", "Detail": {}},
        {"Source": "tests", "DetailType": "bad", "Detail": "not json"},
    ]

    seen = machines.run_states({}, Put=task("events:putEvents", {"Entries": entries}))

    assert seen.error == "EventBridge.FailedEntry"
    cause = json.loads(str(seen.cause))
    assert cause["FailedEntryCount"] == 1
    assert cause["Entries"][1] == {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}


def test_messages_go_to_queues_and_topics_as_json_text(engine: Emulator, machines: Machines) -> None:
    queues, topics = engine.client("sqs"), engine.client("sns")
    queue = queues.create_queue(QueueName="integration-queue")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = topics.create_topic(Name="integration-topic")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    send = task("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": {"to": "queue"}}, Next="Publish")
    del send["End"]

    seen = machines.run_states(
        {}, Send=send, Publish=task("sns:publish", {"TopicArn": topic, "Message": {"to": "topic"}})
    )
    bodies = [json.loads(until(lambda: receive(engine, queue), "A message")["Body"]) for _ in range(2)]

    assert seen.status == "SUCCEEDED"
    assert bodies == [{"to": "queue"}, {"to": "topic"}]


def test_queues_and_topics_that_do_not_exist_have_their_own_errors(machines: Machines) -> None:
    queue = {"QueueUrl": "http://127.0.0.1/000000000000/none", "MessageBody": "x"}
    topic = {"TopicArn": "arn:aws:sns:us-east-1:000000000000:none", "Message": "x"}

    assert machines.run_states({}, Send=task("sqs:sendMessage", queue)).error == "SQS.QueueDoesNotExistException"
    assert machines.run_states({}, Publish=task("sns:publish", topic)).error == "SNS.NotFoundException"
    nowhere = machines.run_states({}, Send=task("sqs:sendMessage", {**queue, "QueueUrl": "https://no-host/queue"}))
    assert (nowhere.error, nowhere.cause) == (
        "SQS.SdkClientException",
        "Unable to execute HTTP request: no-host: Name or service not known",
    )


def test_an_item_that_is_null_is_refused_before_the_table_is_looked_for(machines: Machines) -> None:
    seen = machines.run_states({}, Put=task("dynamodb:putItem", {"TableName": "none", "Item": None}))

    said = "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"
    assert seen.error == "DynamoDB.AmazonDynamoDBException"
    assert str(seen.cause).startswith(said)


def test_a_function_that_does_not_exist_is_named_in_full(machines: Machines) -> None:
    seen = machines.run_states({}, Call=task("lambda:invoke", {"FunctionName": "none", "Payload": {}}))

    named = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none:$LATEST (Service: AWSLambda;"
    assert seen.error == "Lambda.ResourceNotFoundException"
    assert str(seen.cause).startswith(named)


def test_a_task_can_wait_for_its_token(engine: Emulator, machines: Machines) -> None:
    queue = engine.client("sqs").create_queue(QueueName=f"tokens-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    body = {"QueueUrl": queue, "MessageBody": {"token": "{% $states.context.Task.Token %}"}}
    machine = machines.create({"StartAt": "Ask", "States": {"Ask": task("sqs:sendMessage.waitForTaskToken", body)}})

    running = machines.start(machine)
    token = json.loads(until(lambda: receive(engine, queue), "The token")["Body"])["token"]
    machines.client.send_task_success(taskToken=token, output='{"said": "yes"}')

    seen = machines.ended(running)
    assert seen.output == {"said": "yes"}
    assert seen.types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_task_without_a_sign_of_life_times_out(engine: Emulator, machines: Machines) -> None:
    queue = engine.client("sqs").create_queue(QueueName=f"tokens-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    body = {"QueueUrl": queue, "MessageBody": {"token": "{% $states.context.Task.Token %}"}}

    seen = machines.run_states(
        {}, Ask=task("sqs:sendMessage.waitForTaskToken", body, HeartbeatSeconds=1, TimeoutSeconds=30)
    )

    assert seen.error == "States.Timeout"


def test_the_plain_emulator_still_calls_a_refused_entry_a_success(plain_emulator: Emulator) -> None:
    entry = {"Source": "aws.tests", "DetailType": "not ours to send", "Detail": {}}

    seen = Machines(plain_emulator).run_states({}, Put=task("events:putEvents", {"Entries": [entry]}))

    assert seen.status == "SUCCEEDED"


def queue_for_events(engine: Emulator, name: str, pattern: dict[str, Any]) -> str:
    queues, events = engine.client("sqs"), engine.client("events")
    url: str = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def receive(engine: Emulator, queue: str) -> dict[str, Any] | None:
    client = engine.client("sqs")
    for message in client.receive_message(QueueUrl=queue, MaxNumberOfMessages=1).get("Messages", []):
        client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        found: dict[str, Any] = message
        return found
    return None


def test_an_activity_is_started_by_the_worker_that_asks_for_its_task(machines: Machines) -> None:
    activity = machines.client.create_activity(name="by-hand")["activityArn"]
    state = {"Type": "Task", "Resource": activity, "TimeoutSeconds": 30, "End": True}
    running = machines.start(machines.create({"StartAt": "Ask", "States": {"Ask": state}}), {"n": 1})

    given = machines.client.get_activity_task(activityArn=activity, workerName="Ann")
    machines.client.send_task_success(taskToken=given["taskToken"], output='"done"')
    seen = machines.ended(running)

    assert (json.loads(given["input"]), seen.output) == ({"n": 1}, "done")
    assert seen.types[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert seen.details("ActivityStarted") == [{"workerName": "Ann"}]


def test_an_activity_that_is_gone_fails_the_execution_before_it_is_scheduled(machines: Machines) -> None:
    activity = machines.client.create_activity(name="gone")["activityArn"]
    machine = machines.create(
        {"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": activity, "End": True}}}
    )
    machines.client.delete_activity(activityArn=activity)

    seen = machines.ended(machines.start(machine))

    assert (seen.types[-1], seen.error) == ("ExecutionFailed", "States.Runtime")
    assert seen.types[:-1] == ["ExecutionStarted", "TaskStateEntered"]
    assert f"The activity {activity} does not exist." in str(seen.cause)


def test_a_task_with_the_credentials_of_another_account_is_made_there(engine: Emulator, machines: Machines) -> None:
    there, role = "111122223333", "arn:aws:iam::111122223333:role/trusted"
    queue = engine.client("sqs", account=there).create_queue(QueueName="over-there")["QueueUrl"]
    call = task("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": "hi"}, Credentials={"RoleArn": "{% $role %}"})

    seen = machines.run_states({}, Set={"Type": "Pass", "Assign": {"role": role}, "Next": "Call"}, Call=call)

    assert seen.status == "SUCCEEDED", seen.cause
    assert seen.details("TaskScheduled")[0]["taskCredentials"] == {"roleArn": role}
    received = engine.client("sqs", account=there).receive_message(QueueUrl=queue)["Messages"]
    assert [message["Body"] for message in received] == ["hi"]


def test_the_token_of_a_task_that_waits_for_an_execution_can_end_it(machines: Machines) -> None:
    inner = machines.create({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}})
    arguments = {"StateMachineArn": inner, "Input": {"token": "{% $states.context.Task.Token %}"}}
    outer = machines.create({"StartAt": "Run", "States": {"Run": task("states:startExecution.sync:2", arguments)}})
    running = machines.start(outer)
    started = until(lambda: machines.client.list_executions(stateMachineArn=inner)["executions"], "the inner execution")
    token = json.loads(machines.client.describe_execution(executionArn=started[0]["executionArn"])["input"])["token"]

    machines.client.send_task_success(taskToken=token, output='"early"')

    assert machines.ended(running).output == "early"


def test_a_token_that_is_none_is_told_apart_from_one_that_is_over(machines: Machines) -> None:
    with pytest.raises(machines.client.exceptions.InvalidToken, match="Invalid Token: 'Invalid token'"):
        machines.client.send_task_success(taskToken="anything", output="1")
    with pytest.raises(machines.client.exceptions.TaskTimedOut, match="Provided task does not exist anymore"):
        machines.client.send_task_success(taskToken="AQCEAAAAKgAAAAMAAAAAof-before", output="1")


def test_a_state_machine_tells_of_its_variables_and_of_a_revision_once_it_is_updated(machines: Machines) -> None:
    machine = machines.create({"StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% $v %}", "End": True}}})

    first = machines.client.describe_state_machine(stateMachineArn=machine)
    updated = machines.client.update_state_machine(stateMachineArn=machine, roleArn=f"{ROLE}-2")
    second = machines.client.describe_state_machine(stateMachineArn=machine)

    assert (first["variableReferences"], first["tracingConfiguration"]) == ({"A": ["v"]}, {"enabled": False})
    assert "revisionId" not in first
    assert second["revisionId"] == updated["revisionId"]


def test_the_logs_of_a_state_machine_need_a_group_that_exists(machines: Machines) -> None:
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:nowhere:*"
    logging = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}
    done = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}

    with pytest.raises(machines.client.exceptions.InvalidLoggingConfiguration, match="Log Destination not found"):
        machines.create(done, loggingConfiguration=logging)
    with pytest.raises(machines.client.exceptions.InvalidLoggingConfiguration, match="exactly one Log Destination"):
        machines.create(done, loggingConfiguration={"level": "ALL"})


def test_publishing_what_has_not_changed_gives_the_version_that_there_is(machines: Machines) -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    machine = machines.create(definition, publish=True)
    text = machines.client.describe_state_machine(stateMachineArn=machine)["definition"]

    same = machines.client.update_state_machine(stateMachineArn=machine, definition=text, publish=True)
    again = machines.client.publish_state_machine_version(stateMachineArn=machine)
    other = machines.client.update_state_machine(stateMachineArn=machine, roleArn=f"{ROLE}-2", publish=True)

    versions = [seen["stateMachineVersionArn"].rpartition(":")[2] for seen in (same, again, other)]
    assert versions == ["1", "1", "2"]
    assert ("revisionId" in same, "revisionId" in other) == (False, True)


def test_an_alias_may_be_created_again_as_it_is_and_holds_its_version(machines: Machines) -> None:
    machine = machines.create({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, publish=True)
    client, version = machines.client, f"{machine}:1"
    alias = {"name": "live", "routingConfiguration": [{"stateMachineVersionArn": version, "weight": 100}]}

    first, second = client.create_state_machine_alias(**alias), client.create_state_machine_alias(**alias)

    assert first["stateMachineAliasArn"] == second["stateMachineAliasArn"]
    with pytest.raises(ClientError, match=r"aliases referencing this version: \[live\]"):
        client.delete_state_machine_version(stateMachineVersionArn=version)
    with pytest.raises(ClientError, match="a different routing configuration already exists"):
        client.create_state_machine_alias(**alias, description="other")
    with pytest.raises(ClientError, match=r"must equal 100\. Received: \[99\]"):
        client.create_state_machine_alias(
            name="new", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 99}]
        )
    with pytest.raises(ClientError, match="must contain state machine version ARNs"):
        client.create_state_machine_alias(
            name="new", routingConfiguration=[{"stateMachineVersionArn": machine, "weight": 100}]
        )


def test_a_published_message_carries_its_attributes(engine: Emulator, machines: Machines) -> None:
    topic = engine.client("sns").create_topic(Name="with-attributes")["TopicArn"]
    sqs = engine.client("sqs")
    queue = sqs.create_queue(QueueName="with-attributes")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    engine.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    attributes = {"tier": {"DataType": "String", "StringValue": "A-LIST"}}

    seen = machines.run_states(
        {}, Tell=task("sns:publish", {"TopicArn": topic, "Message": "hi", "MessageAttributes": attributes})
    )

    assert seen.status == "SUCCEEDED", seen.cause
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["MessageAttributes"] == {"tier": {"Type": "String", "Value": "A-LIST"}}


def test_the_log_of_a_function_comes_with_its_answer_where_it_is_asked_for(
    engine: Emulator, machines: Machines
) -> None:
    deploy(engine, "talks", "def handler(event, context):\n    print('here I am')\n    return 1\n")

    seen = machines.run_states({}, Call=task("lambda:invoke", {"FunctionName": "talks", "LogType": "Tail"}))

    assert "here I am" in base64.b64decode(seen.output["LogResult"]).decode()


def test_what_a_synchronous_execution_tells_includes_whether_it_can_be_redriven(machines: Machines) -> None:
    inner = machines.create({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})

    seen = machines.run_states({}, Run=task("states:startExecution.sync:2", {"StateMachineArn": inner}))

    assert (seen.output["RedriveCount"], seen.output["RedriveStatus"]) == (0, "NOT_REDRIVABLE")


def test_only_an_express_workflow_that_nobody_waits_for_has_a_redrive_count(
    engine: Emulator, machines: Machines
) -> None:
    show = {"Type": "Pass", "Output": "{% $states.context.Execution %}", "End": True}
    express = machines.create({"StartAt": "Show", "States": {"Show": show}}, type="EXPRESS")
    client = engine.client("stepfunctions", inject_host_prefix=False)

    waited = client.start_sync_execution(stateMachineArn=express)
    seen = machines.run_states({}, Show=show)

    assert "RedriveCount" not in json.loads(waited["output"])
    assert seen.output["RedriveCount"] == 0
