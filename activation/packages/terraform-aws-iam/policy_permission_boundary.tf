# The ceiling over both roles of this package and over every role that the bootstrap role creates.
# It grants nothing: a role can do what its own policies allow *and* this document allows.

resource "aws_iam_policy" "permission_boundary" {
  name        = "zilliz-permission-boundary-policy"
  path        = local.path
  description = "Ceiling of what the vendor's roles, and roles made by them, can do."
  tags        = local.tags["aws_iam_policy.permission_boundary"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "AllowedServices"
        Effect   = "Allow"
        Action   = ["autoscaling:*", "ec2:*", "eks:*", "elasticloadbalancing:*"]
        Resource = "*"
      },
      {
        Sid    = "AllowedReads"
        Effect = "Allow"
        Action = [
          "acm:DescribeCertificate",
          "acm:ListCertificates",
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetAuthorizationToken",
          "ecr:GetDownloadUrlForLayer",
          "servicequotas:GetServiceQuota",
        ]
        Resource = "*"
      },
      {
        Sid      = "AllowedBuckets"
        Effect   = "Allow"
        Action   = "s3:*"
        Resource = [local.bucket_arn, "${local.bucket_arn}/*"]
      },
      {
        Sid    = "AllowedPrivateDns"
        Effect = "Allow"
        Action = [
          "route53:AssociateVPCWithHostedZone",
          "route53:ChangeResourceRecordSets",
          "route53:ChangeTagsForResource",
          "route53:CreateHostedZone",
          "route53:DeleteHostedZone",
          "route53:Get*",
          "route53:List*",
        ]
        Resource = "*"
      },
      {
        Sid      = "AllowedLogs"
        Effect   = "Allow"
        Action   = "logs:*"
        Resource = "arn:${local.partition}:logs:*:${local.account_id}:log-group:/aws/eks/${local.vendor}-*"
      },
      {
        Sid      = "AllowedPublicParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = "arn:${local.partition}:ssm:*::parameter/aws/service/*"
      },
      {
        Sid    = "IamRead"
        Effect = "Allow"
        Action = ["iam:Get*", "iam:List*"]
        Resource = [
          "${local.iam_arn}:role${local.path}*",
          "${local.iam_arn}:role/aws-service-role/*",
          # Of a role that does not exist IAM knows no path.
          "${local.iam_arn}:role/AWSServiceRoleForAmazonEKS*",
          "${local.iam_arn}:role/${local.vendor}-*",
          "${local.iam_arn}:policy${local.path}*",
          local.oidc_provider_arn,
        ]
      },
      {
        Sid    = "IamDataPlaneRoles"
        Effect = "Allow"
        Action = [
          "iam:DeleteRole",
          "iam:TagRole",
          "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:UpdateRole",
        ]
        Resource = local.data_plane_role_arn
      },
      {
        Sid       = "RequireBoundaryOnNewRoles"
        Effect    = "Allow"
        Action    = "iam:CreateRole"
        Resource  = local.data_plane_role_arn
        Condition = { StringEquals = { "iam:PermissionsBoundary" = local.permission_boundary_arn } }
      },
      {
        Sid      = "AttachListedPoliciesOnly"
        Effect   = "Allow"
        Action   = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
        Resource = local.data_plane_role_arn
        Condition = {
          ArnEquals = { "iam:PolicyARN" = concat(local.irsa_policy_arns, local.eks_managed_policy_arns) }
        }
      },
      {
        Sid       = "RestrictPassRole"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.data_plane_role_arn
        Condition = { StringEquals = { "iam:PassedToService" = ["ec2.amazonaws.com", "eks.amazonaws.com"] } }
      },
      {
        Sid    = "OidcProviderOfEks"
        Effect = "Allow"
        Action = [
          "iam:CreateOpenIDConnectProvider",
          "iam:DeleteOpenIDConnectProvider",
          "iam:TagOpenIDConnectProvider",
          "iam:UntagOpenIDConnectProvider",
          "iam:UpdateOpenIDConnectProviderThumbprint",
        ]
        Resource = local.oidc_provider_arn
      },
      {
        Sid      = "ServiceLinkedRoles"
        Effect   = "Allow"
        Action   = "iam:CreateServiceLinkedRole"
        Resource = "${local.iam_arn}:role/aws-service-role/*"
        Condition = {
          StringEquals = {
            "iam:AWSServiceName" = [
              "eks.amazonaws.com",
              "eks-nodegroup.amazonaws.com",
              "elasticloadbalancing.amazonaws.com",
            ]
          }
        }
      },
      {
        # Whatever is allowed above, now or by a later edit: what the customer granted stays as the customer left it.
        Sid    = "VendorAccessStaysAsGranted"
        Effect = "Deny"
        Action = [
          "iam:Add*",
          "iam:Attach*",
          "iam:Create*",
          "iam:Delete*",
          "iam:Detach*",
          "iam:PassRole",
          "iam:Put*",
          "iam:Remove*",
          "iam:Set*",
          "iam:Tag*",
          "iam:Untag*",
          "iam:Update*",
        ]
        Resource = [
          "${local.iam_arn}:policy${local.path}*",
          "${local.iam_arn}:role${local.path}zilliz-bootstrap-role",
          "${local.iam_arn}:role${local.path}zilliz-management-role",
        ]
      },
      {
        # Data leaves by none of these ways, and networks are not joined.
        Sid    = "NoWayOut"
        Effect = "Deny"
        Action = [
          "ec2:*TransitGateway*",
          "ec2:*VpcPeeringConnection",
          "ec2:*Vpn*",
          "ec2:CopyImage",
          "ec2:CopySnapshot",
          "ec2:CreateInstanceExportTask",
          "ec2:CreateStoreImageTask",
          "ec2:ExportImage",
          "ec2:ModifyImageAttribute",
          "ec2:ModifySnapshotAttribute",
          "ec2:Purchase*",
          "s3:PutBucketAcl",
          "s3:PutObjectAcl",
          "s3:PutReplicationConfiguration",
        ]
        Resource = "*"
      },
      {
        # A bucket that refuses all but TLS needs a policy. Setup writes it; nobody who can be reached from the data
        # plane, and no day-to-day work, can write another one.
        Sid      = "BucketPolicyBySetupOnly"
        Effect   = "Deny"
        Action   = ["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"]
        Resource = "*"
        Condition = {
          ArnNotEquals = { "aws:PrincipalArn" = "${local.iam_arn}:role${local.path}zilliz-bootstrap-role" }
        }
      },
    ]
  })
}
