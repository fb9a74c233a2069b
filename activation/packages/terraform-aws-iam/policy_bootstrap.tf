# What it takes to set up and take down one region: network, bucket, EKS cluster, its roles.
# New things must carry the vendor's tag, existing ones must have it already, and IAM policies are out of reach.

resource "aws_iam_policy" "bootstrap_policy" {
  name        = "zilliz-bootstrap-policy"
  path        = local.path
  description = "Sets up and takes down the data plane of a region."
  tags        = local.tags["aws_iam_policy.bootstrap_policy"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "NetworkRead"
        Effect = "Allow"
        Action = [
          "ec2:DescribeAddresses",
          "ec2:DescribeAddressesAttribute",
          "ec2:DescribeAvailabilityZones",
          "ec2:DescribeInternetGateways",
          "ec2:DescribeNatGateways",
          "ec2:DescribeNetworkAcls",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribePrefixLists",
          "ec2:DescribeRouteTables",
          "ec2:DescribeSecurityGroupRules",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeVpcAttribute",
          "ec2:DescribeVpcEndpoints",
          "ec2:DescribeVpcs",
          "eks:DescribeAddonVersions",
        ]
        Resource = "*"
      },
      {
        Sid    = "NetworkCreateTagged"
        Effect = "Allow"
        Action = [
          "ec2:AllocateAddress",
          "ec2:CreateInternetGateway",
          "ec2:CreateNatGateway",
          "ec2:CreateRouteTable",
          "ec2:CreateSecurityGroup",
          "ec2:CreateSubnet",
          "ec2:CreateVpc",
          "ec2:CreateVpcEndpoint",
        ]
        Resource  = "${local.ec2_arn}:*"
        Condition = { StringEquals = { "aws:RequestTag/Vendor" = local.vendor } }
      },
      {
        # Creating inside a VPC is asked for the VPC as well: it must be one of ours.
        Sid    = "NetworkUseTagged"
        Effect = "Allow"
        Action = [
          "ec2:AssociateRouteTable",
          "ec2:AttachInternetGateway",
          "ec2:AuthorizeSecurityGroup*",
          "ec2:CreateNatGateway",
          "ec2:CreateRoute",
          "ec2:CreateRouteTable",
          "ec2:CreateSecurityGroup",
          "ec2:CreateSubnet",
          "ec2:CreateTags",
          "ec2:CreateVpcEndpoint",
          "ec2:DeleteInternetGateway",
          "ec2:DeleteNatGateway",
          "ec2:DeleteRoute",
          "ec2:DeleteRouteTable",
          "ec2:DeleteSecurityGroup",
          "ec2:DeleteSubnet",
          "ec2:DeleteTags",
          "ec2:DeleteVpc",
          "ec2:DeleteVpcEndpoints",
          "ec2:DetachInternetGateway",
          "ec2:DisassociateAddress",
          "ec2:DisassociateRouteTable",
          "ec2:ModifySubnetAttribute",
          "ec2:ModifyVpcAttribute",
          "ec2:ModifyVpcEndpoint",
          "ec2:ReleaseAddress",
          "ec2:ReplaceRoute",
          "ec2:RevokeSecurityGroup*",
        ]
        Resource  = "${local.ec2_arn}:*"
        Condition = { StringEquals = { "aws:ResourceTag/Vendor" = local.vendor } }
      },
      {
        # A rule has no tag of its own; its group is checked above.
        Sid      = "SecurityGroupRules"
        Effect   = "Allow"
        Action   = "ec2:AuthorizeSecurityGroup*"
        Resource = "${local.ec2_arn}:security-group-rule/*"
      },
      {
        # Only in the call that creates: else foreign resources could be tagged first and deleted next.
        Sid      = "NetworkTagAtCreation"
        Effect   = "Allow"
        Action   = "ec2:CreateTags"
        Resource = "${local.ec2_arn}:*"
        Condition = {
          StringEquals = { "aws:RequestTag/Vendor" = local.vendor }
          StringLike   = { "ec2:CreateAction" = ["AllocateAddress", "Create*"] }
        }
      },
      {
        Sid       = "ClusterCreateTagged"
        Effect    = "Allow"
        Action    = ["eks:CreateAddon", "eks:CreateCluster", "eks:CreateNodegroup", "eks:TagResource"]
        Resource  = local.eks_resource_arn
        Condition = { StringEquals = { "aws:RequestTag/Vendor" = local.vendor } }
      },
      {
        Sid    = "ClusterUseTagged"
        Effect = "Allow"
        Action = [
          "eks:DeleteAddon",
          "eks:DeleteCluster",
          "eks:DeleteNodegroup",
          "eks:UntagResource",
          "eks:UpdateAddon",
          "eks:UpdateClusterConfig",
          "eks:UpdateClusterVersion",
          "eks:UpdateNodegroupConfig",
          "eks:UpdateNodegroupVersion",
        ]
        Resource  = local.eks_resource_arn
        Condition = { StringEquals = { "aws:ResourceTag/Vendor" = local.vendor } }
      },
      {
        Sid      = "ClusterRead"
        Effect   = "Allow"
        Action   = ["eks:Describe*", "eks:List*"]
        Resource = local.eks_resource_arn
      },
      {
        # No account to compare with before the bucket exists.
        Sid      = "BucketCreate"
        Effect   = "Allow"
        Action   = "s3:CreateBucket"
        Resource = local.bucket_arn
      },
      {
        # Bucket names are shared by the whole world; a bucket of another account is none of ours.
        Sid    = "BucketSettings"
        Effect = "Allow"
        Action = [
          "s3:DeleteBucket",
          "s3:DeleteBucketPolicy",
          "s3:GetAccelerateConfiguration",
          "s3:GetBucket*",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
          "s3:GetReplicationConfiguration",
          "s3:ListBucket",
          "s3:PutBucketOwnershipControls",
          "s3:PutBucketPolicy",
          "s3:PutBucketPublicAccessBlock",
          "s3:PutBucketTagging",
          "s3:PutBucketVersioning",
          "s3:PutEncryptionConfiguration",
          "s3:PutLifecycleConfiguration",
        ]
        Resource  = local.bucket_arn
        Condition = { StringEquals = { "aws:ResourceAccount" = local.account_id } }
      },
      {
        # Without a condition on tags, which IAM may show later than the thing itself.
        Sid    = "RoleRead"
        Effect = "Allow"
        Action = [
          "iam:GetOpenIDConnectProvider",
          "iam:GetRole",
          "iam:ListAttachedRolePolicies",
          "iam:ListInstanceProfilesForRole",
          "iam:ListRolePolicies",
        ]
        # Of a role that does not exist IAM knows no path: EKS asks for its own role, Terraform for one deleted by hand.
        Resource = [
          "${local.iam_arn}:role/*${local.vendor}-*",
          local.oidc_provider_arn,
          "${local.iam_arn}:role/*ForAmazonEKS*",
        ]
      },
      {
        Sid      = "RoleCreateBounded"
        Effect   = "Allow"
        Action   = "iam:CreateRole"
        Resource = local.data_plane_role_arn
        Condition = {
          StringEquals = {
            "iam:PermissionsBoundary" = local.permission_boundary_arn
            "aws:RequestTag/Vendor"   = local.vendor
          }
        }
      },
      {
        Sid      = "RoleAttachListedOnly"
        Effect   = "Allow"
        Action   = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
        Resource = local.data_plane_role_arn
        Condition = {
          ArnEquals = { "iam:PolicyARN" = concat(local.irsa_policy_arns, local.eks_managed_policy_arns) }
        }
      },
      {
        Sid       = "RolePassToEks"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.data_plane_role_arn
        Condition = { StringEquals = { "iam:PassedToService" = "eks.amazonaws.com" } }
      },
      {
        Sid    = "IamCreateTagged"
        Effect = "Allow"
        Action = [
          "iam:CreateOpenIDConnectProvider",
          "iam:TagOpenIDConnectProvider",
          "iam:TagRole",
        ]
        Resource  = [local.oidc_provider_arn, local.data_plane_role_arn]
        Condition = { StringEquals = { "aws:RequestTag/Vendor" = local.vendor } }
      },
      {
        Sid    = "IamUseTagged"
        Effect = "Allow"
        Action = [
          "iam:DeleteOpenIDConnectProvider",
          "iam:DeleteRole",
          "iam:UpdateAssumeRolePolicy",
        ]
        Resource  = [local.oidc_provider_arn, local.data_plane_role_arn]
        Condition = { StringEquals = { "aws:ResourceTag/Vendor" = local.vendor } }
      },
      {
        Sid       = "ServiceLinkedRoles"
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = "${local.iam_arn}:role/aws-service-role/eks*"
        Condition = { StringEquals = { "iam:AWSServiceName" = ["eks.amazonaws.com", "eks-nodegroup.amazonaws.com"] } }
      },
    ]
  })
}
