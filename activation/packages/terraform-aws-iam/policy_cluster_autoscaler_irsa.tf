# For the cluster autoscaler inside the cluster: it reads freely, and scales our own node groups only.

resource "aws_iam_policy" "cluster_autoscaler_irsa_policy" {
  name        = "zilliz-ca-irsa-policy"
  path        = local.path
  description = "For the cluster autoscaler's service account."
  tags        = local.tags["aws_iam_policy.cluster_autoscaler_irsa_policy"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Read"
        Effect = "Allow"
        Action = [
          "autoscaling:DescribeAutoScalingGroups",
          "autoscaling:DescribeAutoScalingInstances",
          "autoscaling:DescribeLaunchConfigurations",
          "autoscaling:DescribeScalingActivities",
          "autoscaling:DescribeTags",
          "ec2:DescribeImages",
          "ec2:DescribeInstanceTypes",
          "ec2:DescribeLaunchTemplateVersions",
          "ec2:GetInstanceTypesFromInstanceRequirements",
        ]
        Resource = "*"
      },
      {
        Sid      = "ReadNodeGroups"
        Effect   = "Allow"
        Action   = "eks:DescribeNodegroup"
        Resource = "${local.eks_arn}:nodegroup/${local.vendor}-*/*/*"
      },
      {
        # EKS puts this tag on the group behind a managed node group.
        Sid       = "ScaleOurNodeGroups"
        Effect    = "Allow"
        Action    = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
        Resource  = "arn:${local.partition}:autoscaling:*:${local.account_id}:autoScalingGroup:*"
        Condition = { StringLike = { "aws:ResourceTag/eks:cluster-name" = "${local.vendor}-*" } }
      },
    ]
  })
}
