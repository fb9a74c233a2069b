# The keys come from the environment: one-hour credentials of the bootstrap role.
provider "aws" {
  region              = var.aws_region
  allowed_account_ids = var.allowed_account_ids
  s3_use_path_style   = var.s3_use_path_style
}

# Answered by the provider itself, without a call.
data "aws_partition" "current" {}

# Asked only where nobody said which zones to use; left out are those that must be opted into, and those in which EKS
# puts no cluster. Source: Amazon EKS User Guide, Subnet requirements for clusters.
data "aws_availability_zones" "offered" {
  count = length(var.availability_zones) == 0 ? 1 : 0

  state            = "available"
  exclude_zone_ids = ["use1-az3", "usw1-az2", "cac1-az3"]

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  partition = data.aws_partition.current.partition

  zones = length(var.availability_zones) == 0 ? slice(data.aws_availability_zones.offered[0].names, 0, 3) : var.availability_zones

  # Three quarters of the network are the private subnets; at the end of the last quarter stands the public one.
  private_cidrs = [for number in range(3) : cidrsubnet(var.vpc_cidr, 2, number)]
  public_cidr   = cidrsubnet(var.vpc_cidr, 8, 254)

  # Set in the calls that create, together with byoc:address: the bootstrap role may make nothing that lacks Vendor,
  # and what an interrupted run left behind is found by the others.
  tags = merge(var.activation_tags, { Vendor = "zilliz-byoc", byoc = "true" })

  managed_policy = "arn:${local.partition}:iam::aws:policy"
}
