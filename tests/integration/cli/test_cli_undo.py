"""``flightpulse destroy``: the last file of the group, because it takes away what the others look at."""

from tests.integration.cli.conftest import CommandLine, Demo


def test_destroying_removes_the_stack_and_leaves_the_cloud_up(cli: CommandLine, demo: Demo):
    assert "The stack is gone" in cli.ok("destroy")

    assert "not deployed. Next: flightpulse deploy" in cli.ok("status")
    refused = cli.run("inbox")
    assert (refused.returncode, "is not deployed" in refused.stderr) == (1, True)
    assert demo.client("dynamodb").list_tables()["TableNames"] == []
    assert "nothing to delete" in cli.ok("destroy")
