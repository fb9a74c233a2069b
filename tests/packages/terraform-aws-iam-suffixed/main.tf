# A package by somebody else: another path, a suffix on every name, keys that are not ephemeral, no manifest.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "aws_region" {
  type = string
}

variable "aws_access_key" {
  type      = string
  default   = null
  sensitive = true
}

variable "aws_secret_key" {
  type      = string
  default   = null
  sensitive = true
}

variable "aws_session_token" {
  type      = string
  default   = null
  sensitive = true
}

variable "external_id" {
  type        = string
  description = <<-EOT
    The external ID,
    as it stands in the console.
  EOT
}

variable "vendor_principal_arn" {
  type = string
}

variable "suffix" {
  type    = string
  default = "7f3a"
}

provider "aws" {
  region     = var.aws_region
  access_key = var.aws_access_key
  secret_key = var.aws_secret_key
  token      = var.aws_session_token
}

locals {
  path     = "/acme/byoc/"
  policies = toset(["aws-lb-irsa", "bootstrap", "business-irsa", "ca-irsa", "ebs-csi-irsa", "management", "permission-boundary"])
}

resource "aws_iam_policy" "policy" {
  for_each = local.policies

  name = "acme-${each.key}-policy-${var.suffix}"
  path = local.path
  tags = { Vendor = "acme" }

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:ListBucket", Resource = "arn:aws:s3:::acme-*" }]
  })
}

resource "aws_iam_role" "role" {
  for_each = toset(["bootstrap", "management"])

  name                 = "acme-${each.key}-role-${var.suffix}"
  path                 = local.path
  permissions_boundary = aws_iam_policy.policy["permission-boundary"].arn
  tags                 = { Vendor = "acme" }

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.vendor_principal_arn }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "attachment" {
  for_each = aws_iam_role.role

  role       = each.value.name
  policy_arn = aws_iam_policy.policy[each.key].arn
}

output "aws_lb_irsa_policy_arn" {
  value = aws_iam_policy.policy["aws-lb-irsa"].arn
}

output "bootstrap_role_arn" {
  value = aws_iam_role.role["bootstrap"].arn
}

output "cluster_autoscaler_irsa_policy_arn" {
  value = aws_iam_policy.policy["ca-irsa"].arn
}

output "ebs_csi_irsa_policy_arn" {
  value = aws_iam_policy.policy["ebs-csi-irsa"].arn
}

output "management_role_arn" {
  value = aws_iam_role.role["management"].arn
}

output "permission_boundary_policy_arn" {
  value = aws_iam_policy.policy["permission-boundary"].arn
}

output "zilliz_business_irsa_policy_arn" {
  value = aws_iam_policy.policy["business-irsa"].arn
}
