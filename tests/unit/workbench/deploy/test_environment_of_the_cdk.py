"""What of the user's environment reaches the CDK."""

from flightpulse.stack import node
from flightpulse.workbench.deploy import cdk


def test_nothing_of_the_users_reaches_the_cdk_on_the_local_cloud():
    users = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "x", "HTTPS_PROXY": "http://proxy", "HOME": "/home/me"}

    made = cdk.environment_for("local", users, {"AWS_ACCESS_KEY_ID": "test"})

    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"} & made.keys()
    assert (made["AWS_ACCESS_KEY_ID"], made["HOME"]) == ("test", "/home/me")


def test_an_account_is_reached_with_everything_the_user_has():
    users = {"AWS_PROFILE": "work", "HTTPS_PROXY": "http://proxy"}

    made = cdk.environment_for("aws", users, {"AWS_REGION": "eu-west-1"})

    assert (made["AWS_PROFILE"], made["HTTPS_PROXY"], made["AWS_REGION"]) == ("work", "http://proxy", "eu-west-1")


def test_the_cdk_runs_on_the_node_of_its_wheel():
    made = cdk.environment_for("local", {"PATH": "/usr/bin"}, {})

    assert made["PATH"].startswith(str(node.find().parent))
    assert made["PATH"].endswith("/usr/bin")
