"""Why a region takes longer than usual: likely causes by what is being made, each with where to look."""

from collections.abc import Iterable, Mapping

# Source: Amazon EKS User Guide, *Troubleshooting*; EC2 User Guide, *Troubleshoot instance launch issues*.
_CAUSES: Mapping[str, str] = {
    "aws_eks_cluster": "An EKS cluster takes ten to fifteen minutes, and sometimes twice as long. The EKS console "
    "shows it as Creating in the meantime. You do not need to do anything.",
    "aws_eks_node_group": "Nodes start only if EC2 has capacity for their type and your vCPU quota allows them. "
    "Check the node group's health issues in the EKS console, and Service Quotas for EC2.",
    "aws_eks_addon": "Add-ons wait for nodes on which they can run. Check the node groups first.",
    "aws_nat_gateway": "A NAT gateway takes two to five minutes. If it does not become available, its state in the "
    "VPC console says why.",
    "aws_iam_openid_connect_provider": "IAM reads the cluster's certificate; a company policy may forbid new identity "
    "providers.",
}
_ALWAYS = (
    "A service control policy of your company can delay or refuse individual calls. The log names the call.",
    "AWS itself may be slow today. Check the AWS Health Dashboard.",
)


def likely_causes(types_in_hand: Iterable[str]) -> list[str]:
    """Return likely causes, those of what is in hand (Terraform's types) first."""
    named = [_CAUSES[kind] for kind in dict.fromkeys(types_in_hand) if kind in _CAUSES]
    return [*named, *_ALWAYS]
