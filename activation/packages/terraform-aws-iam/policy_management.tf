# Day-to-day work. No way to create or delete a network, a cluster or a role, no IAM, and no way to read what is stored.

resource "aws_iam_policy" "management_policy" {
  name        = "zilliz-management-policy"
  path        = local.path
  description = "Day-to-day work on the data plane."
  tags        = local.tags["aws_iam_policy.management_policy"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Read"
        Effect = "Allow"
        Action = [
          "autoscaling:DescribeAutoScalingGroups",
          "autoscaling:DescribeScalingActivities",
          "ec2:DescribeAddresses",
          "ec2:DescribeAvailabilityZones",
          "ec2:DescribeInstances",
          "ec2:DescribeInstanceStatus",
          "ec2:DescribeInstanceTypeOfferings",
          "ec2:DescribeInstanceTypes",
          "ec2:DescribeInternetGateways",
          "ec2:DescribeNatGateways",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeVolumes",
          "ec2:DescribeVpcEndpoints",
          "ec2:DescribeVpcs",
          "eks:DescribeAddonVersions",
          "eks:ListClusters",
          "elasticloadbalancing:Describe*",
          "servicequotas:GetServiceQuota",
        ]
        Resource = "*"
      },
      {
        # Whether EKS has its service-linked roles: without them the first cluster of an account may fail.
        Sid    = "ServiceLinkedRolesRead"
        Effect = "Allow"
        Action = "iam:GetRole"
        # Of a role that does not exist IAM knows no path.
        Resource = ["${local.iam_arn}:role/aws-service-role/eks*", "${local.iam_arn}:role/AWSServiceRoleForAmazonEKS*"]
      },
      {
        Sid      = "ClusterRead"
        Effect   = "Allow"
        Action   = ["eks:Describe*", "eks:List*"]
        Resource = local.eks_resource_arn
      },
      {
        Sid    = "ClusterScaleAndUpgrade"
        Effect = "Allow"
        Action = [
          "eks:UpdateAddon",
          "eks:UpdateClusterVersion",
          "eks:UpdateNodegroupConfig",
          "eks:UpdateNodegroupVersion",
        ]
        Resource  = local.eks_resource_arn
        Condition = { StringEquals = { "aws:ResourceTag/Vendor" = local.vendor } }
      },
      {
        # Scaling is asked to hand the node role on again.
        Sid       = "RolePassToEks"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.data_plane_role_arn
        Condition = { StringEquals = { "iam:PassedToService" = "eks.amazonaws.com" } }
      },
      {
        # Load balancers get this tag from the controller in the cluster, with the cluster's name as its value.
        Sid    = "LoadBalancers"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:DeregisterTargets",
          "elasticloadbalancing:ModifyListener",
          "elasticloadbalancing:ModifyLoadBalancerAttributes",
          "elasticloadbalancing:ModifyTargetGroup",
          "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:RegisterTargets",
        ]
        Resource  = "${local.elb_arn}:*"
        Condition = { StringLike = { "aws:ResourceTag/elbv2.k8s.aws/cluster" = "${local.vendor}-*" } }
      },
      {
        Sid    = "BucketSettings"
        Effect = "Allow"
        Action = [
          "s3:GetBucketLocation",
          "s3:GetBucketOwnershipControls",
          "s3:GetBucketPolicy",
          "s3:GetBucketPublicAccessBlock",
          "s3:GetBucketTagging",
          "s3:GetBucketVersioning",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
          "s3:ListBucket",
          "s3:ListBucketMultipartUploads",
          "s3:PutBucketTagging",
          "s3:PutLifecycleConfiguration",
        ]
        Resource  = local.bucket_arn
        Condition = { StringEquals = { "aws:ResourceAccount" = local.account_id } }
      },
      {
        # Clearing out what a broken upload or a deleted cluster left; reading it is not part of that.
        Sid       = "ObjectsCleanUp"
        Effect    = "Allow"
        Action    = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts"]
        Resource  = "${local.bucket_arn}/*"
        Condition = { StringEquals = { "aws:ResourceAccount" = local.account_id } }
      },
    ]
  })
}
