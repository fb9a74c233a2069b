variable "aws_region" {
  description = "The AWS region in which the data plane is built."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must be the name of an AWS region, such as us-west-2."
  }
}

variable "name" {
  description = "What everything is named after: zilliz-byoc- and a short name, another one for each region of an account."
  type        = string

  # The longest name made of it is a role's, 64 characters; the bucket's stands for the whole world.
  validation {
    condition     = can(regex("^zilliz-byoc-[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$", var.name))
    error_message = "name must be zilliz-byoc- and one to 20 small letters, digits or hyphens, neither first nor last a hyphen."
  }
}

variable "vpc_cidr" {
  description = "The network of the VPC: private addresses, /16 to /20, such as 10.0.0.0/16."
  type        = string

  validation {
    condition     = can(regex("^(10|172[.](1[6-9]|2[0-9]|3[01])|192[.]168)[.][0-9.]+/(16|17|18|19|20)$", var.vpc_cidr))
    error_message = "vpc_cidr must lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 and be a /16 to a /20: with less, the public subnet would be smaller than AWS allows."
  }

  validation {
    condition     = try(cidrsubnet(var.vpc_cidr, 0, 0) == var.vpc_cidr, false)
    error_message = "vpc_cidr must be the network itself, such as 10.0.0.0/16, and not an address inside it."
  }
}

variable "availability_zones" {
  description = "Three availability zones. Empty: the first three of the region that need no opting in."
  type        = list(string)
  default     = []

  validation {
    condition     = contains([0, 3], length(distinct(var.availability_zones))) && length(var.availability_zones) == length(distinct(var.availability_zones))
    error_message = "availability_zones must be three different zones, or none."
  }

  validation {
    condition     = alltrue([for zone in var.availability_zones : startswith(zone, var.aws_region)])
    error_message = "availability_zones must lie in aws_region."
  }
}

# The next five are outputs of terraform-aws-iam, under the same names.

variable "permission_boundary_policy_arn" {
  description = "Ceiling of what any role of the data plane can do."
  type        = string

  validation {
    condition     = can(regex("^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:policy/", var.permission_boundary_policy_arn))
    error_message = "permission_boundary_policy_arn must be the ARN of a policy of your own account."
  }
}

variable "aws_lb_irsa_policy_arn" {
  description = "Policy for the load balancer controller's service account."
  type        = string

  validation {
    condition     = can(regex("^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:policy/", var.aws_lb_irsa_policy_arn))
    error_message = "aws_lb_irsa_policy_arn must be the ARN of a policy of your own account."
  }
}

variable "cluster_autoscaler_irsa_policy_arn" {
  description = "Policy for the cluster autoscaler's service account."
  type        = string

  validation {
    condition     = can(regex("^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:policy/", var.cluster_autoscaler_irsa_policy_arn))
    error_message = "cluster_autoscaler_irsa_policy_arn must be the ARN of a policy of your own account."
  }
}

variable "ebs_csi_irsa_policy_arn" {
  description = "Policy for the EBS CSI driver's service account."
  type        = string

  validation {
    condition     = can(regex("^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:policy/", var.ebs_csi_irsa_policy_arn))
    error_message = "ebs_csi_irsa_policy_arn must be the ARN of a policy of your own account."
  }
}

variable "zilliz_business_irsa_policy_arn" {
  description = "Policy for the vendor's own service accounts."
  type        = string

  validation {
    condition     = can(regex("^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:policy/", var.zilliz_business_irsa_policy_arn))
    error_message = "zilliz_business_irsa_policy_arn must be the ARN of a policy of your own account."
  }
}

variable "iam_path" {
  description = "Path of the roles of the data plane: where terraform-aws-iam keeps its own."
  type        = string
  default     = "/zilliz/"

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.iam_path))
    error_message = "iam_path must begin and end with a slash."
  }
}

variable "eks_version" {
  description = "Kubernetes version, such as 1.33. Unset: the one that EKS gives to new clusters."
  type        = string
  default     = null

  # From 1.28 on EKS encrypts everything in the cluster's store, secrets included, without a key of one's own.
  validation {
    condition     = var.eks_version == null || can(regex("^1[.](2[89]|[3-9][0-9])$", var.eks_version))
    error_message = "eks_version must be a Kubernetes version from 1.28 on, such as 1.33."
  }
}

variable "core_nodes" {
  description = "Nodes for etcd, message queue and controllers."
  type = object({
    instance_type = optional(string, "m6i.2xlarge")
    least         = optional(number, 3)
    most          = optional(number, 50)
    disk_gib      = optional(number, 100)
  })
  default = {}

  validation {
    condition     = var.core_nodes.least >= 1 && var.core_nodes.most >= var.core_nodes.least && var.core_nodes.disk_gib >= 20
    error_message = "core_nodes needs at least one node, most not below least, and disks of 20 GiB or more."
  }
}

variable "fundamental_nodes" {
  description = "Nodes for the database's own services."
  type = object({
    instance_type = optional(string, "m6i.2xlarge")
    least         = optional(number, 1)
    most          = optional(number, 50)
    disk_gib      = optional(number, 100)
  })
  default = {}

  validation {
    condition     = var.fundamental_nodes.least >= 1 && var.fundamental_nodes.most >= var.fundamental_nodes.least && var.fundamental_nodes.disk_gib >= 20
    error_message = "fundamental_nodes needs at least one node, most not below least, and disks of 20 GiB or more."
  }
}

variable "install_addons" {
  description = "Let EKS look after vpc-cni, kube-proxy, coredns and the EBS CSI driver. Off where that is not supported: the first three then run as EKS puts them into every new cluster, the driver is missing."
  type        = bool
  default     = true
}

variable "s3_use_path_style" {
  description = "Name buckets in the path of an address instead of the host: for servers that stand in for AWS."
  type        = bool
  default     = false
}

variable "allowed_account_ids" {
  description = "Stop unless the keys belong to one of these AWS accounts. Empty: any account."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.allowed_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "allowed_account_ids must be AWS account IDs of 12 digits."
  }
}

variable "activation_tags" {
  description = "Tags for everything that can carry tags, so that what an interrupted run left behind can be found again."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.activation_tags : startswith(key, "byoc:") && key != "byoc:address"])
    error_message = "Keys of activation_tags must start with byoc: and must not be byoc:address, which this package sets itself."
  }
}
