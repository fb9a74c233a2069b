# For the AWS load balancer controller inside the cluster. It marks what it makes with the tag below;
# it may change and delete what bears that mark, and open the node groups' security groups to its load balancers.

locals {
  load_balancer_made = { StringLike = { "aws:RequestTag/elbv2.k8s.aws/cluster" = "${local.vendor}-*" } }
  load_balancer_ours = { StringLike = { "aws:ResourceTag/elbv2.k8s.aws/cluster" = "${local.vendor}-*" } }

  # The mark itself stays as it was made.
  load_balancer_retag = merge(local.load_balancer_ours, { Null = { "aws:RequestTag/elbv2.k8s.aws/cluster" = "true" } })

  security_group_rule_actions = [
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:RevokeSecurityGroupIngress",
  ]
}

resource "aws_iam_policy" "aws_lb_irsa_policy" {
  name        = "zilliz-aws-lb-irsa-policy"
  path        = local.path
  description = "For the load balancer controller's service account."
  tags        = local.tags["aws_iam_policy.aws_lb_irsa_policy"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Read"
        Effect = "Allow"
        Action = [
          "acm:DescribeCertificate",
          "acm:ListCertificates",
          "ec2:DescribeAccountAttributes",
          "ec2:DescribeAddresses",
          "ec2:DescribeAvailabilityZones",
          "ec2:DescribeInstances",
          "ec2:DescribeInternetGateways",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeRouteTables",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeTags",
          "ec2:DescribeVpcPeeringConnections",
          "ec2:DescribeVpcs",
          "ec2:GetSecurityGroupsForVpc",
          "elasticloadbalancing:Describe*",
        ]
        Resource = "*"
      },
      {
        Sid       = "ServiceLinkedRole"
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = "${local.iam_arn}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*"
        Condition = { StringEquals = { "iam:AWSServiceName" = "elasticloadbalancing.amazonaws.com" } }
      },
      {
        Sid       = "SecurityGroupInVpc"
        Effect    = "Allow"
        Action    = "ec2:CreateSecurityGroup"
        Resource  = "${local.ec2_arn}:vpc/*"
        Condition = { StringEquals = { "aws:ResourceTag/Vendor" = local.vendor } }
      },
      {
        Sid       = "SecurityGroupCreateMarked"
        Effect    = "Allow"
        Action    = "ec2:CreateSecurityGroup"
        Resource  = "${local.ec2_arn}:security-group/*"
        Condition = local.load_balancer_made
      },
      {
        Sid       = "SecurityGroupMarkAtCreation"
        Effect    = "Allow"
        Action    = "ec2:CreateTags"
        Resource  = "${local.ec2_arn}:security-group/*"
        Condition = merge(local.load_balancer_made, { StringEquals = { "ec2:CreateAction" = "CreateSecurityGroup" } })
      },
      {
        Sid       = "SecurityGroupRetag"
        Effect    = "Allow"
        Action    = ["ec2:CreateTags", "ec2:DeleteTags"]
        Resource  = "${local.ec2_arn}:security-group/*"
        Condition = local.load_balancer_retag
      },
      {
        Sid       = "SecurityGroupMarked"
        Effect    = "Allow"
        Action    = concat(local.security_group_rule_actions, ["ec2:DeleteSecurityGroup"])
        Resource  = "${local.ec2_arn}:security-group/*"
        Condition = local.load_balancer_ours
      },
      {
        Sid       = "SecurityGroupOfDataPlane"
        Effect    = "Allow"
        Action    = local.security_group_rule_actions
        Resource  = "${local.ec2_arn}:security-group/*"
        Condition = { StringEquals = { "aws:ResourceTag/Vendor" = local.vendor } }
      },
      {
        Sid       = "SecurityGroupOfCluster"
        Effect    = "Allow"
        Action    = local.security_group_rule_actions
        Resource  = "${local.ec2_arn}:security-group/*"
        Condition = { StringLike = { "aws:ResourceTag/aws:eks:cluster-name" = "${local.vendor}-*" } }
      },
      {
        # A rule has no tag of its own; its group is checked above.
        Sid      = "SecurityGroupRules"
        Effect   = "Allow"
        Action   = "ec2:AuthorizeSecurityGroupIngress"
        Resource = "${local.ec2_arn}:security-group-rule/*"
      },
      {
        Sid    = "CreateMarked"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:CreateListener",
          "elasticloadbalancing:CreateLoadBalancer",
          "elasticloadbalancing:CreateRule",
          "elasticloadbalancing:CreateTargetGroup",
        ]
        Resource  = "${local.elb_arn}:*"
        Condition = local.load_balancer_made
      },
      {
        Sid       = "MarkAtCreation"
        Effect    = "Allow"
        Action    = "elasticloadbalancing:AddTags"
        Resource  = "${local.elb_arn}:*"
        Condition = { StringLike = merge(local.load_balancer_made.StringLike, { "elasticloadbalancing:CreateAction" = "Create*" }) }
      },
      {
        Sid       = "Retag"
        Effect    = "Allow"
        Action    = ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"]
        Resource  = "${local.elb_arn}:*"
        Condition = local.load_balancer_retag
      },
      {
        Sid    = "UseMarked"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:AddListenerCertificates",
          "elasticloadbalancing:CreateListener",
          "elasticloadbalancing:CreateRule",
          "elasticloadbalancing:DeleteListener",
          "elasticloadbalancing:DeleteLoadBalancer",
          "elasticloadbalancing:DeleteRule",
          "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:DeregisterTargets",
          "elasticloadbalancing:ModifyListener",
          "elasticloadbalancing:ModifyListenerAttributes",
          "elasticloadbalancing:ModifyLoadBalancerAttributes",
          "elasticloadbalancing:ModifyRule",
          "elasticloadbalancing:ModifyTargetGroup",
          "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:RegisterTargets",
          "elasticloadbalancing:RemoveListenerCertificates",
          "elasticloadbalancing:SetIpAddressType",
          "elasticloadbalancing:SetSecurityGroups",
          "elasticloadbalancing:SetSubnets",
        ]
        Resource  = "${local.elb_arn}:*"
        Condition = local.load_balancer_ours
      },
    ]
  })
}
