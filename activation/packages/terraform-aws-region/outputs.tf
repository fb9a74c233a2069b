output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.main.id
}

output "private_subnet_ids" {
  description = "The three private subnets, in the order of their zones."
  value       = [aws_subnet.private_1.id, aws_subnet.private_2.id, aws_subnet.private_3.id]
}

output "public_subnet_id" {
  description = "The public subnet, where the NAT gateway stands."
  value       = aws_subnet.public.id
}

output "availability_zones" {
  description = "The three zones."
  value       = local.zones
}

output "nat_public_ip" {
  description = "The address from which everything in the private subnets calls out."
  value       = aws_eip.nat.public_ip
}

output "security_group_id" {
  description = "The security group of the data plane."
  value       = aws_security_group.main.id
}

output "s3_endpoint_id" {
  description = "The gateway endpoint of S3."
  value       = aws_vpc_endpoint.s3.id
}

output "bucket_name" {
  description = "The bucket."
  value       = aws_s3_bucket.milvus.id
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.milvus.arn
}

output "cluster_name" {
  description = "The EKS cluster."
  value       = aws_eks_cluster.main.name
}

output "cluster_arn" {
  description = "ARN of the cluster."
  value       = aws_eks_cluster.main.arn
}

output "cluster_endpoint" {
  description = "Address of the Kubernetes API; it answers inside the VPC only."
  value       = aws_eks_cluster.main.endpoint
}

output "cluster_version" {
  description = "Kubernetes version of the cluster."
  value       = aws_eks_cluster.main.version
}

output "oidc_issuer" {
  description = "Who vouches for the cluster's service accounts."
  value       = aws_eks_cluster.main.identity[0].oidc[0].issuer
}

output "oidc_provider_arn" {
  description = "The same, as IAM knows it."
  value       = aws_iam_openid_connect_provider.cluster.arn
}

output "node_group_names" {
  description = "The node groups."
  value       = [aws_eks_node_group.core.node_group_name, aws_eks_node_group.fundamental.node_group_name]
}

output "node_group_arns" {
  description = "ARNs of the node groups, in the same order."
  value       = [aws_eks_node_group.core.arn, aws_eks_node_group.fundamental.arn]
}

output "addons_installed" {
  description = "Whether EKS looks after the add-ons."
  value       = var.install_addons
}

output "cluster_role_arn" {
  description = "Role of the cluster."
  value       = aws_iam_role.cluster.arn
}

output "node_role_arn" {
  description = "Role of the nodes."
  value       = aws_iam_role.node.arn
}

output "aws_lb_irsa_role_arn" {
  description = "Role of the load balancer controller's service account."
  value       = aws_iam_role.aws_lb_irsa.arn
}

output "cluster_autoscaler_irsa_role_arn" {
  description = "Role of the cluster autoscaler's service account."
  value       = aws_iam_role.cluster_autoscaler_irsa.arn
}

output "ebs_csi_irsa_role_arn" {
  description = "Role of the EBS CSI driver's service account."
  value       = aws_iam_role.ebs_csi_irsa.arn
}

output "business_irsa_role_arn" {
  description = "Role of the database's own service accounts."
  value       = aws_iam_role.business_irsa.arn
}
