"""What an activation needs beforehand, and what it makes: the facts of the guide's prerequisites."""

from collections.abc import Iterable
from dataclasses import dataclass

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane

_IAM_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"


@dataclass(frozen=True)
class Prerequisite:
    """One thing to tick off; `only` names the control plane it is for."""

    name: str
    title: str
    text: str
    only: ControlPlane | None = None


PREREQUISITES: tuple[Prerequisite, ...] = (
    Prerequisite(
        "welcome",
        "I have the welcome email",
        "It names your license ID, core size and validity period. Compare them with your contract.",
        ControlPlane.ZILLIZ,
    ),
    Prerequisite(
        "license",
        "A license is installed, or I know who installs it",
        "The vendor issues it as a signed document, and an admin installs it. Needed in step 4.",
        ControlPlane.SELF,
    ),
    Prerequisite(
        "owner",
        "I can reach an Organization Owner",
        "An owner sees the external ID, and approves the run if your organization requires a second approval.",
    ),
    Prerequisite(
        "account",
        "I know which AWS account to use",
        "Ideally one used only for BYOC. Everything is created there, and AWS bills it there.",
    ),
    Prerequisite(
        "quotas",
        "The account's quotas are large enough",
        "They are needed in step 4. A quota increase can take AWS a day, so check now.",
    ),
    Prerequisite(
        "created",
        "I have read what will be created",
        "The IAM objects of step 2 are listed below, with what each is for.",
    ),
    Prerequisite(
        "key",
        "I can create a key that is valid for one hour",
        "Needed in step 2 if the portal runs Terraform for you. The exact permissions are below.",
    ),
)


_LONG_TERM_KEY = Prerequisite(
    "key",
    "I can create an access key and deactivate it afterward",
    "Needed in step 2 if the portal runs Terraform for you: this package does not accept a temporary key. The exact "
    "permissions are "
    "below.",
)


def prerequisites_for(control_plane: str, *, needs_long_term_key: bool = False) -> list[Prerequisite]:
    """Return what has to be ticked off where this is the control plane, with a package that takes such keys."""
    listed = [each for each in PREREQUISITES if each.only in {None, control_plane}]
    return [_LONG_TERM_KEY if needs_long_term_key and each.name == "key" else each for each in listed]


@dataclass(frozen=True)
class Quota:
    """What a data plane needs of one kind of AWS resource at the least."""

    resource: str
    needed: str
    purpose: str


# Source: the vendor's prerequisites, the smallest configuration; purposes from its GCP sibling.
QUOTAS: tuple[Quota, ...] = (
    Quota("EC2 instances", "64 vCPUs, 256 GiB: 4 × m6i.xlarge, 4 × m6i.2xlarge, 1 × m6id.4xlarge", "Cluster nodes"),
    Quota("EBS volumes", "550 GB", "Disks of the metadata store and the message queue"),
    Quota("S3", "One bucket, empty at first", "Your data"),
    Quota("Elastic IP addresses", "1", "NAT gateway"),
    Quota("VPCs", "2", "The private network of the data plane"),
    Quota("PrivateLink endpoints", "1", "The connection to the control plane"),
    Quota("Load balancers", "1", "The address that your applications use"),
    Quota("Private DNS zones", "2", "Names for both of them"),
)


@dataclass(frozen=True)
class Creation:
    """One IAM object that the package creates."""

    address: str
    name: str
    kind: str
    purpose: str


_KINDS = {
    "aws_iam_policy": "Policy",
    "aws_iam_role": "Role",
    "aws_iam_role_policy_attachment": "Attachment",
}
# Resources of the guide's table; the two policies are no outputs, and the permission boundary has a shorter address.
_PURPOSES: dict[str, tuple[str, str]] = {
    **{
        f"{output.kind}.{output.name.removesuffix('_arn')}": (output.resource_name, output.purpose)
        for output in ARN_OUTPUTS
    },
    "policy.permission_boundary": (
        "zilliz-permission-boundary-policy",
        "The limit that neither role, nor any role they create, can exceed.",
    ),
    "policy.bootstrap_policy": (
        "zilliz-bootstrap-policy",
        "What the bootstrap role may do: network, cluster, storage, all tagged as the service's own.",
    ),
    "policy.management_policy": (
        "zilliz-management-policy",
        "What the management role may do: scale, upgrade and repair what the service has created.",
    ),
    "role_policy_attachment.bootstrap_attachment": (
        "zilliz-bootstrap-role",
        "Gives the bootstrap role its policy.",
    ),
    "role_policy_attachment.management_attachment": (
        "zilliz-management-role",
        "Gives the management role its policy.",
    ),
}
_ORDER = ("aws_iam_role", "aws_iam_policy", "aws_iam_role_policy_attachment")


def creations(addresses: Iterable[str]) -> list[Creation]:
    """Tell what each resource address of a package is for: roles, then policies, then attachments, then the rest.

    A package of another author may have resources that the guide does not know; these stand without a purpose.
    """
    found = []
    for address in addresses:
        kind, _, label = address.rpartition(".")
        kind = kind.rpartition(".")[2]
        name, purpose = _PURPOSES.get(f"{kind.removeprefix('aws_iam_')}.{label}", ("", ""))
        found.append(Creation(address, name, _KINDS.get(kind, kind), purpose))
    order = {_KINDS[kind]: place for place, kind in enumerate(_ORDER)}
    return sorted(found, key=lambda each: order.get(each.kind, len(order)))


@dataclass(frozen=True)
class Page:
    """A page of AWS's own documentation."""

    title: str
    text: str
    url: str


AWS_PAGES: tuple[Page, ...] = (
    Page(
        "External IDs",
        "Why a third party has to name one.",
        f"{_IAM_GUIDE}/id_roles_create_for-user_externalid.html",
    ),
    Page(
        "AssumeRole",
        "How somebody else uses a role of yours.",
        "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
    ),
    Page("ARNs", "How AWS names roles and policies.", f"{_IAM_GUIDE}/reference-arns.html"),
    Page(
        "Access keys", "How to create keys, and why short-lived ones.", f"{_IAM_GUIDE}/id_credentials_access-keys.html"
    ),
    Page("Permissions boundaries", "The limit around both roles.", f"{_IAM_GUIDE}/access_policies_boundaries.html"),
)
