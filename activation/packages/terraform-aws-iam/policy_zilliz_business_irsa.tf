# For the vendor's own service accounts inside the cluster: objects in the buckets of the data plane, and nothing else.

resource "aws_iam_policy" "zilliz_business_irsa_policy" {
  name        = "zilliz-business-irsa-policy"
  path        = local.path
  description = "For the vendor's service accounts inside the cluster."
  tags        = local.tags["aws_iam_policy.zilliz_business_irsa_policy"]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Buckets"
        Effect    = "Allow"
        Action    = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
        Resource  = local.bucket_arn
        Condition = { StringEquals = { "aws:ResourceAccount" = local.account_id } }
      },
      {
        Sid    = "Objects"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload",
          "s3:DeleteObject",
          "s3:GetObject",
          "s3:ListMultipartUploadParts",
          "s3:PutObject",
        ]
        Resource  = "${local.bucket_arn}/*"
        Condition = { StringEquals = { "aws:ResourceAccount" = local.account_id } }
      },
    ]
  })
}
