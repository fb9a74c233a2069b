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
        "The limit that neither role, nor any role they create, can exceed.",
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


@dataclass(frozen=True)
class Naming:
    """How a package names what it makes: under which IAM paths, beginning how, and whether exactly as `ARN_OUTPUTS`."""

    paths: tuple[str, ...]
    prefixes: tuple[str, ...]
    exact: bool = False


class ArnSetCheck(NamedTuple):
    """What could be read, and by field what is wrong; complete and right when `problems` is empty."""

    parsed: dict[str, IamArn]
    problems: dict[str, Refused]


def check_set(
    arns: Mapping[str, str],
    *,
    account: str | None = None,
    partition: str | None = None,
    outputs: Iterable[ArnOutput] = ARN_OUTPUTS,
    partitions: Collection[str] = PARTITIONS,
    naming: Naming | None = None,
) -> ArnSetCheck:
    """Check the ARNs together: all there, the kind of each, one partition, one account, no two alike.

    `account` and `partition` are those in which Terraform ran; without them those of the majority count. `naming` is
    what the package is known to call them. A field has at most one problem, the first found: those of `parse_iam`,
    arn_field_unknown, arn_other_partition, arn_other_account, arn_swapped, arn_twice, arn_other_path, arn_other_name.
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
    expected_partition = partition or most_common(arn.partition for arn in parsed.values())
    for name, arn in parsed.items():
        problem = _against_the_others(name, arn, parsed, wanted, expected_account, expected_partition)
        if problem is None and naming is not None:
            problem = _against_the_package(wanted[name], arn, naming)
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


def _against_the_package(output: ArnOutput, arn: IamArn, naming: Naming) -> Refused | None:
    if arn.path not in naming.paths:
        return Refused("arn_other_path", field=output.name, path=arn.path, expected=" or ".join(naming.paths))
    if naming.exact and arn.name != output.resource_name:
        return Refused("arn_other_name", field=output.name, name=arn.name, expected=output.resource_name)
    if not arn.name.startswith(naming.prefixes):
        expected = f"{' or '.join(naming.prefixes)}…"
        return Refused("arn_other_name", field=output.name, name=arn.name, expected=expected)
    return None
