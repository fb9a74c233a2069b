"""Why a region may not be there yet: what people found in such cases, for what is missing after 30 and 120 minutes.

Sources: the vendor's guide (about 30 minutes) and its public provider, which gives up after 120; the troubleshooting
of its public code; reports about similar products (quotas of new accounts, service control policies).
"""

from dataclasses import dataclass
from typing import Final

from activation.domain.watch import Thing
from activation.domain.watch_reading import Progress, Reading, Why

USUAL_MINUTES: Final = 30
LONGEST_MINUTES: Final = 120

_GUIDE = "https://docs.aws.amazon.com"


@dataclass(frozen=True)
class Cause:
    """One thing that may be the matter, and what to do about it."""

    title: str
    text: str
    commands: tuple[str, ...] = ()
    docs_url: str = ""


def causes(reading: Reading, *, minutes: int, region: str) -> tuple[Cause, ...]:
    """Return what is likely, the most likely first; nothing before the usual time is over or when all is there."""
    if minutes < USUAL_MINUTES or reading.is_complete:
        return ()
    found: list[Cause] = []
    missing = {each.wanted.thing for each in reading.findings if each.progress in _NOT_THERE and not each.failing}
    if reading.is_empty and missing:
        found += _nothing(reading, region)
    else:
        found += [cause for things, cause in _BY_THING if things & missing]
    if reading.of(Progress.FAILED):
        found.insert(0, _FAILED)
    if reading.of(Progress.GONE):
        found.insert(0, _GONE)
    if reading.of(Progress.CANNOT_SEE):
        found.append(_CANNOT_SEE)
    return tuple(found)


_NOT_THERE = frozenset({Progress.MISSING, Progress.PARTLY, Progress.GONE})


def _nothing(reading: Reading, region: str) -> list[Cause]:
    begun = Cause(
        "The console has not started, or did not accept a value",
        "Open the console's page Activate Cloud Region again. Compare account, all seven ARNs and the region with the "
        f"sheet above; it must be {region}, and the external ID of step 1 is case-sensitive.",
    )
    vpcs = Cause(
        "There is no room for another VPC",
        "A new AWS account allows five VPCs per region. Check Service Quotas, “VPCs per region”.",
        docs_url=f"{_GUIDE}/vpc/latest/userguide/amazon-vpc-limits.html",
    )
    forbidden = Cause(
        "Your AWS organization forbids it",
        "A service control policy or a permissions boundary limits both roles. CloudTrail shows denied calls of "
        "zilliz-bootstrap-role and the policy that denied them.",
        docs_url=f"{_GUIDE}/organizations/latest/userguide/orgs_manage_policies_scps.html",
    )
    if any(each.why is Why.UNMARKED for each in reading.asides):
        named = Cause(
            "It is being built under other names",
            "Resources without the documented tags and names have appeared since. They are listed below and not "
            "counted.",
        )
        return [named, begun, vpcs, forbidden]
    return [begun, vpcs, forbidden]


_FAILED: Final = Cause(
    "AWS reports that something failed",
    "The line below shows AWS's own status. The resource's page in the AWS console says why.",
)
_GONE: Final = Cause(
    "A resource appeared and is gone again",
    "The console may have removed what it could not finish. Its own page names the error.",
)
_CANNOT_SEE: Final = Cause(
    "This key cannot see some resources",
    "They may still exist. To find out, end the watch and enter a key with the permissions listed on this page.",
)
_BY_THING: Final = (
    (
        frozenset({Thing.VPC}),
        Cause(
            "There is no room for another VPC",
            "A new AWS account allows five VPCs per region. Check Service Quotas, “VPCs per region”.",
            docs_url=f"{_GUIDE}/vpc/latest/userguide/amazon-vpc-limits.html",
        ),
    ),
    (
        frozenset({Thing.ADDRESS, Thing.NAT_GATEWAY}),
        Cause(
            "No elastic IP address is left",
            "The NAT gateway needs one. A new AWS account allows five per region. Check Service Quotas, “EC2-VPC "
            "Elastic IPs”.",
            docs_url=f"{_GUIDE}/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html",
        ),
    ),
    (
        frozenset({Thing.BUCKET}),
        Cause(
            "The bucket's name was taken",
            "Bucket names are shared by all AWS customers. The console's page names the error; Zilliz can choose "
            "another.",
        ),
    ),
    (
        frozenset({Thing.CLUSTER}),
        Cause(
            "EKS lacks its service-linked roles",
            "An account that never had a cluster lacks them, and the bootstrap role may not be allowed to create them.",
            (
                "aws iam create-service-linked-role --aws-service-name eks.amazonaws.com",
                "aws iam create-service-linked-role --aws-service-name eks-nodegroup.amazonaws.com",
            ),
            f"{_GUIDE}/eks/latest/userguide/using-service-linked-roles.html",
        ),
    ),
    (
        frozenset({Thing.NODE_GROUP}),
        Cause(
            "There is no room for the nodes",
            "The guide requires 64 vCPUs. A new AWS account often allows only 5. Check Service Quotas, “Running "
            "On-Demand Standard instances”. Or the instance types are not available in all three zones.",
            docs_url=f"{_GUIDE}/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html",
        ),
    ),
    (
        frozenset({Thing.PRIVATE_LINK}),
        Cause(
            "The PrivateLink endpoint waits for Zilliz",
            "Zilliz accepts the connection on its side. If it keeps waiting, ask Zilliz support.",
        ),
    ),
)
