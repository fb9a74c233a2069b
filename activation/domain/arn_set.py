"""The seven ARNs of the IAM package, and what must hold among them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from activation.domain.arn import PARTITIONS, IamArn, Kind, parse_iam
from activation.domain.errors import Refused


@dataclass(frozen=True)
class ArnOutput:
    """One output of the package: its name in Terraform, what it names in IAM, and its words on screen."""

    name: str
    kind: Kind
    resource_name: str
    label: str
    purpose: str


ARN_OUTPUTS: tuple[ArnOutput, ...] = (
    ArnOutput(
        "bootstrap_role_arn",
        "role",
        "zilliz-bootstrap-role",
        "Bootstrap role",
        "Assumed to set up and tear down a region: network, cluster, storage.",
    ),
    ArnOutput(
        "management_role_arn",
        "role",
        "zilliz-management-role",
        "Management role",
        "Assumed for daily operation, limited to what the service has created.",
    ),
    ArnOutput(
        "permission_boundary_policy_arn",
        "policy",
        "zilliz-permission-boundary-policy",
        "Permission boundary policy",
        "The limit that neither role, nor any role made by them, can exceed.",
    ),
    ArnOutput(
        "zilliz_business_irsa_policy_arn",
        "policy",
        "zilliz-business-irsa-policy",
        "Business IRSA policy",
        "Lets the database's pods use their storage bucket.",
    ),
    ArnOutput(
        "ebs_csi_irsa_policy_arn",
        "policy",
        "zilliz-ebs-csi-irsa-policy",
        "EBS CSI IRSA policy",
        "Lets the cluster attach and detach its volumes.",
    ),
    ArnOutput(
        "aws_lb_irsa_policy_arn",
        "policy",
        "zilliz-aws-lb-irsa-policy",
        "AWS load balancer IRSA policy",
        "Lets the cluster manage its load balancers.",
    ),
    ArnOutput(
        "cluster_autoscaler_irsa_policy_arn",
        "policy",
        "zilliz-ca-irsa-policy",
        "Cluster autoscaler IRSA policy",
        "Lets the cluster add and remove nodes.",
    ),
)


class ArnSetCheck(NamedTuple):
    """What could be read, and by field what is wrong; complete and right when `problems` is empty."""

    parsed: dict[str, IamArn]
    problems: dict[str, Refused]


def check_set(
    arns: Mapping[str, str],
    *,
    account: str | None = None,
    outputs: Iterable[ArnOutput] = ARN_OUTPUTS,
    partitions: Collection[str] = PARTITIONS,
) -> ArnSetCheck:
    """Check the ARNs together: all there, the kind of each, one partition, one account, no two alike.

    `account` is the one Terraform ran in; without it the account of the majority counts. A field has at most one
    problem, the first found: those of `parse_iam`, arn_field_unknown, arn_other_partition, arn_other_account,
    arn_swapped, arn_twice.
    """
    wanted = {output.name: output for output in outputs}
    parsed: dict[str, IamArn] = {}
    problems: dict[str, Refused] = {
        name: Refused("arn_field_unknown", field=name, name=name) for name in arns if name not in wanted
    }
    for name, output in wanted.items():
        try:
            parsed[name] = parse_iam(arns.get(name, ""), output.kind, field=name, partitions=partitions)
        except Refused as refused:
            problems[name] = refused
    expected_account = account or most_common(arn.account for arn in parsed.values())
    expected_partition = most_common(arn.partition for arn in parsed.values())
    for name, arn in parsed.items():
        problem = _against_the_others(name, arn, parsed, wanted, expected_account, expected_partition)
        if problem is not None:
            problems[name] = problem
    return ArnSetCheck({name: arn for name, arn in parsed.items() if name not in problems}, problems)


def most_common(values: Iterable[str]) -> str:
    """Return what occurs most often, of equals the first; nothing gives an empty string."""
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else ""


def _against_the_others(
    name: str,
    arn: IamArn,
    parsed: Mapping[str, IamArn],
    wanted: Mapping[str, ArnOutput],
    account: str,
    partition: str,
) -> Refused | None:
    if arn.partition != partition:
        return Refused("arn_other_partition", field=name, partition=arn.partition, expected=partition)
    if arn.account != account:
        return Refused("arn_other_account", field=name, account=arn.account, expected=account)
    for other in wanted.values():
        if other.name != name and (other.kind, other.resource_name) == (arn.kind, arn.name):
            return Refused("arn_swapped", field=name, name=arn.name, other=other.label)
    for other_name, other_arn in parsed.items():
        # IAM names are unique in an account whatever their case and path.
        if other_name != name and (other_arn.kind, other_arn.name.lower()) == (arn.kind, arn.name.lower()):
            return Refused("arn_twice", field=name, other=wanted[other_name].label)
    return None
