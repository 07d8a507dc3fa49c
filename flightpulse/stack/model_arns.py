"""The ARNs behind a model id."""

from aws_cdk import Aws

_PROFILE_PREFIXES = ("us", "eu", "apac", "jp", "au", "ca", "us-gov", "global")


def model_arns(model_id: str) -> list[str]:
    """What a role must be allowed so that Converse works with a model or inference profile id.

    A profile such as ``us.amazon.nova-lite-v1:0`` sends a request to the model in any of its regions.
    """
    prefix, _, model = model_id.partition(".")
    if prefix not in _PROFILE_PREFIXES:
        return [f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}::foundation-model/{model_id}"]
    return [
        f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:inference-profile/{model_id}",
        f"arn:{Aws.PARTITION}:bedrock:*::foundation-model/{model}",
    ]
