"""AssumeRole against real trust policies, and the other ways to temporary credentials."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from activation.simulator.client import Simulator

Connect = Callable[..., Any]
EXTERNAL_ID = "zb-the-right-one"


def trust(principal: str, condition: object = None) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    if condition is not None:
        statement["Condition"] = condition  # type: ignore[assignment]
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def role(connect: Connect, identities: dict[str, Any], request: pytest.FixtureRequest) -> str:
    """A role in the customer's account, guarded as the portal asks for it; returns its ARN."""
    iam = connect("iam", identities["customer"]["administrator"])
    document = trust(identities["vendor"]["principal_arn"], {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}})
    name = f"zilliz-{abs(hash(request.node.name)) % 10**9}"
    made = iam.create_role(RoleName=name, Path="/zilliz/", AssumeRolePolicyDocument=document)
    iam.put_role_policy(
        RoleName=name,
        PolicyName="look",
        PolicyDocument=(
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}}'
        ),
    )
    return str(made["Role"]["Arn"])


def denied(call: Callable[..., Any], **parameters: Any) -> str:
    """Return the message of an AccessDenied."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response: Any = caught.value.response
    assert response["Error"]["Code"] == "AccessDenied", response["Error"]
    return str(response["Error"]["Message"])


def test_right_external_id_gives_credentials_that_act_in_the_role_and_its_account(
    connect: Connect, identities: dict[str, Any], role: str
) -> None:
    vendor = connect("sts", identities["vendor"]["role"])
    answer = vendor.assume_role(RoleArn=role, RoleSessionName="run-1", ExternalId=EXTERNAL_ID)
    given = answer["Credentials"]
    key = {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }
    assert given["AccessKeyId"].startswith("ASIA")
    who = connect("sts", key).get_caller_identity()
    assert who["Account"] == identities["customer"]["account"]
    assert who["Arn"] == f"arn:aws:sts::{who['Account']}:assumed-role/{role.rpartition('/')[2]}/run-1"
    assert role in [one["Arn"] for one in connect("iam", key).list_roles()["Roles"]]
    assert "because no identity-based policy allows the iam:ListUsers action" in denied(connect("iam", key).list_users)


@pytest.mark.parametrize("more", [{}, {"ExternalId": "zb-a-wrong-one"}])
def test_absent_or_wrong_external_id_is_refused_in_the_words_of_aws(
    connect: Connect, identities: dict[str, Any], role: str, more: dict[str, str]
) -> None:
    vendor = identities["vendor"]["role"]
    text = denied(connect("sts", vendor).assume_role, RoleArn=role, RoleSessionName="run-1", **more)
    assert text == f"User: {vendor['arn']} is not authorized to perform: sts:AssumeRole on resource: {role}"


def test_other_principals_and_missing_roles_get_the_same_words(
    connect: Connect, identities: dict[str, Any], role: str
) -> None:
    asked = {"RoleSessionName": "run-1", "ExternalId": EXTERNAL_ID}
    for key in (identities["vendor"]["user"], identities["other_customer"]["administrator"]):
        text = denied(connect("sts", key).assume_role, RoleArn=role, **asked)
        assert text == f"User: {key['arn']} is not authorized to perform: sts:AssumeRole on resource: {role}"
    for missing in (role + "-x", role.replace("/zilliz/", "/")):
        assert missing in denied(connect("sts", identities["vendor"]["role"]).assume_role, RoleArn=missing, **asked)


def test_careless_sts_for_attack_tests_is_a_switch(
    simulator: Simulator, connect: Connect, identities: dict[str, Any], role: str
) -> None:
    sts = connect("sts", identities["vendor"]["role"])
    simulator.change_settings(ignore_external_ids=True)
    sts.assume_role(RoleArn=role, RoleSessionName="run-1")
    simulator.clear()
    denied(sts.assume_role, RoleArn=role, RoleSessionName="run-1")


def test_trust_that_was_changed_counts_at_once(connect: Connect, identities: dict[str, Any], role: str) -> None:
    sts = connect("sts", identities["vendor"]["role"])
    sts.assume_role(RoleArn=role, RoleSessionName="run-1", ExternalId=EXTERNAL_ID)
    iam = connect("iam", identities["customer"]["administrator"])
    document = trust(identities["vendor"]["principal_arn"], {"StringEquals": {"sts:ExternalId": "zb-renewed"}})
    iam.update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=document)
    denied(sts.assume_role, RoleArn=role, RoleSessionName="run-1", ExternalId=EXTERNAL_ID)


def test_caller_without_the_right_to_assume_is_refused_though_the_account_is_trusted(
    connect: Connect, identities: dict[str, Any]
) -> None:
    customer, other = identities["customer"], identities["other_customer"]
    iam = connect("iam", customer["administrator"])
    document = trust(f"arn:aws:iam::{other['account']}:root")
    arn = iam.create_role(RoleName="trusts-an-account", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    connect("sts", other["administrator"]).assume_role(RoleArn=arn, RoleSessionName="s1")
    text = denied(connect("sts", other["least_rights"]).assume_role, RoleArn=arn, RoleSessionName="s1")
    assert "because no identity-based policy allows the sts:AssumeRole action" in text
    assert "root" in denied(connect("sts", other["root"]).assume_role, RoleArn=arn, RoleSessionName="s1")


def test_user_becomes_the_vendor_role_and_chained_sessions_last_an_hour_at_most(
    connect: Connect, identities: dict[str, Any], role: str
) -> None:
    given = connect("sts", identities["vendor"]["user"]).assume_role(
        RoleArn=identities["vendor"]["principal_arn"], RoleSessionName="portal"
    )["Credentials"]
    key = {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }
    asked = {"RoleArn": role, "RoleSessionName": "run-1", "ExternalId": EXTERNAL_ID}
    connect("sts", key).assume_role(**asked, DurationSeconds=3600)
    with pytest.raises(ClientError, match="1 hour session limit"):
        connect("sts", key).assume_role(**asked, DurationSeconds=3601)


@pytest.mark.parametrize(
    "wrong",
    [{"ExternalId": "with blank"}, {"RoleSessionName": "a b"}, {"DurationSeconds": 43201}, {"RoleArn": "x" * 30}],
)
def test_parameters_outside_the_grammar_are_refused(
    connect: Connect, identities: dict[str, Any], role: str, wrong: dict[str, Any]
) -> None:
    sts = connect("sts", identities["vendor"]["role"])
    with pytest.raises(ClientError) as caught:
        sts.assume_role(**({"RoleArn": role, "RoleSessionName": "run-1", "ExternalId": EXTERNAL_ID} | wrong))
    response: Any = caught.value.response
    assert response["Error"]["Code"] == "ValidationError"


def test_session_policy_takes_rights_away(connect: Connect, identities: dict[str, Any], role: str) -> None:
    policy = '{"Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}'
    given = connect("sts", identities["vendor"]["role"]).assume_role(
        RoleArn=role, RoleSessionName="run-1", ExternalId=EXTERNAL_ID, Policy=policy
    )["Credentials"]
    key = {
        "access_key_id": given["AccessKeyId"],
        "secret_access_key": given["SecretAccessKey"],
        "session_token": given["SessionToken"],
    }
    assert "because no session policy allows" in denied(connect("iam", key).list_roles)


def test_get_session_token_with_and_without_mfa(connect: Connect, identities: dict[str, Any]) -> None:
    customer = identities["customer"]
    sts = connect("sts", customer["administrator"])
    serial = f"arn:aws:iam::{customer['account']}:mfa/administrator"
    with_mfa = sts.get_session_token(SerialNumber=serial, TokenCode="123456")["Credentials"]
    without = sts.get_session_token()["Credentials"]

    def iam(given: dict[str, Any]) -> Any:
        key = {
            "access_key_id": given["AccessKeyId"],
            "secret_access_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }
        return connect("iam", key)

    assert iam(with_mfa).get_user()["User"]["UserName"] == "administrator"
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        iam(without).get_user()
    assert "MultiFactorAuthentication" in denied(sts.get_session_token, SerialNumber=serial, TokenCode="000000")


def test_key_is_traced_to_its_account(connect: Connect, identities: dict[str, Any]) -> None:
    sts = connect("sts", identities["other_customer"]["administrator"])
    key = identities["customer"]["session"]["access_key_id"]
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == identities["customer"]["account"]
