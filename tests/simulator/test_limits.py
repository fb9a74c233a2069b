"""Quotas, unknown principals, and operations that are not there."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from activation.simulator.client import Simulator

Connect = Callable[..., Any]


@pytest.fixture
def iam(connect: Connect, identities: dict[str, Any]) -> Any:
    """The administrator's IAM."""
    return connect("iam", identities["customer"]["administrator"])


def policy(size: int) -> str:
    """Return a policy of exactly `size` characters, white space not counted."""

    def written(resource: str) -> str:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{resource}"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=4)

    return written("a" * (size - len("".join(written("").split()))))


def trust(*principals: str) -> str:
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"} for principal in principals
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_managed_policy_may_have_6144_characters(iam: Any) -> None:
    iam.create_policy(PolicyName="just-fits", PolicyDocument=policy(6144))
    with pytest.raises(ClientError, match="Cannot exceed quota for PolicySize: 6144"):
        iam.create_policy(PolicyName="too-large", PolicyDocument=policy(6145))


def test_trust_policy_and_attachments_are_limited(iam: Any) -> None:
    with pytest.raises(ClientError, match="Cannot exceed quota for ACLSizePerRole: 2048"):
        iam.create_role(RoleName="long-trust", AssumeRolePolicyDocument=trust(*["arn:aws:iam::999999999999:root"] * 30))
    iam.create_role(RoleName="much", AssumeRolePolicyDocument=trust("arn:aws:iam::999999999999:root"))
    with pytest.raises(ClientError, match="Maximum policy size of 10240 bytes exceeded for role much"):
        iam.put_role_policy(RoleName="much", PolicyName="p", PolicyDocument=policy(10241))
    arns = [
        iam.create_policy(PolicyName=f"one-of-many-{number}", PolicyDocument=policy(200))["Policy"]["Arn"]
        for number in range(11)
    ]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="much", PolicyArn=arn)
    iam.attach_role_policy(RoleName="much", PolicyArn=arns[0])
    with pytest.raises(ClientError, match="Cannot exceed quota for PoliciesPerRole: 10"):
        iam.attach_role_policy(RoleName="much", PolicyArn=arns[10])


def test_unknown_principals_are_refused_on_request(simulator: Simulator, identities: dict[str, Any], iam: Any) -> None:
    nobody = identities["vendor"]["principal_arn"] + "-nobody"
    iam.create_role(RoleName="trusts-nobody", AssumeRolePolicyDocument=trust(nobody))
    simulator.change_settings(check_principals=True)
    with pytest.raises(ClientError, match="Invalid principal in policy") as caught:
        iam.create_role(RoleName="trusts-nobody-2", AssumeRolePolicyDocument=trust(nobody))
    response: Any = caught.value.response
    assert response["Error"]["Code"] == "MalformedPolicyDocument"
    known = [identities["vendor"]["principal_arn"], "arn:aws:iam::999999999999:role/of-an-account-elsewhere"]
    iam.create_role(RoleName="trusts-somebody", AssumeRolePolicyDocument=trust(*known))


def test_what_is_not_there_says_so_at_once(connect: Connect, identities: dict[str, Any]) -> None:
    key = identities["customer"]["administrator"]
    for service, operation, parameters in (
        ("eks", "list_addons", {"clusterName": "x"}),
        ("service-quotas", "list_service_quotas", {"ServiceCode": "ec2"}),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(connect(service, key, attempts=3), operation)(**parameters)
        response: Any = caught.value.response
        assert response["Error"]["Code"] == "NotImplemented"
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert response["ResponseMetadata"]["RetryAttempts"] == 0
