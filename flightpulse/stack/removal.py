"""What becomes of data when its stack goes."""

from aws_cdk import RemovalPolicy

from flightpulse.stack.settings import Settings


def removal_policy(settings: Settings) -> RemovalPolicy:
    """For whatever holds data or is named like what holds it.

    What is kept is still deleted when the deployment that made it fails: otherwise its name would be taken, and every
    further attempt would fail with "already exists".
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if settings.retained else RemovalPolicy.DESTROY
