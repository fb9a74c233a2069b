locals {
  # One statement, one principal, one action, one condition: whoever does not know the external ID is turned away.
  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "VendorWithExternalId"
      Effect    = "Allow"
      Principal = { AWS = var.vendor_principal_arn }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  })
}

resource "aws_iam_role" "bootstrap_role" {
  name                 = "zilliz-bootstrap-role"
  path                 = local.path
  description          = "Sets up and takes down the data plane of a region. May be removed between the two."
  assume_role_policy   = local.trust_policy
  permissions_boundary = local.permission_boundary_arn
  # As long as an activation may take: two hours.
  max_session_duration = 7200
  tags                 = local.tags["aws_iam_role.bootstrap_role"]

  depends_on = [aws_iam_policy.permission_boundary]
}

resource "aws_iam_role" "management_role" {
  name                 = "zilliz-management-role"
  path                 = local.path
  description          = "Day-to-day work on the data plane: scaling, upgrades, load balancers, bucket settings."
  assume_role_policy   = local.trust_policy
  permissions_boundary = local.permission_boundary_arn
  max_session_duration = 3600
  tags                 = local.tags["aws_iam_role.management_role"]

  depends_on = [aws_iam_policy.permission_boundary]
}

resource "aws_iam_role_policy_attachment" "bootstrap_attachment" {
  role       = aws_iam_role.bootstrap_role.name
  policy_arn = local.bootstrap_policy_arn

  depends_on = [aws_iam_policy.bootstrap_policy]
}

resource "aws_iam_role_policy_attachment" "management_attachment" {
  role       = aws_iam_role.management_role.name
  policy_arn = local.management_policy_arn

  depends_on = [aws_iam_policy.management_policy]
}
