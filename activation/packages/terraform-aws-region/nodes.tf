# Phase 4. Node groups that EKS manages, without launch templates: those would ask for the right to start instances.

resource "aws_iam_role" "node" {
  name                 = "${var.name}-node"
  path                 = var.iam_path
  description          = "The nodes of ${var.name}."
  permissions_boundary = var.permission_boundary_policy_arn
  tags                 = merge(local.tags, { "byoc:address" = "aws_iam_role.node" })

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "node_worker" {
  role       = aws_iam_role.node.name
  policy_arn = "${local.managed_policy}/AmazonEKSWorkerNodePolicy"
}

resource "aws_iam_role_policy_attachment" "node_cni" {
  role       = aws_iam_role.node.name
  policy_arn = "${local.managed_policy}/AmazonEKS_CNI_Policy"
}

resource "aws_iam_role_policy_attachment" "node_registry" {
  role       = aws_iam_role.node.name
  policy_arn = "${local.managed_policy}/AmazonEC2ContainerRegistryReadOnly"
}

resource "aws_eks_node_group" "core" {
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = "core"
  node_role_arn   = aws_iam_role.node.arn
  subnet_ids      = [aws_subnet.private_1.id, aws_subnet.private_2.id, aws_subnet.private_3.id]
  ami_type        = "AL2023_x86_64_STANDARD"
  capacity_type   = "ON_DEMAND"
  instance_types  = [var.core_nodes.instance_type]
  disk_size       = var.core_nodes.disk_gib
  tags            = merge(local.tags, { "byoc:address" = "aws_eks_node_group.core" })

  # By these labels the data plane's own workloads find their place.
  labels = {
    "zilliz-group-name"     = "core"
    "node-role/etcd"        = "true"
    "node-role/pulsar"      = "true"
    "node-role/infra"       = "true"
    "node-role/vdc"         = "true"
    "node-role/milvus-tool" = "true"
  }

  scaling_config {
    min_size     = var.core_nodes.least
    max_size     = var.core_nodes.most
    desired_size = var.core_nodes.least
  }

  lifecycle {
    # The cluster autoscaler decides, once it runs.
    ignore_changes = [scaling_config[0].desired_size]
  }

  # Nodes join only where they reach AWS and may do what nodes do.
  depends_on = [
    aws_iam_role_policy_attachment.node_worker,
    aws_iam_role_policy_attachment.node_cni,
    aws_iam_role_policy_attachment.node_registry,
    aws_route.nat,
    aws_route_table_association.private_1,
    aws_route_table_association.private_2,
    aws_route_table_association.private_3,
    aws_vpc_endpoint.s3,
  ]
}

resource "aws_eks_node_group" "fundamental" {
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = "fundamental"
  node_role_arn   = aws_iam_role.node.arn
  subnet_ids      = [aws_subnet.private_1.id, aws_subnet.private_2.id, aws_subnet.private_3.id]
  ami_type        = "AL2023_x86_64_STANDARD"
  capacity_type   = "ON_DEMAND"
  instance_types  = [var.fundamental_nodes.instance_type]
  disk_size       = var.fundamental_nodes.disk_gib
  tags            = merge(local.tags, { "byoc:address" = "aws_eks_node_group.fundamental" })

  labels = {
    "zilliz-group-name" = "fundamental"
    "node-role/default" = "true"
    "node-role/milvus"  = "true"
  }

  scaling_config {
    min_size     = var.fundamental_nodes.least
    max_size     = var.fundamental_nodes.most
    desired_size = var.fundamental_nodes.least
  }

  lifecycle {
    ignore_changes = [scaling_config[0].desired_size]
  }

  depends_on = [
    aws_iam_role_policy_attachment.node_worker,
    aws_iam_role_policy_attachment.node_cni,
    aws_iam_role_policy_attachment.node_registry,
    aws_route.nat,
    aws_route_table_association.private_1,
    aws_route_table_association.private_2,
    aws_route_table_association.private_3,
    aws_vpc_endpoint.s3,
  ]
}

# Add-ons take over what EKS put into the new cluster. Their byoc:address has no index: brackets are not for tags.

resource "aws_eks_addon" "vpc_cni" {
  count = var.install_addons ? 1 : 0

  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "vpc-cni"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  tags                        = merge(local.tags, { "byoc:address" = "aws_eks_addon.vpc_cni" })
}

resource "aws_eks_addon" "kube_proxy" {
  count = var.install_addons ? 1 : 0

  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "kube-proxy"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  tags                        = merge(local.tags, { "byoc:address" = "aws_eks_addon.kube_proxy" })
}

# These two run on nodes, and are not active before there are some.

resource "aws_eks_addon" "coredns" {
  count = var.install_addons ? 1 : 0

  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "coredns"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  tags                        = merge(local.tags, { "byoc:address" = "aws_eks_addon.coredns" })

  depends_on = [aws_eks_node_group.core]
}

resource "aws_eks_addon" "ebs_csi" {
  count = var.install_addons ? 1 : 0

  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "aws-ebs-csi-driver"
  service_account_role_arn    = aws_iam_role.ebs_csi_irsa.arn
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  tags                        = merge(local.tags, { "byoc:address" = "aws_eks_addon.ebs_csi" })

  depends_on = [aws_eks_node_group.core, aws_iam_role_policy_attachment.ebs_csi_irsa]
}
