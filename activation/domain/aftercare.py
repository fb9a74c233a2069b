"""What follows an activation: which things, and what AWS's answers and names say about them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Task(StrEnum):
    """The three things to do when a region is active."""

    ACCESS_KEY = "access_key"
    BOOTSTRAP_ROLE = "bootstrap_role"
    CLUSTER = "cluster"


class KeyAnswer(StrEnum):
    """What AWS says of a key that was sent with a wrong secret."""

    ON = "on"
    OFF = "off"


# AWS looks the key up before it compares signatures: of one that is inactive or deleted it says that the token is
# invalid, of one that is active that the signature does not match. Source: IAM User Guide, *Troubleshoot access
# denied*; STS API Reference, *Common errors* (InvalidClientTokenId, SignatureDoesNotMatch); tried with the simulator.
_ANSWERS: Mapping[str, KeyAnswer] = {"aws_secret_wrong": KeyAnswer.ON, "aws_key_unknown": KeyAnswer.OFF}

DONE_STATES: Mapping[Task, frozenset[str]] = {
    Task.ACCESS_KEY: frozenset({"off", "temporary"}),
    Task.BOOTSTRAP_ROLE: frozenset({"gone", "reported"}),
    Task.CLUSTER: frozenset({"reported"}),
}


def read_key_answer(code: str) -> KeyAnswer | None:
    """Read the code of a refusal; None where it says nothing about the key."""
    return _ANSWERS.get(code)


def together(states: Mapping[str, str], keys: Iterable[str]) -> str:
    """Return what is to be said of several keys at once: the worst, and `off` only where each is off.

    `states` are by the keys' last four characters; a key that nobody asked about has none.
    """
    found = {states.get(key, "") for key in keys}
    return next((state for state in (KeyAnswer.ON.value, "unknown", "") if state in found), KeyAnswer.OFF.value)


def name_of(arn: str) -> str:
    """Return the name at the end of a user's or role's ARN; empty for another kind."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    return rest.rpartition("/")[2] if kind in {"user", "role"} else ""


def switch_off_commands(principal_arn: str, last_four: str) -> tuple[tuple[str, str], ...]:
    """Return the commands that switch a key off, with what each does; `last_four` may be empty where it is not known.

    Source: IAM User Guide, *Manage access keys*.
    """
    key = f"YOUR_ACCESS_KEY_ID_{last_four}" if last_four else "YOUR_ACCESS_KEY_ID"
    user = name_of(principal_arn) if ":user/" in principal_arn else ""
    whose = f" --user-name {user}" if user else ""
    return (
        (
            "Deactivate it; it can be activated again",
            f"aws iam update-access-key --access-key-id {key} --status Inactive{whose}",
        ),
        (
            "Delete it for good once you know that nothing needs it",
            f"aws iam delete-access-key --access-key-id {key}{whose}",
        ),
    )


def remove_role_commands(role_arn: str) -> tuple[str, ...]:
    """Return the commands that remove the bootstrap role; its policy stays, so that it can be put back.

    What the policy is called is the package's affair, so AWS is asked what is attached. For a POSIX shell.
    """
    name = name_of(role_arn)
    if not name:
        return ()
    attached = f"aws iam list-attached-role-policies --role-name {name} --query 'AttachedPolicies[].PolicyArn'"
    return (
        f"for arn in $({attached} --output text); do",
        f'  aws iam detach-role-policy --role-name {name} --policy-arn "$arn"',
        "done",
        f"aws iam delete-role --role-name {name}",
    )


def kubeconfig_command(region: str, cluster: str) -> str:
    """Return the command that lets kubectl talk to a cluster."""
    return f"aws eks update-kubeconfig --region {region} --name {cluster}"


def open_endpoint_command(region: str, security_group: str) -> str:
    """Return the command that lets a network outside the VPC reach the cluster's private endpoint."""
    return (
        f"aws ec2 authorize-security-group-ingress --region {region} --group-id {security_group} --protocol tcp "
        "--port 443 --cidr YOUR_NETWORK"
    )


def access_commands(region: str, cluster: str) -> tuple[str, ...]:
    """Return the commands that let a role of one's own into a cluster. Source: EKS User Guide, *Access entries*."""
    whom = f"--region {region} --cluster-name {cluster} --principal-arn YOUR_ROLE_ARN"
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    return (
        f"aws eks create-access-entry {whom}",
        f"aws eks associate-access-policy {whom} --policy-arn {policy} --access-scope type=cluster",
    )
