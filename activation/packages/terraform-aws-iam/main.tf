provider "aws" {
  region              = var.aws_region
  access_key          = var.aws_access_key
  secret_key          = var.aws_secret_key
  token               = var.aws_session_token
  allowed_account_ids = var.allowed_account_ids
}

# sts:GetCallerIdentity, which nobody needs a permission for.
data "aws_caller_identity" "current" {}

# Answered by the provider itself, without a call.
data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  # Everything this package makes stands under this path.
  path = "/zilliz/"

  # What the vendor may work on carries this tag, or a name that starts with it.
  vendor = "zilliz-byoc"

  iam_arn    = "arn:${local.partition}:iam::${local.account_id}"
  ec2_arn    = "arn:${local.partition}:ec2:*:${local.account_id}"
  elb_arn    = "arn:${local.partition}:elasticloadbalancing:*:${local.account_id}"
  eks_arn    = "arn:${local.partition}:eks:*:${local.account_id}"
  bucket_arn = "arn:${local.partition}:s3:::${local.vendor}-*"

  # ARNs spelled out instead of taken from the resources: so they stand in the plan, where they can be
  # reviewed and checked, instead of "known after apply".
  permission_boundary_arn = "${local.iam_arn}:policy${local.path}zilliz-permission-boundary-policy"
  bootstrap_policy_arn    = "${local.iam_arn}:policy${local.path}zilliz-bootstrap-policy"
  management_policy_arn   = "${local.iam_arn}:policy${local.path}zilliz-management-policy"

  # The roles of the data plane: the EKS cluster, its nodes, its service accounts. Never the two roles of this package.
  data_plane_role_arn = "${local.iam_arn}:role${local.path}${local.vendor}-*"

  irsa_policy_arns = [
    for name in ["aws-lb", "ca", "ebs-csi", "business"] : "${local.iam_arn}:policy${local.path}zilliz-${name}-irsa-policy"
  ]

  # The policies by AWS that an EKS cluster and its nodes cannot do without.
  eks_managed_policy_arns = [
    for name in [
      "AmazonEC2ContainerRegistryReadOnly",
      "AmazonEKSClusterPolicy",
      "AmazonEKSVPCResourceController",
      "AmazonEKSWorkerNodePolicy",
      "AmazonEKS_CNI_Policy",
    ] : "arn:${local.partition}:iam::aws:policy/${name}"
  ]

  # Clusters of ours, and what belongs to them: all these ARNs go on with the name of the cluster.
  eks_resource_arn = "${local.eks_arn}:*/${local.vendor}-*"

  oidc_provider_arn = "${local.iam_arn}:oidc-provider/oidc.eks.*.amazonaws.com/id/*"

  # IAM takes tags in the call that creates: a resource cut off from the state is still found by its address.
  tags = {
    for address in [
      "aws_iam_policy.aws_lb_irsa_policy",
      "aws_iam_policy.bootstrap_policy",
      "aws_iam_policy.cluster_autoscaler_irsa_policy",
      "aws_iam_policy.ebs_csi_irsa_policy",
      "aws_iam_policy.management_policy",
      "aws_iam_policy.permission_boundary",
      "aws_iam_policy.zilliz_business_irsa_policy",
      "aws_iam_role.bootstrap_role",
      "aws_iam_role.management_role",
    ] : address => merge(var.activation_tags, { Vendor = local.vendor, byoc = "true", "byoc:address" = address })
  }
}
