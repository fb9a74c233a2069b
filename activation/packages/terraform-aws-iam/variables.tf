variable "aws_region" {
  description = "The AWS region the provider talks to. IAM itself is global; use the region that you are going to activate."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must be the name of an AWS region, such as us-west-2."
  }

  # The names of those partitions are longer, and bootstrap_policy would not fit into AWS's 6,144 characters.
  validation {
    condition     = !can(regex("^(cn|us-gov|us-iso[a-z]*)-", var.aws_region))
    error_message = "Regions of China, GovCloud and the isolated partitions are not supported: with their longer ARNs a policy would pass AWS's limit of 6,144 characters."
  }
}

# The three key variables are ephemeral: Terraform writes them to no plan file and to no state file.
# Left at null, the provider takes its keys from the environment (AWS_ACCESS_KEY_ID and so on).

variable "aws_access_key" {
  description = "Access key ID. Leave it unset to take the key from the environment."
  type        = string
  default     = null
  ephemeral   = true
}

variable "aws_secret_key" {
  description = "Secret access key. Leave it unset to take the key from the environment."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "aws_session_token" {
  description = "Session token that belongs to a temporary key. Leave it unset for a long-term key, or to take it from the environment."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "external_id" {
  description = "The external ID of your organization. Both roles ask for it whenever they are assumed; capital and small letters differ."
  type        = string

  # Length apart from grammar: the expression engine repeats at most 1,000 times.
  validation {
    condition     = length(var.external_id) >= 2 && length(var.external_id) <= 1224
    error_message = "external_id must have 2 to 1,224 characters."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@:/-]+$", var.external_id))
    error_message = "external_id may hold letters, digits and _ + = , . @ : / - only; no blanks, no quotes."
  }
}

variable "vendor_principal_arn" {
  description = "The one IAM role or user of the vendor that may assume the two roles."
  type        = string

  # A wildcard, an account root or an account number would let everybody in that account try.
  validation {
    condition     = can(regex("^arn:aws:iam::[0-9]{12}:(role|user)/([A-Za-z0-9+=,.@_-]+/)*[A-Za-z0-9+=,.@_-]+$", var.vendor_principal_arn))
    error_message = "vendor_principal_arn must be the ARN (arn:aws:…) of exactly one IAM role or user, without wildcards; an account or its root is refused."
  }
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
