# For the EBS CSI driver inside the cluster. The driver marks every volume and snapshot that it makes;
# only what is so marked can be changed, attached to our nodes, or deleted.

locals {
  volume_made = { StringEquals = { "aws:RequestTag/ebs.csi.aws.com/cluster" = "true" } }
  volume_ours = { StringEquals = { "aws:ResourceTag/ebs.csi.aws.com/cluster" = "true" } }

  volume_arns = ["${local.ec2_arn}:volume/*", "arn:${local.partition}:ec2:*::snapshot/*", "${local.ec2_arn}:snapshot/*"]
}

resource "aws_iam_policy" "ebs_csi_irsa_policy" {
  name        = "zilliz-ebs-csi-irsa-policy"
  path        = local.path
  description = "For the EBS CSI driver's service account."
  tags        = local.tags["aws_iam_policy.ebs_csi_irsa_policy"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Read"
        Effect = "Allow"
        Action = [
          "ec2:DescribeAvailabilityZones",
          "ec2:DescribeInstances",
          "ec2:DescribeInstanceTypes",
          "ec2:DescribeSnapshots",
          "ec2:DescribeTags",
          "ec2:DescribeVolumes",
          "ec2:DescribeVolumesModifications",
          "ec2:DescribeVolumeStatus",
        ]
        Resource = "*"
      },
      {
        Sid       = "CreateMarked"
        Effect    = "Allow"
        Action    = ["ec2:CreateSnapshot", "ec2:CreateVolume"]
        Resource  = local.volume_arns
        Condition = local.volume_made
      },
      {
        Sid      = "MarkAtCreation"
        Effect   = "Allow"
        Action   = "ec2:CreateTags"
        Resource = local.volume_arns
        Condition = {
          StringEquals = merge(local.volume_made.StringEquals, { "ec2:CreateAction" = ["CreateSnapshot", "CreateVolume"] })
        }
      },
      {
        # A snapshot is taken of a volume, a volume restored from a snapshot: the source must be marked too.
        Sid    = "UseMarked"
        Effect = "Allow"
        Action = [
          "ec2:AttachVolume",
          "ec2:CreateSnapshot",
          "ec2:CreateVolume",
          "ec2:DeleteSnapshot",
          "ec2:DeleteVolume",
          "ec2:DetachVolume",
          "ec2:ModifyVolume",
        ]
        Resource  = local.volume_arns
        Condition = local.volume_ours
      },
      {
        # The mark itself stays as it was made.
        Sid       = "Retag"
        Effect    = "Allow"
        Action    = ["ec2:CreateTags", "ec2:DeleteTags"]
        Resource  = local.volume_arns
        Condition = merge(local.volume_ours, { Null = { "aws:RequestTag/ebs.csi.aws.com/cluster" = "true" } })
      },
      {
        # EKS puts this tag on the nodes of a managed node group.
        Sid       = "AttachToOurNodes"
        Effect    = "Allow"
        Action    = ["ec2:AttachVolume", "ec2:DetachVolume"]
        Resource  = "${local.ec2_arn}:instance/*"
        Condition = { StringLike = { "aws:ResourceTag/eks:cluster-name" = "${local.vendor}-*" } }
      },
    ]
  })
}
