"""The rights with which a key can watch an account, and how to make such a key that lives an hour."""

from typing import Any, Final

from activation.aws.iam_rights import KEY_SECONDS, VERSION, KeyRecipe
from activation.domain.watch import BYOC_TAG, PREFIX, VENDOR_TAG

READ_ACTIONS: Final = (
    "ec2:DescribeAddresses",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNatGateways",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "eks:DescribeCluster",
    "eks:DescribeNodegroup",
    "eks:ListClusters",
    "eks:ListNodegroups",
    "s3:GetBucketLocation",
    "s3:ListAllMyBuckets",
    "tag:GetResources",
)
"""Every call that a look makes; `sts:GetCallerIdentity`, asked once, needs no right."""

COUNT_ACTIONS: Final = ("ec2:DescribeInstanceTypes", "ec2:DescribeInstances")
"""By these the cores in use are counted, once everything stands; without them they stay unknown."""

# Either tag makes a resource one of the vendor's.
_TAGGED: Final = (
    {"StringEquals": {f"aws:ResourceTag/{VENDOR_TAG[0]}": VENDOR_TAG[1]}},
    {"Null": {f"aws:ResourceTag/{BYOC_TAG}": "false"}},
)
ROLE_NAME: Final = "byoc-watch"
POLICY_FILE: Final = "read-policy.json"
_STS: Final = "https://docs.aws.amazon.com/STS/latest/APIReference"


def read_policy(account_id: str, region: str, partition: str = "aws") -> dict[str, Any]:
    """Write the least policy with which a key can look, and do nothing else.

    Lists and the search by tag cannot be narrowed to resources; they are narrowed to the region instead.
    """
    clusters, groups = (f"arn:{partition}:eks:{region}:{account_id}:{kind}" for kind in ("cluster/", "nodegroup/"))
    eks = ["eks:DescribeCluster", "eks:DescribeNodegroup", "eks:ListNodegroups"]
    listing = [action for action in (*READ_ACTIONS, *COUNT_ACTIONS) if action.startswith("ec2:")]
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "LookAtTheRegion",
                "Effect": "Allow",
                "Action": [*listing, "eks:ListClusters", "tag:GetResources"],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestedRegion": region}},
            },
            {
                "Sid": "LookAtTheCluster",
                "Effect": "Allow",
                "Action": eks,
                "Resource": [f"{clusters}{PREFIX}*", f"{groups}{PREFIX}*/*/*"],
            },
            *(
                {
                    "Sid": f"LookAtWhatIsTagged{number}",
                    "Effect": "Allow",
                    "Action": eks,
                    "Resource": [f"{clusters}*", f"{groups}*/*/*"],
                    "Condition": condition,
                }
                for number, condition in enumerate(_TAGGED, 1)
            ),
            {"Sid": "ListBuckets", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
            {
                "Sid": "LookAtTheBucket",
                "Effect": "Allow",
                "Action": "s3:GetBucketLocation",
                "Resource": f"arn:{partition}:s3:::{PREFIX}*",
            },
        ],
    }


def recipes(account_id: str, partition: str = "aws") -> tuple[KeyRecipe, ...]:
    """Give the ways to such a key with the AWS CLI, the best first.

    The reader saved `read_policy` as `POLICY_FILE`. The commands hold no secret, and are for a POSIX shell.
    Sources: STS API Reference, *AssumeRole* and *GetSessionToken*.
    """
    role = f"arn:{partition}:iam::{account_id}:role/{ROLE_NAME}"
    inline = f"--role-name {ROLE_NAME} --policy-name {ROLE_NAME}"
    trust = (
        f'{{"Version":"{VERSION}","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",'
        f'"Principal":{{"AWS":"arn:{partition}:iam::{account_id}:root"}}}}]}}'
    )
    return (
        KeyRecipe(
            "A read-only role",
            "Recommended: the key can do nothing else and expires in an hour.",
            (
                f"aws iam create-role --role-name {ROLE_NAME} --assume-role-policy-document '{trust}'",
                f"aws iam put-role-policy {inline} --policy-document file://{POLICY_FILE}",
                f"aws sts assume-role --role-arn {role} --role-session-name watch --duration-seconds {KEY_SECONDS}",
            ),
            "A new role is known everywhere after a few seconds. Repeat the last command if it is refused at first.",
            f"{_STS}/API_AssumeRole.html",
            f"aws iam delete-role-policy {inline} && aws iam delete-role --role-name {ROLE_NAME}",
        ),
        KeyRecipe(
            "Single sign-on (IAM Identity Center)",
            "If you sign in to AWS through your company; choose a read-only permission set.",
            ("aws sso login --profile YOUR_PROFILE", "aws configure export-credentials --profile YOUR_PROFILE"),
            "The key has the permissions of your permission set and is valid for its session duration.",
            "https://docs.aws.amazon.com/singlesignon/latest/userguide/howtogetcredentials.html",
        ),
        KeyRecipe(
            "Your own user",
            "If your own user has these permissions.",
            (f"aws sts get-session-token --duration-seconds {KEY_SECONDS}",),
            "The key has the permissions of your user. Reading needs no MFA code, unless your company requires one.",
            f"{_STS}/API_GetSessionToken.html",
        ),
    )
