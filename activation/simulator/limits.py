"""What AWS refuses and moto lets pass: IAM's quotas, and trust policies that name nobody."""

import re
from collections.abc import Mapping

from activation.simulator.calls import Call
from activation.simulator.conditions import as_list
from activation.simulator.directory import Directory
from activation.simulator.policy import Policy
from activation.simulator.replies import AwsError

# Sizes in characters, white space not counted (IAM User Guide, *IAM and AWS STS quotas*).
MANAGED_POLICY_SIZE = 6144
TRUST_POLICY_SIZE = 2048
INLINE_POLICIES_SIZE = 10240
POLICIES_PER_ROLE = 10

_DOCUMENTS = {
    "CreatePolicy": ("PolicyDocument", MANAGED_POLICY_SIZE, "PolicySize"),
    "CreatePolicyVersion": ("PolicyDocument", MANAGED_POLICY_SIZE, "PolicySize"),
    "CreateRole": ("AssumeRolePolicyDocument", TRUST_POLICY_SIZE, "ACLSizePerRole"),
    "UpdateAssumeRolePolicy": ("PolicyDocument", TRUST_POLICY_SIZE, "ACLSizePerRole"),
}


def _size(document: str) -> int:
    return len(re.sub(r"\s", "", document))


def check_quotas(directory: Directory, call: Call) -> None:
    """Refuse an IAM call that exceeds a quota. Raises AwsError."""
    if call.operation in _DOCUMENTS:
        parameter, most, name = _DOCUMENTS[call.operation]
        if _size(call.parameters.get(parameter, "")) > most:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for {name}: {most}", 409)
    if call.operation not in ("PutRolePolicy", "AttachRolePolicy"):
        return
    role = directory.role(call.resource or "")
    if role is None:
        return
    if call.operation == "AttachRolePolicy":
        held = set(role.managed_policies) | {call.parameters.get("PolicyArn", "")}
        if len(held) > POLICIES_PER_ROLE:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {POLICIES_PER_ROLE}", 409)
    else:
        documents = {**role.policies, call.parameters.get("PolicyName", ""): call.parameters.get("PolicyDocument", "")}
        if sum(_size(str(document)) for document in documents.values()) > INLINE_POLICIES_SIZE:
            text = f"Maximum policy size of {INLINE_POLICIES_SIZE} bytes exceeded for role {role.name}"
            raise AwsError("LimitExceeded", text, 409)


def check_principals(directory: Directory, call: Call) -> None:
    """Refuse a trust policy that names a user or role which does not exist, as AWS does; of accounts that are not
    simulated anybody may be named. Raises AwsError."""
    if call.operation not in ("CreateRole", "UpdateAssumeRolePolicy"):
        return
    try:
        policy = Policy.from_json("trust", call.parameters.get(_DOCUMENTS[call.operation][0], ""))
    except ValueError:
        return  # moto says what is wrong with it
    for statement in policy.statements():
        principal = statement.get("Principal")
        if not isinstance(principal, Mapping):
            continue
        for name in as_list(principal.get("AWS", [])):
            if re.match(r"arn:aws[a-z-]*:iam::\d{12}:(user|role)/", name) and not directory.exists(name):
                raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{name}"')
