"""What AWS asks before each call of the region package: resources and condition keys of each action.

Source: Service Authorization Reference (Amazon EC2, EKS, S3, IAM): for a call that names several resources the role
needs the right on each of them. ACCOUNT and NAME stand for the account and the region's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Ask:
    """One question: the resource, and what AWS knows of it and of the request."""

    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


_NEW: Final = {"aws:RequestTag/Vendor": "zilliz-byoc"}
_OURS: Final = {"aws:ResourceTag/Vendor": "zilliz-byoc"}
_EC2: Final = "arn:aws:ec2:us-west-2:ACCOUNT:"
_BUCKET: Final = Ask("arn:aws:s3:::NAME-milvus", {"aws:ResourceAccount": "ACCOUNT"})
_CLUSTER: Final = "arn:aws:eks:us-west-2:ACCOUNT:cluster/NAME"
_NODE_GROUP: Final = "arn:aws:eks:us-west-2:ACCOUNT:nodegroup/NAME/core/1f2e"
_OIDC: Final = "arn:aws:iam::ACCOUNT:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/1F2E"
_ROLE: Final = "arn:aws:iam::ACCOUNT:role/zilliz/NAME-"
_POLICY: Final = "arn:aws:iam::ACCOUNT:policy/zilliz/zilliz-"
_ROLES: Final = tuple(
    f"{_ROLE}{name}" for name in ("cluster", "node", "aws-lb-irsa", "ca-irsa", "ebs-csi-irsa", "business-irsa")
)
# Of a role that does not exist IAM knows no path: one deleted by hand, and EKS's own in a new account.
_UNMADE_ROLES: Final = tuple(role.replace("/zilliz/", "/") for role in _ROLES)
_NODE_GROUPS_OWN: Final = "AWSServiceRoleForAmazonEKSNodegroup"
_EKS_ROLES: Final = (
    f"arn:aws:iam::ACCOUNT:role/{_NODE_GROUPS_OWN}",
    f"arn:aws:iam::ACCOUNT:role/aws-service-role/eks-nodegroup.amazonaws.com/{_NODE_GROUPS_OWN}",
)
_ATTACHED: Final = {
    "cluster": ("AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"),
    "node": ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"),
}
_ATTACH: Final = (
    *(
        Ask(f"{_ROLE}{role}", {"iam:PolicyARN": f"arn:aws:iam::aws:policy/{policy}"})
        for role, policies in _ATTACHED.items()
        for policy in policies
    ),
    *(
        Ask(f"{_ROLE}{name}-irsa", {"iam:PolicyARN": f"{_POLICY}{name}-irsa-policy"})
        for name in ("aws-lb", "ca", "ebs-csi", "business")
    ),
)


def _made(kind: str, *inside: str) -> tuple[Ask, ...]:
    """Return what a call that creates asks: of the new thing, and of what it stands in."""
    return (Ask(f"{_EC2}{kind}/*", _NEW), *_ours(*inside))


def _ours(*kinds: str) -> tuple[Ask, ...]:
    return tuple(Ask(f"{_EC2}{kind}/{kind}-1", _OURS) for kind in kinds)


def _each(resources: tuple[str, ...], context: Mapping[str, str]) -> tuple[Ask, ...]:
    return tuple(Ask(resource, context) for resource in resources)


_RULE: Final = Ask(f"{_EC2}security-group-rule/*")
_DESCRIBED: Final = (
    *("Addresses", "AddressesAttribute", "AvailabilityZones", "InternetGateways", "NatGateways", "NetworkAcls"),
    *("NetworkInterfaces", "PrefixLists", "RouteTables", "SecurityGroups", "Subnets", "VpcAttribute", "VpcEndpoints"),
    "Vpcs",
)
_BUCKET_ACTIONS: Final = (
    *("DeleteBucket", "DeleteBucketPolicy", "GetAccelerateConfiguration", "GetBucketAcl", "GetBucketCORS"),
    *("GetBucketLogging", "GetBucketObjectLockConfiguration", "GetBucketOwnershipControls", "GetBucketPolicy"),
    *("GetBucketPublicAccessBlock", "GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning"),
    *("GetBucketWebsite", "GetEncryptionConfiguration", "GetLifecycleConfiguration", "GetReplicationConfiguration"),
    *("ListBucket", "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock"),
    *("PutBucketTagging", "PutEncryptionConfiguration"),
)
_BOUNDED: Final = {**_NEW, "iam:PermissionsBoundary": f"{_POLICY}permission-boundary-policy"}

ASKED: Final[Mapping[str, tuple[Ask, ...]]] = {
    **{f"ec2:Describe{kind}": (Ask("*"),) for kind in _DESCRIBED},
    "ec2:AllocateAddress": _made("elastic-ip"),
    "ec2:AssociateRouteTable": _ours("route-table", "subnet"),
    "ec2:AttachInternetGateway": _ours("internet-gateway", "vpc"),
    "ec2:AuthorizeSecurityGroupEgress": (*_ours("security-group"), _RULE),
    "ec2:AuthorizeSecurityGroupIngress": (*_ours("security-group"), _RULE),
    "ec2:CreateInternetGateway": _made("internet-gateway"),
    "ec2:CreateNatGateway": _made("natgateway", "elastic-ip", "subnet"),
    "ec2:CreateRoute": _ours("route-table"),
    "ec2:CreateRouteTable": _made("route-table", "vpc"),
    "ec2:CreateSecurityGroup": _made("security-group", "vpc"),
    "ec2:CreateSubnet": _made("subnet", "vpc"),
    "ec2:CreateVpc": _made("vpc"),
    "ec2:CreateVpcEndpoint": _made("vpc-endpoint", "vpc", "route-table"),
    "ec2:DeleteInternetGateway": _ours("internet-gateway"),
    "ec2:DeleteNatGateway": _ours("natgateway"),
    "ec2:DeleteRoute": _ours("route-table"),
    "ec2:DeleteRouteTable": _ours("route-table"),
    "ec2:DeleteSecurityGroup": _ours("security-group"),
    "ec2:DeleteSubnet": _ours("subnet"),
    "ec2:DeleteVpc": _ours("vpc"),
    "ec2:DeleteVpcEndpoints": _ours("vpc-endpoint"),
    "ec2:DetachInternetGateway": _ours("internet-gateway", "vpc"),
    "ec2:DisassociateAddress": _ours("elastic-ip"),
    "ec2:DisassociateRouteTable": _ours("route-table", "subnet"),
    "ec2:ModifyVpcAttribute": _ours("vpc"),
    "ec2:ReleaseAddress": _ours("elastic-ip"),
    "ec2:RevokeSecurityGroupEgress": _ours("security-group"),
    "eks:CreateCluster": (Ask(_CLUSTER, _NEW),),
    "eks:CreateNodegroup": (Ask(_CLUSTER, {**_NEW, **_OURS}),),
    "eks:DeleteCluster": (Ask(_CLUSTER, _OURS),),
    "eks:DeleteNodegroup": (Ask(_NODE_GROUP, _OURS),),
    "eks:DescribeCluster": (Ask(_CLUSTER, _OURS),),
    "eks:DescribeNodegroup": (Ask(_NODE_GROUP, _OURS),),
    "iam:AttachRolePolicy": _ATTACH,
    "iam:CreateOpenIDConnectProvider": (Ask(_OIDC, _NEW),),
    "iam:CreateRole": _each(_ROLES, _BOUNDED),
    "iam:DeleteOpenIDConnectProvider": (Ask(_OIDC, _OURS),),
    "iam:DeleteRole": _each(_ROLES, _OURS),
    "iam:DetachRolePolicy": _ATTACH,
    # Right after it was made IAM may not show its tags yet.
    "iam:GetOpenIDConnectProvider": (Ask(_OIDC),),
    "iam:GetRole": (*_each(_ROLES, {}), *_each(_UNMADE_ROLES, {}), *_each(_EKS_ROLES, {})),
    "iam:ListAttachedRolePolicies": _each((*_ROLES, *_UNMADE_ROLES), {}),
    "iam:ListInstanceProfilesForRole": _each((*_ROLES, *_UNMADE_ROLES), {}),
    "iam:ListRolePolicies": _each((*_ROLES, *_UNMADE_ROLES), {}),
    # No account to compare with before the bucket exists.
    "s3:CreateBucket": (Ask("arn:aws:s3:::NAME-milvus"),),
    **{f"s3:{action}": (_BUCKET,) for action in _BUCKET_ACTIONS},
}

CREATE_TAGS: Final = tuple(
    Ask(f"{_EC2}{kind}/{kind}-1", {**_NEW, "ec2:CreateAction": action})
    for kind, action in {
        "elastic-ip": "AllocateAddress",
        "internet-gateway": "CreateInternetGateway",
        "natgateway": "CreateNatGateway",
        "route-table": "CreateRouteTable",
        "security-group": "CreateSecurityGroup",
        "subnet": "CreateSubnet",
        "vpc": "CreateVpc",
        "vpc-endpoint": "CreateVpcEndpoint",
    }.items()
)
"""Tags in the call that creates are a right of their own."""

PASS_ROLE: Final = tuple(
    Ask(f"{_ROLE}{name}", {"iam:PassedToService": "eks.amazonaws.com"}) for name in ("cluster", "node", "ebs-csi-irsa")
)

UNUSED: Final[Mapping[str, str]] = {
    "ec2:DeleteTags": "correction: a tag that was added by hand",
    "ec2:DescribeSecurityGroupRules": "adoption: rules are compared with what Terraform knows",
    "ec2:ModifySubnetAttribute": "correction: addresses at launch that were switched on by hand",
    "ec2:ModifyVpcEndpoint": "correction: route tables of the endpoint",
    "ec2:ReplaceRoute": "correction: a route that was pointed elsewhere",
    "eks:CreateAddon": "add-ons, which the simulator does not know",
    "eks:DeleteAddon": "add-ons, which the simulator does not know",
    "eks:DescribeAddonVersions": "add-ons, which the simulator does not know",
    "eks:List*": "checks: node groups and add-ons of a cluster",
    "eks:UntagResource": "correction: a tag that was added by hand",
    "eks:UpdateAddon": "a later version of an add-on",
    "eks:UpdateClusterConfig": "correction: logs or endpoint changed by hand",
    "eks:UpdateClusterVersion": "a later Kubernetes version",
    "eks:UpdateNodegroupConfig": "another size of a node group",
    "eks:UpdateNodegroupVersion": "a later Kubernetes version",
    "iam:CreateServiceLinkedRole": "accounts that never used EKS; EKS asks for it in its own calls",
    "iam:UpdateAssumeRolePolicy": "correction: a trust policy changed by hand",
    "s3:PutBucketVersioning": "correction: versioning switched on by hand",
    "s3:PutLifecycleConfiguration": "clearing out a bucket before it is deleted",
}
"""What the bootstrap role may do and one life of a region does not call, with the reason why it stays."""
