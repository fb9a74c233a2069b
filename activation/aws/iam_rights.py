"""The rights that the key of step 2 needs: recorded, not guessed; and how to make a key.

Recorded by running the bundled package with Terraform 1.11 and provider hashicorp/aws 5.100 against the simulator:
create, refresh, change of every argument, destroy. `tests/real/test_caller_policy.py` records it again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

VERSION = "2012-10-17"


class On(StrEnum):
    """What an action works on, which decides what the policy can narrow it to."""

    ROLE = "role"
    POLICY = "policy"
    ACCOUNT = "account"


class Phase(StrEnum):
    """When an action is called."""

    CHECK = "check"
    CREATE = "create"
    UPDATE = "update"
    DESTROY = "destroy"


@dataclass(frozen=True)
class Right:
    """One action, what it works on, when it is called and why."""

    action: str
    on: On
    phases: tuple[Phase, ...]
    why: str


_ALWAYS = (Phase.CREATE, Phase.UPDATE, Phase.DESTROY)

RIGHTS = (
    Right("iam:CreatePolicy", On.POLICY, (Phase.CREATE,), "Creates the seven policies"),
    Right("iam:TagPolicy", On.POLICY, (Phase.CREATE, Phase.UPDATE), "Needed to set tags in the create call"),
    Right("iam:GetPolicy", On.POLICY, (Phase.CHECK, *_ALWAYS), "Compares a policy with what it should be"),
    Right("iam:GetPolicyVersion", On.POLICY, _ALWAYS, "Reads the policy's text"),
    Right("iam:ListPolicyVersions", On.POLICY, (Phase.UPDATE, Phase.DESTROY), "Makes room for a new version"),
    Right("iam:CreatePolicyVersion", On.POLICY, (Phase.UPDATE,), "Changes a policy's text"),
    Right("iam:DeletePolicyVersion", On.POLICY, (Phase.UPDATE, Phase.DESTROY), "IAM keeps five versions, no more"),
    Right("iam:UntagPolicy", On.POLICY, (Phase.UPDATE,), "Removes a tag"),
    Right("iam:DeletePolicy", On.POLICY, (Phase.DESTROY,), "Removes the policies"),
    Right("iam:CreateRole", On.ROLE, (Phase.CREATE,), "Creates the two roles, only under a boundary of the same path"),
    Right("iam:TagRole", On.ROLE, (Phase.CREATE, Phase.UPDATE), "Needed to set tags in the create call"),
    Right("iam:AttachRolePolicy", On.ROLE, (Phase.CREATE,), "Gives each role its policy; only policies of its path"),
    Right("iam:GetRole", On.ROLE, (Phase.CHECK, *_ALWAYS), "Compares a role with what it should be"),
    Right("iam:ListRolePolicies", On.ROLE, _ALWAYS, "Finds inline policies in a role"),
    Right("iam:ListAttachedRolePolicies", On.ROLE, _ALWAYS, "Finds what is attached to a role"),
    Right("iam:UpdateAssumeRolePolicy", On.ROLE, (Phase.UPDATE,), "Changes the trust policy, such as its external ID"),
    Right("iam:UpdateRole", On.ROLE, (Phase.UPDATE,), "Changes how long a session may last"),
    Right("iam:UpdateRoleDescription", On.ROLE, (Phase.UPDATE,), "Changes the description"),
    Right("iam:PutRolePermissionsBoundary", On.ROLE, (Phase.UPDATE,), "Puts a boundary back that somebody changed"),
    Right("iam:UntagRole", On.ROLE, (Phase.UPDATE,), "Removes a tag"),
    Right("iam:DetachRolePolicy", On.ROLE, (Phase.DESTROY,), "A role with policies cannot be removed"),
    Right("iam:ListInstanceProfilesForRole", On.ROLE, (Phase.DESTROY,), "A role in use by a machine cannot be removed"),
    Right("iam:DeleteRole", On.ROLE, (Phase.DESTROY,), "Removes the roles"),
    Right("iam:ListRoles", On.ACCOUNT, (Phase.CHECK,), "Shows whether a name is taken under another path"),
    Right("iam:ListPolicies", On.ACCOUNT, (Phase.CHECK,), "Shows whether a name is taken under another path"),
    Right("iam:GetAccountSummary", On.ACCOUNT, (Phase.CHECK,), "Shows how many more roles and policies are allowed"),
    Right("iam:SimulatePrincipalPolicy", On.ACCOUNT, (Phase.CHECK,), "Shows in advance which permission is missing"),
)

APPLY_ACTIONS = tuple(right.action for right in RIGHTS if set(right.phases) != {Phase.CHECK})
"""What Terraform calls; the rest serves the checks alone, and a run does without."""

_ON = {right.action: right.on for right in RIGHTS}


def works_on(action: str) -> On:
    """Tell what an action of IAM works on; of one that is not in the table, by its name."""
    if action in _ON:
        return _ON[action]
    verb = action.partition(":")[2]
    if ("Role" in verb and not verb.startswith("List")) or verb in ("ListRolePolicies", "ListRoleTags"):
        return On.ROLE
    return On.POLICY if "Policy" in verb else On.ACCOUNT


def _statement(
    sid: str, actions: Collection[str], resource: str, condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def caller_policy(
    account_id: str,
    path: str = "/zilliz/",
    partition: str = "aws",
    *,
    bounded: bool = True,
    actions: Collection[str] = APPLY_ACTIONS,
) -> dict[str, Any]:
    """Write the least policy with which a key can check, create, change and remove a package in one account.

    `path` is where the package puts its roles and policies (with both slashes), `actions` what Terraform calls for it;
    `bounded` is false for a package that gives its roles no permissions boundary. GetRole is allowed for every role:
    IAM knows the path of a role that does not exist as little as we do, and would refuse to say that the name is free.
    """
    iam = f"arn:{partition}:iam::{account_id}"
    mine = f"{iam}:policy{path}*"
    under_boundary = {"iam:CreateRole", "iam:PutRolePermissionsBoundary"}
    attaching = {"iam:AttachRolePolicy", "iam:DetachRolePolicy"}
    checks = {right.action for right in RIGHTS if Phase.CHECK in right.phases}
    wanted = checks | set(actions) - (set() if bounded else {"iam:PutRolePermissionsBoundary"})
    of = {on: {action for action in wanted if works_on(action) is on} for on in On}
    alone = {*under_boundary, *attaching, "iam:GetRole"}
    statements = [
        _statement("Policies", of[On.POLICY], mine),
        _statement("Roles", of[On.ROLE] - alone, f"{iam}:role{path}*"),
        _statement(
            "RolesUnderBoundary" if bounded else "RolesCreate",
            of[On.ROLE] & under_boundary,
            f"{iam}:role{path}*",
            {"ArnLike": {"iam:PermissionsBoundary": mine}} if bounded else None,
        ),
        _statement(
            "AttachOwnPolicies", of[On.ROLE] & attaching, f"{iam}:role{path}*", {"ArnLike": {"iam:PolicyARN": mine}}
        ),
        _statement("LookAtRoles", of[On.ROLE] & {"iam:GetRole"}, f"{iam}:role/*"),
        _statement("CheckBeforehand", of[On.ACCOUNT] & checks, "*"),
        # What has no path to be narrowed to.
        _statement("OfTheWholeAccount", of[On.ACCOUNT] - checks, "*"),
    ]
    return {"Version": VERSION, "Statement": [each for each in statements if each["Action"]]}


@dataclass(frozen=True)
class KeyRecipe:
    """One way to a key: when to take it, commands in order, what to know, where AWS says so, what to remove after.

    Without `commands` it is a way that does not work, named because people try it.
    """

    title: str
    when: str
    commands: tuple[str, ...]
    note: str
    docs_url: str
    afterwards: str = ""


_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_STS = "https://docs.aws.amazon.com/STS/latest/APIReference"

KEY_SECONDS = 3600
ROLE_NAME = "byoc-activation"


def hour_key_commands(
    account_id: str, partition: str = "aws", *, user: str = "YOUR_USER", policy_file: str = "caller-policy.json"
) -> tuple[KeyRecipe, ...]:
    """Give the ways to make a key that lives an hour with the AWS CLI, the best first.

    `policy_file` is the file into which the reader saved `caller_policy`. The commands hold no secret, and are for a
    POSIX shell. Sources: STS API Reference, *AssumeRole*, *GetSessionToken* (no IAM without MFA) and
    *GetFederationToken* (no IAM at all, but from the console).
    """
    role = f"arn:{partition}:iam::{account_id}:role/{ROLE_NAME}"
    inline = f"--role-name {ROLE_NAME} --policy-name {ROLE_NAME}"
    mfa = f"arn:{partition}:iam::{account_id}:mfa/{user}"
    # The account's own root as principal leaves it to IAM policies who in the account may take the role.
    trust = (
        f'{{"Version":"{VERSION}","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",'
        f'"Principal":{{"AWS":"arn:{partition}:iam::{account_id}:root"}}}}]}}'
    )
    return (
        KeyRecipe(
            "A role with exactly these permissions",
            "Recommended: the key can do nothing else and expires in an hour.",
            (
                f"aws iam create-role --role-name {ROLE_NAME} --assume-role-policy-document '{trust}'",
                f"aws iam put-role-policy {inline} --policy-document file://{policy_file}",
                f"aws sts assume-role --role-arn {role} --role-session-name portal --duration-seconds {KEY_SECONDS}",
            ),
            "A new role is known everywhere after a few seconds. Repeat the last command if it is refused at first.",
            f"{_STS}/API_AssumeRole.html",
            f"aws iam delete-role-policy {inline} && aws iam delete-role --role-name {ROLE_NAME}",
        ),
        KeyRecipe(
            "Single sign-on (IAM Identity Center)",
            "If you sign in to AWS through your company.",
            ("aws sso login --profile YOUR_PROFILE", "aws configure export-credentials --profile YOUR_PROFILE"),
            "The key has the permissions of your permission set and is valid for its session duration.",
            "https://docs.aws.amazon.com/singlesignon/latest/userguide/howtogetcredentials.html",
        ),
        KeyRecipe(
            "Your own user, with MFA",
            "If your own user has these permissions.",
            (f"aws sts get-session-token --serial-number {mfa} --token-code 123456 --duration-seconds {KEY_SECONDS}",),
            "Give the code of your MFA device. Without it, the key is valid, but IAM refuses every call.",
            f"{_STS}/API_GetSessionToken.html",
        ),
        KeyRecipe(
            "Not: get-federation-token",
            "The key of aws sts get-federation-token cannot be used here.",
            (),
            "AWS does not allow such a key to call IAM through the CLI or the API, whatever its policy says.",
            f"{_GUIDE}/id_credentials_sts-comparison.html",
        ),
    )


def long_term_key_commands(
    account_id: str, partition: str = "aws", *, policy_file: str = "caller-policy.json"
) -> tuple[KeyRecipe, ...]:
    """Give the ways to a long-term key for a package that takes no other, and what to do with it afterwards.

    The policy is a managed one: what is written into a user may have 2,048 characters. Source: IAM User Guide, *IAM
    and AWS STS quotas*. The rest is as in `hour_key_commands`.
    """
    name = f"--user-name {ROLE_NAME}"
    policy = f"arn:{partition}:iam::{account_id}:policy/{ROLE_NAME}"
    keys_page = f"{_GUIDE}/id_credentials_access-keys.html"
    return (
        KeyRecipe(
            "A user with exactly these permissions",
            "Recommended: the key can do nothing else and is deleted with its user.",
            (
                f"aws iam create-user {name}",
                f"aws iam create-policy --policy-name {ROLE_NAME} --policy-document file://{policy_file}",
                f"aws iam attach-user-policy {name} --policy-arn {policy}",
                f"aws iam create-access-key {name}",
            ),
            "A new key is known everywhere after a few seconds. The secret is shown only once.",
            keys_page,
        ),
        KeyRecipe(
            "Your own user",
            "If your own user has these permissions. In the console: IAM, Users, Security credentials, Create access "
            "key.",
            ("aws iam create-access-key",),
            "A user can have at most two access keys. The secret is shown only once.",
            keys_page,
        ),
        KeyRecipe(
            "Afterwards: deactivate it",
            "Do this as soon as the run has ended: until then, the key works for anyone who has it. For your own "
            "user, omit --user-name.",
            (f"aws iam update-access-key {name} --access-key-id YOUR_KEY_ID --status Inactive",),
            "An inactive key can be activated again until it is deleted.",
            f"{_GUIDE}/id-credentials-access-keys-update.html",
            f"aws iam delete-access-key {name} --access-key-id YOUR_KEY_ID && "
            f"aws iam detach-user-policy {name} --policy-arn {policy} && "
            f"aws iam delete-policy --policy-arn {policy} && "
            f"aws iam delete-user {name}",
        ),
    )
