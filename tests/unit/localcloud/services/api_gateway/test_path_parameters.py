"""TestInvokeMethod takes path parameters from the path by the resource that it is asked to test."""

import pytest

from localcloud.services.api_gateway.test_invocation import path_parameters


@pytest.mark.parametrize(
    ("template", "path", "parameters"),
    [
        ("/flights/{flight}", "/flights/WN1", {"flight": "WN1"}),
        # A request would go to a resource /flights/today if there is one.
        ("/flights/{flight}", "/flights/today", {"flight": "today"}),
        ("/flights/{flight}/seats/{seat}", "/flights/WN1/seats/2A/", {"flight": "WN1", "seat": "2A"}),
        ("/files/{path+}", "/files/a/b", {"path": "a/b"}),
        ("/flights", "/flights", {}),
    ],
)
def test_the_values_are_where_the_resource_has_its_parameters(
    template: str, path: str, parameters: dict[str, str]
) -> None:
    assert path_parameters(template, path) == parameters


@pytest.mark.parametrize("path", ["/", "/flights", "/trains/WN1", "/flights/WN1/seats"])
def test_a_path_that_does_not_fit_gives_none(path: str) -> None:
    assert path_parameters("/flights/{flight}", path) == {}
