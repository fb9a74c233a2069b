"""Plain names for Terraform's resource types."""

_TYPES = {
    "aws_iam_policy": ("IAM policy", "IAM policies"),
    "aws_iam_role": ("IAM role", "IAM roles"),
    "aws_iam_role_policy_attachment": ("policy attachment", "policy attachments"),
    "aws_iam_openid_connect_provider": ("OIDC provider", "OIDC providers"),
    "aws_iam_instance_profile": ("instance profile", "instance profiles"),
    "aws_vpc": ("VPC", "VPCs"),
    "aws_subnet": ("subnet", "subnets"),
    "aws_route_table": ("route table", "route tables"),
    "aws_route_table_association": ("route table association", "route table associations"),
    "aws_route": ("route", "routes"),
    "aws_internet_gateway": ("internet gateway", "internet gateways"),
    "aws_nat_gateway": ("NAT gateway", "NAT gateways"),
    "aws_eip": ("Elastic IP address", "Elastic IP addresses"),
    "aws_vpc_endpoint": ("VPC endpoint", "VPC endpoints"),
    "aws_security_group": ("security group", "security groups"),
    "aws_vpc_security_group_ingress_rule": ("inbound rule", "inbound rules"),
    "aws_vpc_security_group_egress_rule": ("outbound rule", "outbound rules"),
    "aws_s3_bucket": ("S3 bucket", "S3 buckets"),
    "aws_s3_bucket_ownership_controls": ("bucket ownership setting", "bucket ownership settings"),
    "aws_s3_bucket_policy": ("bucket policy", "bucket policies"),
    "aws_s3_bucket_public_access_block": ("public access block", "public access blocks"),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket encryption setting", "bucket encryption settings"),
    "aws_s3_bucket_versioning": ("bucket versioning setting", "bucket versioning settings"),
    "aws_eks_cluster": ("EKS cluster", "EKS clusters"),
    "aws_eks_node_group": ("EKS node group", "EKS node groups"),
    "aws_eks_addon": ("EKS add-on", "EKS add-ons"),
    "aws_launch_template": ("launch template", "launch templates"),
}


def type_label(kind: str, count: int = 1) -> str:
    """Name a resource type in plain words, in the plural unless count is 1."""
    if kind in _TYPES:
        return _TYPES[kind][0 if count == 1 else 1]
    return kind.removeprefix("aws_").replace("_", " ")
