"""Accepts findings of cdk-nag, each with its reason, at the construct that has them."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(construct: IConstruct, reasons: dict[str, str]) -> None:
    """Accept findings (``AwsSolutions-IAM5[Resource::*]`` and the like) on a construct and all within it."""
    Validations.of(construct).acknowledge(*(Acknowledgment(id=id_, reason=reason) for id_, reason in reasons.items()))
