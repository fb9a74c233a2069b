# Phase 3. The cluster, and the roles of the service accounts that run in it.

resource "aws_iam_role" "cluster" {
  name                 = "${var.name}-cluster"
  path                 = var.iam_path
  description          = "The EKS cluster ${var.name}."
  permissions_boundary = var.permission_boundary_policy_arn
  tags                 = merge(local.tags, { "byoc:address" = "aws_iam_role.cluster" })

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "eks.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "cluster_policy" {
  role       = aws_iam_role.cluster.name
  policy_arn = "${local.managed_policy}/AmazonEKSClusterPolicy"
}

resource "aws_iam_role_policy_attachment" "cluster_vpc_resource_controller" {
  role       = aws_iam_role.cluster.name
  policy_arn = "${local.managed_policy}/AmazonEKSVPCResourceController"
}

resource "aws_eks_cluster" "main" {
  name                      = var.name
  role_arn                  = aws_iam_role.cluster.arn
  version                   = var.eks_version
  enabled_cluster_log_types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
  tags                      = merge(local.tags, { "byoc:address" = "aws_eks_cluster.main" })

  access_config {
    # Who may do what is kept by EKS, where IAM can read it, and not in a document inside the cluster.
    authentication_mode = "API"
  }

  vpc_config {
    subnet_ids              = [aws_subnet.private_1.id, aws_subnet.private_2.id, aws_subnet.private_3.id]
    security_group_ids      = [aws_security_group.main.id]
    endpoint_private_access = true
    endpoint_public_access  = false
  }

  lifecycle {
    # Given at creation. EKS does not say them of a cluster that is taken over by import, and Terraform would replace it.
    ignore_changes = [access_config, bootstrap_self_managed_addons]
  }

  # Without its policies EKS could not remove the network interfaces that it made.
  depends_on = [
    aws_iam_role_policy_attachment.cluster_policy,
    aws_iam_role_policy_attachment.cluster_vpc_resource_controller,
  ]
}

# AWS finds the certificate's thumbprint itself.
resource "aws_iam_openid_connect_provider" "cluster" {
  url            = aws_eks_cluster.main.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
  tags           = merge(local.tags, { "byoc:address" = "aws_iam_openid_connect_provider.cluster" })
}

locals {
  issuer = trimprefix(aws_eks_cluster.main.identity[0].oidc[0].issuer, "https://")

  # Who may take which role: names in the cluster, namespace and service account.
  service_accounts = {
    aws_lb             = ["system:serviceaccount:kube-system:aws-load-balancer-controller"]
    cluster_autoscaler = ["system:serviceaccount:kube-system:cluster-autoscaler"]
    ebs_csi            = ["system:serviceaccount:kube-system:ebs-csi-controller-sa"]
    business           = ["system:serviceaccount:milvus-*:milvus*", "system:serviceaccount:loki:loki*", "system:serviceaccount:index-pool:milvus*"]
  }

  service_account_trust = {
    for role, subjects in local.service_accounts : role => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Federated = aws_iam_openid_connect_provider.cluster.arn }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = { "${local.issuer}:aud" = "sts.amazonaws.com" }
          StringLike   = { "${local.issuer}:sub" = subjects }
        }
      }]
    })
  }
}

resource "aws_iam_role" "aws_lb_irsa" {
  name                 = "${var.name}-aws-lb-irsa"
  path                 = var.iam_path
  description          = "The load balancer controller in ${var.name}."
  assume_role_policy   = local.service_account_trust["aws_lb"]
  permissions_boundary = var.permission_boundary_policy_arn
  tags                 = merge(local.tags, { "byoc:address" = "aws_iam_role.aws_lb_irsa" })
}

resource "aws_iam_role_policy_attachment" "aws_lb_irsa" {
  role       = aws_iam_role.aws_lb_irsa.name
  policy_arn = var.aws_lb_irsa_policy_arn
}

resource "aws_iam_role" "cluster_autoscaler_irsa" {
  name                 = "${var.name}-ca-irsa"
  path                 = var.iam_path
  description          = "The cluster autoscaler in ${var.name}."
  assume_role_policy   = local.service_account_trust["cluster_autoscaler"]
  permissions_boundary = var.permission_boundary_policy_arn
  tags                 = merge(local.tags, { "byoc:address" = "aws_iam_role.cluster_autoscaler_irsa" })
}

resource "aws_iam_role_policy_attachment" "cluster_autoscaler_irsa" {
  role       = aws_iam_role.cluster_autoscaler_irsa.name
  policy_arn = var.cluster_autoscaler_irsa_policy_arn
}

resource "aws_iam_role" "ebs_csi_irsa" {
  name                 = "${var.name}-ebs-csi-irsa"
  path                 = var.iam_path
  description          = "The EBS CSI driver in ${var.name}."
  assume_role_policy   = local.service_account_trust["ebs_csi"]
  permissions_boundary = var.permission_boundary_policy_arn
  tags                 = merge(local.tags, { "byoc:address" = "aws_iam_role.ebs_csi_irsa" })
}

resource "aws_iam_role_policy_attachment" "ebs_csi_irsa" {
  role       = aws_iam_role.ebs_csi_irsa.name
  policy_arn = var.ebs_csi_irsa_policy_arn
}

resource "aws_iam_role" "business_irsa" {
  name                 = "${var.name}-business-irsa"
  path                 = var.iam_path
  description          = "The database's own service accounts in ${var.name}."
  assume_role_policy   = local.service_account_trust["business"]
  permissions_boundary = var.permission_boundary_policy_arn
  tags                 = merge(local.tags, { "byoc:address" = "aws_iam_role.business_irsa" })
}

resource "aws_iam_role_policy_attachment" "business_irsa" {
  role       = aws_iam_role.business_irsa.name
  policy_arn = var.zilliz_business_irsa_policy_arn
}
