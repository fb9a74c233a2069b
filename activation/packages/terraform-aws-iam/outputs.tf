output "aws_lb_irsa_policy_arn" {
  description = "Policy for the load balancer controller's service account."
  value       = aws_iam_policy.aws_lb_irsa_policy.arn
}

output "bootstrap_role_arn" {
  description = "Role that sets up and takes down the data plane."
  value       = aws_iam_role.bootstrap_role.arn
}

output "cluster_autoscaler_irsa_policy_arn" {
  description = "Policy for the cluster autoscaler's service account."
  value       = aws_iam_policy.cluster_autoscaler_irsa_policy.arn
}

output "ebs_csi_irsa_policy_arn" {
  description = "Policy for the EBS CSI driver's service account."
  value       = aws_iam_policy.ebs_csi_irsa_policy.arn
}

output "management_role_arn" {
  description = "Role for the day-to-day work on the data plane."
  value       = aws_iam_role.management_role.arn
}

output "permission_boundary_policy_arn" {
  description = "Ceiling of what any role of the data plane can do."
  value       = aws_iam_policy.permission_boundary.arn
}

output "zilliz_business_irsa_policy_arn" {
  description = "Policy for the vendor's own service accounts."
  value       = aws_iam_policy.zilliz_business_irsa_policy.arn
}
