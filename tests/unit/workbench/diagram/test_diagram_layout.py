"""Layouts have no overlaps and no lines through boxes, whatever the state machine."""

import json
import os
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings

from flightpulse import paths
from flightpulse.workbench import diagram
from flightpulse.workbench.diagram.layout import layout
from flightpulse.workbench.diagram.scene import MARGIN, Arrow, Line, Rect, Text, compose
from tests.examples import examples
from tests.unit.workbench.diagram.geometry import faults
from tests.unit.workbench.diagram.machines import chain, machines, task

WORKFLOWS = sorted(paths.WORKFLOWS.glob("*.asl.json"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name.split(".")[0])
@pytest.mark.parametrize("with_status", [False, True])
def test_the_workflows_are_drawn_without_a_fault(path, with_status):
    drawn = diagram.of(path.read_text("utf-8"))
    assert faults(layout(drawn.scope, with_status=with_status)) == []


@settings(max_examples=examples(20, 300), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(machines())
def test_any_state_machine_is_drawn_without_a_fault(machine):
    drawn = diagram.of(machine)
    assert faults(drawn.layout) == []
    assert len(drawn.layout.boxes) == len(drawn.states)


def test_the_usual_way_goes_straight_down():
    boxes = {box.state.name: box for box in diagram.of(chain("A", "B", "C")).layout.boxes}
    centers = {box.x + box.width / 2 for box in boxes.values()}
    assert len(centers) == 1
    assert boxes["A"].y < boxes["B"].y < boxes["C"].y


def test_a_choice_goes_straight_down_to_what_does_not_fail():
    machine = {
        "StartAt": "C",
        "States": {
            "C": {"Type": "Choice", "Choices": [{"Condition": "{% $bad %}", "Next": "Bad"}], "Default": "Good"},
            "Bad": {"Type": "Fail"},
            "Good": {"Type": "Succeed"},
        },
    }
    boxes = {box.state.name: box for box in diagram.of(machine).layout.boxes}
    assert boxes["Bad"].x > boxes["Good"].x


def test_equal_ways_keep_the_order_of_the_definition():
    names = [f"W{number}" for number in range(4)]
    machine = {
        "StartAt": "C",
        "States": {
            "C": {"Type": "Choice", "Choices": [{"Condition": f"{{% {n} %}}", "Next": n} for n in names]},
            **{name: {"Type": "Succeed"} for name in names},
        },
    }
    boxes = [box for box in diagram.of(machine).layout.boxes if box.state.kind == "Succeed"]
    assert [box.state.name for box in sorted(boxes, key=lambda box: box.x)] == names


def test_a_state_that_nothing_leads_to_is_still_drawn():
    machine = chain("A", "B")
    machine["States"]["Lost"] = task(Next="B")
    assert "Lost" in {box.state.name for box in diagram.of(machine).layout.boxes}


def test_a_state_that_catches_into_itself_gets_a_loop():
    machine = chain("A", "B")
    machine["States"]["A"]["Catch"] = [{"ErrorEquals": ["Again"], "Next": "A"}]
    [loop] = [route for route in diagram.of(machine).layout.routes if route.edge.target == "A"]
    assert len(loop.points) >= 4


def test_a_name_of_80_characters_is_wrapped_and_stays_in_its_box():
    name = "ThisNameIsAsLongAsTheServiceAllows" * 2 + "WhichIsEighty"[:12]
    machine = {"StartAt": name, "States": {name: {"Type": "Succeed"}}}
    [box] = diagram.of(machine).layout.boxes
    assert len(name) == 80
    assert len(box.text.name) > 1
    assert box.width <= 260


def test_120_states_are_laid_out_in_a_moment():
    machine = chain(*[f"Step{number}" for number in range(120)])
    for state in list(machine["States"].values())[:-1]:
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Step119"}]
    before = time.process_time()
    assert faults(diagram.of(machine).layout) == []
    assert time.process_time() - before < 2


def test_a_thousand_states_in_a_row_do_not_exhaust_the_stack():
    assert len(diagram.of(chain(*[f"S{n}" for n in range(1000)])).layout.boxes) == 1000


def test_containers_come_before_edges_before_labels_before_boxes():
    scene = diagram.of(WORKFLOWS[0].read_text("utf-8")).scene()
    ranks = [
        0 if isinstance(item, Rect) and item.role == "container" else 1 if isinstance(item, Line | Arrow) else 3
        for item in scene.items
        if isinstance(item, Line | Arrow) or (isinstance(item, Rect) and item.role in {"container", "box"})
    ]
    assert ranks == sorted(ranks)
    labels = [n for n, item in enumerate(scene.items) if isinstance(item, Text) and item.role == "label"]
    boxes = [n for n, item in enumerate(scene.items) if isinstance(item, Rect) and item.role == "box"]
    assert not labels or max(labels) < min(boxes)


def test_every_edge_of_the_definition_is_drawn_and_every_arrival_has_a_head():
    drawn = diagram.of(WORKFLOWS[0].read_text("utf-8"))
    scene = compose(drawn.layout, diagram.NO_MARKS)
    lines = [item for item in scene.items if isinstance(item, Line) and item.edge]
    heads = {(item.x, item.y) for item in scene.items if isinstance(item, Arrow)}
    assert len(lines) == sum(len(state.edges) for state in drawn.states.values())
    assert {(line.whole or line.points)[-1] for line in lines} <= heads
    assert scene.width == drawn.layout.width + 2 * MARGIN


def test_a_layout_does_not_depend_on_the_hash_seed():
    code = (
        "import sys, hashlib; from flightpulse.workbench import diagram;"
        "drawn = diagram.of(sys.stdin.read());"
        "print(hashlib.sha256(drawn.text().encode() + drawn.picture().png).hexdigest())"
    )
    text = (paths.WORKFLOWS / "notify_chunk.asl.json").read_text("utf-8")
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=text,
            cwd=paths.ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "77")
    }
    assert len(printed) == 1


def test_a_definition_may_be_given_as_text_or_as_mapping():
    text = WORKFLOWS[0].read_text("utf-8")
    assert diagram.of(text).picture().png == diagram.of(json.loads(text)).picture().png
