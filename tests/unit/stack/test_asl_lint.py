"""The lint of workflow definitions: each rule breaks on the fault it is there for."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from flightpulse.errors import UserError
from flightpulse.stack.asl import Definition
from flightpulse.stack.asl_lint import check, problems

Document = dict[str, Any]
KNOWN = ("TableName", "ErrorTopicArn", "NotificationDeadLettersUrl")
AGAIN = {"ErrorEquals": ["States.ALL"], "MaxAttempts": 3, "MaxDelaySeconds": 20, "JitterStrategy": "FULL"}


def task(**fields: Any) -> Document:
    return {
        "Type": "Task",
        "Comment": "Does it.",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Arguments": {"TableName": "${TableName}", "Key": {"PK": {"S": "{% 'FLIGHT#' & $event.flight_id %}"}}},
        "TimeoutSeconds": 30,
        "Retry": [AGAIN],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "SetAside"}],
        "Next": "Choose",
    } | fields


GOOD: Document = {
    "Comment": "A small workflow.",
    "QueryLanguage": "JSONata",
    "TimeoutSeconds": 60,
    "StartAt": "Read",
    "States": {
        "Read": task(Assign={"event": "{% $states.input %}", "all": "{% $states.result.Items %}"}),
        "Choose": {
            "Type": "Choice",
            "Comment": "Is anybody there?",
            "Choices": [{"Condition": "{% $count($all) > 0 %}", "Next": "Each"}],
            "Default": "Done",
        },
        "Each": {
            "Type": "Map",
            "Comment": "One by one.",
            "Items": "{% $all %}",
            "MaxConcurrency": 10,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "SetAside"}],
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "One",
                "States": {
                    "One": task(End=True, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Lost"}]),
                    "Lost": {"Type": "Pass", "Comment": "Never mind.", "End": True},
                },
            },
            "Next": "Done",
        },
        "SetAside": task(
            Resource="arn:aws:states:::sqs:sendMessage",
            Arguments={"QueueUrl": "${NotificationDeadLettersUrl}", "MessageBody": "{% $states.input %}"},
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Tell"}],
            Next="Tell",
        ),
        "Tell": task(
            Resource="arn:aws:states:::sns:publish",
            Arguments={"TopicArn": "${ErrorTopicArn}", "Message": "It failed."},
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            Next="Failed",
        ),
        "Done": {"Type": "Succeed", "Comment": "That is all."},
        "Failed": {"Type": "Fail", "Comment": "Somebody knows.", "Error": "Failed"},
    },
}
del GOOD["States"]["Each"]["ItemProcessor"]["States"]["One"]["Next"]


def found(document: Document) -> list[str]:
    return problems(Definition("sample", document), known_substitutions=KNOWN)


def changed(change: Callable[[Document], object]) -> list[str]:
    document = copy.deepcopy(GOOD)
    change(document)
    return found(document)


def state(document: Document, name: str) -> Document:
    found: Document = document["States"][name]
    return found


def one(document: Document) -> Document:
    found: Document = document["States"]["Each"]["ItemProcessor"]["States"]["One"]
    return found


def test_a_good_workflow_has_no_problems() -> None:
    assert found(GOOD) == []


Change = Callable[[Document], object]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda d: d.pop("QueryLanguage"), "QueryLanguage is not JSONata", id="query-language"),
        pytest.param(lambda d: d.pop("Comment"), "the workflow has no Comment", id="workflow-comment"),
        pytest.param(lambda d: d.pop("TimeoutSeconds"), "the workflow has no TimeoutSeconds", id="workflow-timeout"),
        pytest.param(lambda d: d.update(TimeoutSeconds=True), "the workflow has no TimeoutSeconds", id="boolean"),
        pytest.param(lambda d: d.update(TimeoutSeconds=0), "the workflow has no TimeoutSeconds", id="no-time"),
        pytest.param(lambda d: d.update(StartAt="Begin"), "Missing 'StartAt' target: Begin", id="start"),
        pytest.param(
            lambda d: state(d, "Read").update(Next="Gone"), "/Read/Next: Missing 'Next' target: Gone", id="next"
        ),
        pytest.param(
            lambda d: state(d, "Choose").update(Default="Gone"), "Missing 'Default' target: Gone", id="default"
        ),
        pytest.param(
            lambda d: state(d, "Choose")["Choices"][0].update(Next="Gone"), "/Choices[0]/Next: Missing", id="choice"
        ),
        pytest.param(lambda d: state(d, "Read")["Catch"][0].update(Next="Gone"), "/Catch[0]/Next: Missing", id="catch"),
        pytest.param(lambda d: one(d)["Catch"][0].update(Next="Done"), "Missing 'Next' target: Done", id="out-of-map"),
        pytest.param(
            lambda d: d["States"].update(Island={"Type": "Succeed", "Comment": "Alone."}),
            "Island can never be reached",
            id="unreachable",
        ),
        pytest.param(lambda d: one(d).update(End=False), "/One: Either 'Next' or 'End' is required", id="neither"),
        pytest.param(
            lambda d: state(d, "Read").update(End=True), "/Read: Either 'Next' or 'End' is required", id="both"
        ),
        pytest.param(lambda d: state(d, "Choose").pop("Default"), "a Choice needs a Default", id="no-default"),
        pytest.param(lambda d: state(d, "Choose")["Choices"][0].pop("Condition"), "needs a Condition", id="condition"),
        pytest.param(lambda d: state(d, "Done").update(Type="Stop"), "The field 'Type' should have one of", id="type"),
        pytest.param(lambda d: one(d).pop("Comment"), "Each/One: there is no Comment", id="comment"),
        pytest.param(
            lambda d: one(d).update(QueryLanguage="JSONPath"), "'QueryLanguage' can not be 'JSONPath'", id="mixed"
        ),
        pytest.param(lambda d: one(d).update(ResultPath="$.x"), "a Task state in JSONata has no ResultPath", id="path"),
        pytest.param(
            lambda d: state(d, "Done").update(Next="Failed"), "a Succeed state in JSONata has no Next", id="on"
        ),
        pytest.param(lambda d: one(d).pop("TimeoutSeconds"), "Each/One: it has no TimeoutSeconds", id="task-timeout"),
        pytest.param(lambda d: one(d).pop("Retry"), "Each/One: it has no Retry", id="retry"),
        pytest.param(
            lambda d: one(d).update(Retry=[{"ErrorEquals": ["X"], "MaxAttempts": 0}]), "it has no Retry", id="never"
        ),
        pytest.param(lambda d: one(d)["Retry"][0].pop("JitterStrategy"), "no JitterStrategy FULL", id="jitter"),
        pytest.param(lambda d: one(d)["Retry"][0].pop("MaxDelaySeconds"), "no MaxDelaySeconds", id="delay"),
        pytest.param(
            lambda d: one(d)["Retry"].append({**AGAIN, "ErrorEquals": ["Late"]}),
            "States.ALL must appear alone, and in the last rule of 'Retry'",
            id="last",
        ),
        pytest.param(
            lambda d: one(d)["Catch"][0]["ErrorEquals"].append("X"), "States.ALL must appear alone", id="alone"
        ),
        pytest.param(
            lambda d: one(d)["Catch"][0].pop("ErrorEquals"), "These fields are required: [ErrorEquals]", id="no-errors"
        ),
        pytest.param(
            lambda d: one(d).update(Resource="arn:aws:lambda:us-east-1:1:function:x"),
            "no service integration",
            id="arn",
        ),
        pytest.param(lambda d: one(d).update(Output="{% $merge([ %}"), "/One/Output: ", id="jsonata"),
        pytest.param(
            lambda d: one(d)["Arguments"].update(Key="FLIGHT#{% $x %}"), "Arguments.Key mixes text", id="half"
        ),
        pytest.param(lambda d: one(d)["Arguments"].update(Key="$.flight"), "Arguments.Key looks like JSONPath", id="$"),
        pytest.param(lambda d: one(d)["Arguments"].update({"Key.$": "x"}), "Key.$ looks like JSONPath", id=".$"),
        pytest.param(
            lambda d: one(d)["Arguments"].update(TableName="${Tabel}"), "${Tabel} is a substitution", id="substitution"
        ),
        pytest.param(lambda d: state(d, "Read").pop("Catch"), "Read catches not every error", id="uncaught"),
        pytest.param(
            lambda d: state(d, "Read")["Catch"][0].update(Next="Failed"),
            "Read fails without a dead letter and a word to the error topic",
            id="silent",
        ),
        pytest.param(
            lambda d: one(d).pop("Catch"), "Each/One catches not every error, so one item's failure", id="one-stops-all"
        ),
    ],
)
def test_a_fault_is_found(change: Change, said: str) -> None:
    seen = changed(change)
    assert any(said in problem for problem in seen), seen


def test_a_loop_without_an_end_is_found() -> None:
    loop = {"Type": "Pass", "Comment": "Again.", "Next": "Loop"}
    seen = found({**GOOD, "StartAt": "Loop", "States": {"Loop": loop}})
    assert "the workflow has no way to end" in seen


def test_a_dead_letter_inside_a_map_may_not_end_the_others_either() -> None:
    def last_resort(document: Document) -> None:
        one(document).update(Resource="arn:aws:states:::sqs:sendMessage")
        del one(document)["Catch"]
        del document["States"]["Each"]["ItemProcessor"]["States"]["Lost"]

    assert any("Each/One catches not every error" in problem for problem in changed(last_resort))


def write(**arguments: Any) -> Change:
    """Makes the first state a write with such arguments."""

    def change(document: Document) -> None:
        state(document, "Read").update(
            Resource="arn:aws:states:::dynamodb:updateItem",
            Arguments={
                "TableName": "${TableName}",
                "Key": {"PK": {"S": "x"}},
                "UpdateExpression": "SET #a = :a REMOVE b",
                "ConditionExpression": "attribute_exists(PK) AND (#a < :a OR NOT #a IN (:b, :c))",
                "ExpressionAttributeNames": {"#a": "a"},
                "ExpressionAttributeValues": {":a": {"N": "1"}, ":b": {"N": "2"}, ":c": {"N": "3"}},
            }
            | arguments,
        )

    return change


def test_a_write_that_dynamodb_takes_has_no_problems() -> None:
    assert changed(write()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"ConditionExpression": "#a != :a OR :b = :c"},
            '\'#a != :a OR :b = :c\': Invalid ConditionExpression: Syntax error; token: "!", near: "#a !="',
        ),
        ({"ConditionExpression": "#a == :a"}, 'token: "=", near: "== :a"'),
        ({"ConditionExpression": "#a = :a AND"}, 'token: "<EOF>", near: "AND"'),
        ({"ConditionExpression": "(#a = :a"}, 'token: "<EOF>", near: ":a"'),
        ({"ConditionExpression": "#a = :a)"}, 'token: ")", near: ":a)"'),
        ({"ConditionExpression": "exists(#a)"}, "Invalid function name; function: exists"),
        ({"UpdateExpression": "SET #a := :a"}, "Invalid UpdateExpression"),
        (
            {"UpdateExpression": "SET #a = :a, status = :b"},
            "Attribute name is a reserved keyword; reserved keyword: status",
        ),
        ({"UpdateExpression": "SET #a = :a SET b = :b"}, 'The "SET" section can only be used once'),
        ({"UpdateExpression": "#a = :a"}, 'token: "#a", near: "#a ="'),
        ({"UpdateExpression": "{% 'SET #a = :a' & ($x ? ' b = :b' : '') %}"}, 'token: "b", near: ":a b ="'),
        ({"ExpressionAttributeNames": {}}, "#a is in an expression and not in ExpressionAttributeNames"),
        (
            {"ExpressionAttributeNames": {"#a": "a", "#b": "b"}},
            "#b is in ExpressionAttributeNames and in no expression",
        ),
        ({"ExpressionAttributeValues": {":a": {"N": "1"}}}, ":b is in an expression and not in"),
    ],
)
def test_an_expression_that_dynamodb_refuses_is_found(arguments: Document, said: str) -> None:
    seen = changed(write(**arguments))
    assert any(said in problem for problem in seen), seen


def test_an_expression_inside_jsonata_and_one_in_a_letter_are_read_too() -> None:
    query = "{% $merge([{'TableName': '${TableName}', 'KeyConditionExpression': 'PK != :flight'}, $from]) %}"
    letter = {
        "QueueUrl": "${NotificationDeadLettersUrl}",
        "MessageBody": {"redrive": {"update_item": {"TableName": "${TableName}", "UpdateExpression": "SET a"}}},
    }

    in_query = changed(
        lambda d: state(d, "Read").update(Resource="arn:aws:states:::aws-sdk:dynamodb:query", Arguments=query)
    )
    in_letter = changed(lambda d: state(d, "SetAside").update(Arguments=letter))

    assert any("Read: 'PK != :flight': Invalid KeyConditionExpression" in problem for problem in in_query)
    assert any("SetAside: 'SET a': Invalid UpdateExpression" in problem for problem in in_letter)


def transaction(update: str, names: str, *, inline: bool) -> Change:
    """Makes the first state a transaction of one update, in JSON or made by JSONata for each of some items."""
    part = (
        f"{{'TableName': '${{TableName}}', 'UpdateExpression': '{update}', 'ExpressionAttributeNames': {names}, "
        "'ExpressionAttributeValues': {':a': {'S': 'x'}}}"
    )
    plain = [{"Update": json.loads(part.replace("'", '"'))}]
    items = f"{{% [[1..3].({{'Update': {part}}})] %}}" if inline else plain
    return lambda document: state(document, "Read").update(
        Resource="arn:aws:states:::aws-sdk:dynamodb:transactWriteItems", Arguments={"TransactItems": items}
    )


@pytest.mark.parametrize("inline", [False, True], ids=["json", "jsonata"])
def test_the_parts_of_a_transaction_are_read(inline: bool) -> None:
    assert changed(transaction("SET #a = :a", "{'#a': 'a'}", inline=inline)) == []
    wrong = changed(transaction("SET #a", "{'#a': 'a'}", inline=inline))
    assert any("Read: 'SET #a': Invalid UpdateExpression" in problem for problem in wrong), wrong
    missing = changed(transaction("SET #b = :a", "{'#a': 'a'}", inline=inline))
    assert any("Read: #b is in an expression and not " in problem for problem in missing), missing


def test_items_that_come_one_after_the_other_may_stop_each_other() -> None:
    def in_turn(document: Document) -> None:
        document["States"]["Each"]["MaxConcurrency"] = 1
        del one(document)["Catch"]
        del document["States"]["Each"]["ItemProcessor"]["States"]["Lost"]

    assert changed(in_turn) == []


def test_the_first_problem_is_said_in_one_line_and_the_others_are_counted() -> None:
    with pytest.raises(UserError) as raised:
        check(Definition("sample", {**GOOD, "QueryLanguage": "JSONPath", "Comment": ""}), known_substitutions=KNOWN)
    assert str(raised.value).startswith("sample.asl.json: QueryLanguage is not JSONata (and 1 more).")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("{% $nobody %}", "/States/Done/Output: The variable $nobody is assigned nowhere"),
        ("{% name %}", "/States/Done/Output: 'name' is a name without a context; did you mean $states.input.name?"),
        ("{% $states.errorOutput %}", "/States/Done/Output: $states.errorOutput is not available in this field"),
    ],
)
def test_what_step_functions_refuses_or_warns_of_is_found(output: str, said: str) -> None:
    assert changed(lambda document: state(document, "Done").update(Output=output)) == [said]
