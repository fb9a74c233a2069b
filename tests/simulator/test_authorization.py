"""Rights of users and roles: enforced on calls, and told in advance by SimulatePrincipalPolicy."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from activation.simulator.client import Simulator

Connect = Callable[..., Any]
NOBODY = '{"Version": "2012-10-17", "Statement": []}'


def document(effect: str, action: str) -> str:
    """Return a policy of one statement."""
    statement = {"Effect": effect, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_least_rights_make_what_is_named_zilliz_and_nothing_else(connect: Connect, identities: dict[str, Any]) -> None:
    customer = identities["customer"]
    iam = connect("iam", customer["least_rights"])
    iam.create_role(RoleName="zilliz-least", AssumeRolePolicyDocument=NOBODY)
    with pytest.raises(ClientError) as caught:
        iam.create_role(RoleName="other", AssumeRolePolicyDocument=NOBODY)
    response: Any = caught.value.response
    assert response["Error"]["Code"] == "AccessDenied"
    assert response["Error"]["Message"] == (
        f"User: {customer['least_rights']['arn']} is not authorized to perform: iam:CreateRole on resource: "
        f"arn:aws:iam::{customer['account']}:role/other "
        "because no identity-based policy allows the iam:CreateRole action"
    )


def test_too_few_rights_fail_in_the_middle(connect: Connect, identities: dict[str, Any]) -> None:
    iam = connect("iam", identities["customer"]["too_few_rights"])
    iam.create_policy(PolicyName="zilliz-few", PolicyDocument=document("Allow", "s3:*"))
    with pytest.raises(ClientError, match="iam:CreateRole"):
        iam.create_role(RoleName="zilliz-few", AssumeRolePolicyDocument=NOBODY)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "named"),
    [
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}, "UnauthorizedOperation", "ec2:CreateVpc"),
        ("eks", "describe_cluster", {"name": "c1"}, "AccessDeniedException", ":cluster/c1"),
        ("s3", "create_bucket", {"Bucket": "b-1"}, "AccessDenied", 's3:CreateBucket on resource: "arn:aws:s3:::b-1"'),
        ("s3", "list_objects_v2", {"Bucket": "b-1"}, "AccessDenied", "s3:ListBucket"),
    ],
)
def test_refusals_come_in_the_words_of_the_service(
    connect: Connect,
    identities: dict[str, Any],
    service: str,
    operation: str,
    parameters: dict[str, Any],
    code: str,
    named: str,
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(connect(service, identities["customer"]["least_rights"]), operation)(**parameters)
    response: Any = caught.value.response
    assert response["Error"]["Code"] == code
    assert named in response["Error"]["Message"]


def test_explicit_deny_and_boundary_are_named(connect: Connect, identities: dict[str, Any]) -> None:
    customer = identities["customer"]
    iam = connect("iam", customer["administrator"])
    boundary = iam.create_policy(PolicyName="iam-only", PolicyDocument=document("Allow", "iam:*"))["Policy"]["Arn"]
    trust = {"Effect": "Allow", "Principal": {"AWS": customer["administrator"]["arn"]}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="bounded",
        PermissionsBoundary=boundary,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    iam.attach_role_policy(RoleName="bounded", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_role_policy(RoleName="bounded", PolicyName="no", PolicyDocument=document("Deny", "iam:DeleteRole"))
    given = connect("sts", customer["administrator"]).assume_role(RoleArn=role, RoleSessionName="s1")["Credentials"]
    key = {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }
    connect("iam", key).list_roles()
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        connect("iam", key).delete_role(RoleName="x")
    with pytest.raises(ClientError, match="because no permissions boundary allows the ec2:DescribeVpcs action"):
        connect("ec2", key).describe_vpcs()

    results = iam.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=["iam:ListRoles", "iam:DeleteRole", "ec2:DescribeVpcs"]
    )["EvaluationResults"]
    assert [one["EvalDecision"] for one in results] == ["allowed", "explicitDeny", "implicitDeny"]
    assert results[2]["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert results[0]["MatchedStatements"][0]["SourcePolicyId"] == "arn:aws:iam::aws:policy/AdministratorAccess"


def test_enforcement_is_a_switch(simulator: Simulator, connect: Connect, identities: dict[str, Any]) -> None:
    ec2 = connect("ec2", identities["customer"]["least_rights"])
    simulator.change_settings(enforce_identity_policies=False)
    ec2.describe_vpcs()
    simulator.clear()
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.describe_vpcs()


def test_simulation_answers_for_each_action_and_resource(connect: Connect, identities: dict[str, Any]) -> None:
    customer = identities["customer"]
    iam = connect("iam", customer["administrator"])
    mine, other = (f"arn:aws:iam::{customer['account']}:role/{name}" for name in ("zilliz-a", "other"))
    results = iam.simulate_principal_policy(
        PolicySourceArn=customer["least_rights"]["arn"],
        ActionNames=["iam:CreateRole", "iam:GetRole"],
        ResourceArns=[mine, other],
    )["EvaluationResults"]
    found = {(one["EvalActionName"], one["EvalResourceName"]): one["EvalDecision"] for one in results}
    assert found == {
        ("iam:CreateRole", mine): "allowed",
        ("iam:CreateRole", other): "implicitDeny",
        ("iam:GetRole", mine): "allowed",
        ("iam:GetRole", other): "allowed",
    }


def test_simulation_takes_context_and_lists_what_is_missing(connect: Connect, identities: dict[str, Any]) -> None:
    iam = connect("iam", identities["customer"]["administrator"])
    conditional = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "ec2:DeleteVpc",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceTag/Vendor": "zilliz"}},
            }
        ],
    }
    asked = {"PolicyInputList": [json.dumps(conditional)], "ActionNames": ["ec2:DeleteVpc"]}
    without = iam.simulate_custom_policy(**asked)["EvaluationResults"][0]
    assert (without["EvalDecision"], without["MissingContextValues"]) == ("implicitDeny", ["aws:ResourceTag/Vendor"])
    tag = {"ContextKeyName": "aws:ResourceTag/Vendor", "ContextKeyType": "string", "ContextKeyValues": ["zilliz"]}
    assert (
        iam.simulate_custom_policy(**asked, ContextEntries=[tag])["EvaluationResults"][0]["EvalDecision"] == "allowed"
    )


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("arn:aws:iam::{account}:user/nobody", "NoSuchEntity"),
        ("arn:aws:iam::{account}:root", "InvalidInput"),
        ("arn:aws:sts::{account}:assumed-role/x/y", "InvalidInput"),
    ],
)
def test_simulation_of_what_is_no_user_or_role(
    connect: Connect, identities: dict[str, Any], source: str, code: str
) -> None:
    customer = identities["customer"]
    with pytest.raises(ClientError) as caught:
        connect("iam", customer["administrator"]).simulate_principal_policy(
            PolicySourceArn=source.format(account=customer["account"]), ActionNames=["iam:GetRole"]
        )
    response: Any = caught.value.response
    assert response["Error"]["Code"] == code


def test_simulation_itself_needs_the_right(connect: Connect, identities: dict[str, Any]) -> None:
    customer = identities["customer"]
    with pytest.raises(ClientError, match="iam:SimulatePrincipalPolicy"):
        connect("iam", customer["too_few_rights"]).simulate_principal_policy(
            PolicySourceArn=customer["too_few_rights"]["arn"], ActionNames=["iam:GetRole"]
        )


def test_a_role_may_be_handed_to_a_service_only_by_who_may_pass_it(
    connect: Connect, identities: dict[str, Any]
) -> None:
    customer = identities["customer"]
    iam = connect("iam", customer["administrator"])
    role = iam.create_role(RoleName="passed", AssumeRolePolicyDocument=NOBODY)["Role"]["Arn"]
    iam.create_user(UserName="builder")
    iam.put_user_policy(UserName="builder", PolicyName="eks", PolicyDocument=document("Allow", "eks:*"))
    made = iam.create_access_key(UserName="builder")["AccessKey"]
    key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"], "session_token": ""}
    asked = {"name": "passing", "roleArn": role, "resourcesVpcConfig": {"subnetIds": []}}
    with pytest.raises(ClientError, match=f"perform: iam:PassRole on resource: {role}"):
        connect("eks", key).create_cluster(**asked)
    iam.put_user_policy(UserName="builder", PolicyName="pass", PolicyDocument=document("Allow", "iam:PassRole"))
    connect("eks", key).create_cluster(**asked)


def test_a_node_group_asks_for_the_right_to_look_for_the_role_of_eks_and_to_have_it_made(
    connect: Connect, identities: dict[str, Any]
) -> None:
    customer = identities["customer"]
    iam = connect("iam", customer["administrator"])
    role = iam.create_role(RoleName="nodes", AssumeRolePolicyDocument=NOBODY)["Role"]["Arn"]
    iam.create_user(UserName="grouper")
    made = iam.create_access_key(UserName="grouper")["AccessKey"]
    key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"], "session_token": ""}
    eks = connect("eks", key)
    connect("eks", customer["administrator"]).create_cluster(
        name="grouped", roleArn=role, resourcesVpcConfig={"subnetIds": []}
    )

    def group(name: str, *statements: tuple[str, str]) -> None:
        rights = [("eks:*", "*"), ("iam:PassRole", role), *statements]
        allowed = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in rights]
        text = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        iam.put_user_policy(UserName="grouper", PolicyName="rights", PolicyDocument=text)
        eks.create_nodegroup(clusterName="grouped", nodegroupName=name, subnets=["subnet-1"], nodeRole=role)

    with_path = "arn:aws:iam::*:role/aws-service-role/eks*"
    # Of a role that does not exist IAM knows no path: the pattern with one does not speak of it.
    with pytest.raises(ClientError, match=r"Failed to validate if SLR: .* missing permissions for 'iam:GetRole'"):
        group("one", ("iam:GetRole", with_path), ("iam:CreateServiceLinkedRole", with_path))
    look = ("iam:GetRole", "arn:aws:iam::*:role/*ForAmazonEKS*")
    with pytest.raises(ClientError, match=r"missing permissions for 'iam:CreateServiceLinkedRole'"):
        group("two", look)
    group("three", look, ("iam:CreateServiceLinkedRole", with_path))
    iam.create_role(
        RoleName="AWSServiceRoleForAmazonEKSNodegroup",
        Path="/aws-service-role/eks-nodegroup.amazonaws.com/",
        AssumeRolePolicyDocument=NOBODY,
    )
    group("four", ("iam:GetRole", with_path))


def test_user_may_look_at_itself_where_its_own_arn_is_allowed(connect: Connect, identities: dict[str, Any]) -> None:
    customer = identities["customer"]
    assert connect("iam", customer["too_few_rights"]).get_user()["User"]["UserName"] == "reader"
    iam = connect("iam", customer["administrator"])
    iam.create_user(UserName="stranger")
    made = iam.create_access_key(UserName="stranger")["AccessKey"]
    key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"], "session_token": ""}
    with pytest.raises(ClientError, match=r"iam:GetUser on resource: arn:aws:iam::[0-9]{12}:user/stranger "):
        connect("iam", key).get_user()


def test_tags_of_roles_and_users_and_requests_count_in_conditions(connect: Connect, identities: dict[str, Any]) -> None:
    customer = identities["customer"]
    iam = connect("iam", customer["administrator"])
    tags = [{"Key": "Team", "Value": "blue"}]
    iam.create_role(RoleName="tagged-blue", AssumeRolePolicyDocument=NOBODY, Tags=tags)
    iam.create_user(UserName="painter", Tags=tags)
    statements = [
        {"Action": "iam:GetRole", "Condition": {"StringEquals": {"iam:ResourceTag/Team": "${aws:PrincipalTag/Team}"}}},
        {"Action": "iam:CreateRole", "Condition": {"StringEquals": {"aws:RequestTag/Team": "blue"}}},
    ]
    allowed = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
    written = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_user_policy(UserName="painter", PolicyName="own", PolicyDocument=written)
    made = iam.create_access_key(UserName="painter")["AccessKey"]
    key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"], "session_token": ""}
    painter = connect("iam", key)
    painter.get_role(RoleName="tagged-blue")
    painter.create_role(RoleName="painted", AssumeRolePolicyDocument=NOBODY, Tags=tags)
    with pytest.raises(ClientError, match="iam:CreateRole"):
        painter.create_role(RoleName="unpainted", AssumeRolePolicyDocument=NOBODY)
    iam.untag_role(RoleName="tagged-blue", TagKeys=["Team"])
    with pytest.raises(ClientError, match="iam:GetRole"):
        painter.get_role(RoleName="tagged-blue")
