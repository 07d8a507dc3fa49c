"""The player's HTML stands alone, survives sanitisers, and stays small."""

import base64
import json
import os
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path

from flightpulse.workbench.player import Player
from flightpulse.workbench.player.frames import TROUBLE_FIRST
from tests.unit.workbench.player import runs

ROOT = Path(__file__).parents[3]
CHILD = "arn:aws:states:us-east-1:000000000000:execution:FlightPulse-NotifyChunk:0f3b2c1d-1111-2222-3333-444455556666"


def unpacked(text):
    return json.loads(zlib.decompress(base64.b64decode(text)))


class Reader(HTMLParser):
    """What of a page is attribute, what is text, and what is left when scripts and attributes are taken away."""

    def __init__(self, text):
        super().__init__()
        self.data, self.tags, self.said, self._skipping = [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._skipping = tag in {"script", "style"}
        self.data += [unpacked(value) for name, value in attributes if name == "data-fp"]

    def handle_endtag(self, tag):
        self._skipping = False

    def handle_data(self, data):
        if not self._skipping:
            self.said.append(data)


def data_of(text):
    [data] = Reader(text).data
    return data


def calling_child(status="TaskSucceeded"):
    builder = runs.begun()
    builder.entered("Task", "Claim")
    answer = json.dumps({"ExecutionArn": CHILD})
    builder.add("TaskScheduled", resource="startExecution.sync:2", resourceType="states", parameters="{}")
    builder.add("TaskSubmitted", resource="startExecution.sync:2", resourceType="states", output=answer)
    builder.add(status, resource="startExecution.sync:2", resourceType="states", output=answer)
    builder.exited("Task", "Claim")
    return builder.events


def test_without_scripts_and_attributes_only_a_table_and_a_sentence_are_left():
    read = Reader(Player(runs.LINE, runs.retried_then_caught(), title="Delay").html())
    left = " ".join(read.said)
    assert "ConditionalCheckFailedException" in left
    assert "caught" in left
    assert not re.search(r"[{}]|function|var\(", left)


def test_names_with_quotes_angle_brackets_and_other_scripts_survive_the_attribute():
    odd = """O'Neill & <b>"Zoë"</b> </script> 飛行"""
    definition = {"StartAt": odd, "States": {odd: {"Type": "Pass", "End": True, "Comment": odd}}}
    builder = runs.begun()
    builder.entered("Pass", odd, data=json.dumps({"name": odd}, ensure_ascii=False))

    text = Player(definition, builder.events, title=odd).html()

    data = data_of(text)
    assert data["drawings"][0]["states"] == [[odd, odd]]
    assert data["runs"][0]["title"] == odd
    [entered] = [row for row in data["runs"][0]["rows"] if row["type"] == "PassStateEntered"]
    assert json.loads(entered["payloads"][0][1]) == {"name": odd}
    assert text.count("</script>") == 1


def test_a_page_loads_nothing_from_anywhere():
    page = Player(runs.MAP, runs.interleaved(), title="Delay").page()
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|src=|<link|@import|url\(", page.replace("default-src", "").replace("-src", ""))


def test_the_same_history_makes_the_same_bytes_whatever_the_hash_seed():
    code = (
        "import hashlib; from tests.unit.workbench.player import runs; from flightpulse.workbench.player import Player;"
        "p = Player(runs.MAP, runs.interleaved(), title='Delay');"
        "said = p.page() + p.diagram.text(p.replay.marks()) + str(p.table()) + p.gantt().text();"
        "print(hashlib.sha256(said.encode()).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(printed) == 1


def test_500_events_with_different_payloads_fit_60_kilobytes():
    history = runs.chunk_of(46)
    assert 495 <= len(history) <= 520
    assert len(Player(runs.MAP, history, title="Chunk").page().encode()) <= 60_000


def test_of_853_passengers_every_event_is_there_and_the_page_stays_small():
    history = runs.chunk_of(853)
    text = Player(runs.MAP, history, title="Chunk").html()
    [run] = data_of(text)["runs"]
    assert len(text.encode()) < 250_000
    assert [row["id"] for row in run["rows"]] == [event["id"] for event in history]
    assert [name for name, _, _ in run["items"]] == [f"item #{index} of Tell" for index in range(853)]


def test_an_item_has_the_worst_status_of_anything_inside_it():
    [run] = data_of(Player(runs.MAP, runs.chunk_of(3)).html())["runs"]
    assert [TROUBLE_FIRST[worst] for _, _, worst in run["items"]] == ["done", "done", "caught"]


def test_what_step_functions_cut_off_is_said_to_be_cut_off():
    history = runs.straight()
    history[0]["executionStartedEventDetails"] |= {"input": '{"flight', "inputDetails": {"truncated": True}}
    [run] = data_of(Player(runs.LINE, history).html())["runs"]
    assert run["rows"][0]["payloads"] == [["Input", '{"flight\n(Step Functions cut this off.)']]


def test_nested_executions_are_embedded_once_and_opened_from_their_state():
    nested = {CHILD: (runs.MAP, runs.interleaved())}
    data = data_of(Player(runs.LINE, calling_child(), title="Delay", nested=nested).html())
    outer, inner = data["runs"]
    assert outer["nested"] == {"0": [1]}
    assert inner["title"] == "FlightPulse-NotifyChunk 0f3b2c1d…"
    assert len(data["drawings"]) == 2


def test_a_nested_execution_may_be_given_as_a_mapping():
    nested = {CHILD: {"definition": runs.MAP, "events": runs.interleaved()}}
    assert len(data_of(Player(runs.LINE, calling_child(), nested=nested).html())["runs"]) == 2


def test_a_nested_execution_without_its_history_is_named():
    data = data_of(Player(runs.LINE, calling_child()).html())
    assert data["runs"][0]["nested"] == {"0": ["0f3b2c1d-1111-2222-3333-444455556666"]}


def test_nested_executions_of_one_machine_share_one_drawing():
    other = CHILD.replace("0f3b", "1f3b")
    history = calling_child()
    builder = runs.begun()
    builder.events = history
    builder.entered("Task", "Claim")
    builder.add("TaskScheduled", resource="startExecution.sync:2", resourceType="states", parameters="{}")
    builder.add(
        "TaskSucceeded",
        resource="startExecution.sync:2",
        resourceType="states",
        output=json.dumps({"ExecutionArn": other}),
    )
    nested = {arn: (runs.MAP, runs.interleaved()) for arn in (CHILD, other)}
    data = data_of(Player(runs.LINE, builder.events, nested=nested).html())
    assert (len(data["runs"]), len(data["drawings"])) == (3, 2)


def test_two_players_on_one_page_have_no_id_in_common():
    read = Reader(Player(runs.LINE, runs.straight()).html() * 2)
    assert len(read.data) == 2
    assert ' id="' not in Player(runs.LINE, runs.straight()).html()
