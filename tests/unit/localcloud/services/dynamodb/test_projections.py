"""A projection copies what the emulator's own does, the first time and after that."""

from typing import Any

import pytest
from ministack.services import dynamodb

from localcloud.services.dynamodb import shortcuts

ITEM = {"a": {"S": "1"}, "status": {"S": "DELAYED"}, "x.y": {"N": "2"}, "m": {"M": {"k": {"S": "v"}, "j": {"S": "w"}}}}


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("a, nowhere", {}, {"a"}),
        ("a,#s", {"#s": "status"}, {"a", "status"}),
        ("#odd, #s", {"#odd": "x.y", "#s": "status"}, {"x.y", "status"}),
        ("m.k", {}, {"m"}),
        ("#m.k, a", {"#m": "m"}, {"m", "a"}),
    ],
)
def test_a_projection_gives_what_the_emulator_gives(text: str, names: Any, found: set[str]) -> None:
    project = shortcuts._of_plain_names(dynamodb._project_item)

    first, again = project(ITEM, text, names), project(ITEM, text, names)

    assert first == again == dynamodb._project_item(ITEM, text, names)
    assert set(first) == found


def test_the_same_text_with_other_names_is_another_projection() -> None:
    project = shortcuts._of_plain_names(dynamodb._project_item)

    assert [set(project(ITEM, "#n", {"#n": name})) for name in ("a", "status", "a")] == [{"a"}, {"status"}, {"a"}]
