# Phase 2. One bucket for the database's files. It goes only when it is empty: there is no force_destroy.
# Its settings are made one after the other: S3 refuses two changes of a bucket at the same time.

resource "aws_s3_bucket" "milvus" {
  bucket = "${var.name}-milvus"
  tags   = merge(local.tags, { Name = "${var.name}-milvus", "byoc:address" = "aws_s3_bucket.milvus" })
}

resource "aws_s3_bucket_public_access_block" "milvus" {
  bucket                  = aws_s3_bucket.milvus.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "milvus" {
  bucket = aws_s3_bucket.milvus.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }

  depends_on = [aws_s3_bucket_public_access_block.milvus]
}

# With the key of S3: a key of KMS needs rights that the bootstrap role does not have.
resource "aws_s3_bucket_server_side_encryption_configuration" "milvus" {
  bucket = aws_s3_bucket.milvus.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }

  depends_on = [aws_s3_bucket_ownership_controls.milvus]
}

# The database never overwrites a file: old versions would only be paid for. "Disabled" asks for nothing to be changed.
resource "aws_s3_bucket_versioning" "milvus" {
  bucket = aws_s3_bucket.milvus.id

  versioning_configuration {
    status = "Disabled"
  }

  depends_on = [aws_s3_bucket_server_side_encryption_configuration.milvus]
}

resource "aws_s3_bucket_policy" "milvus" {
  bucket = aws_s3_bucket.milvus.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.milvus.arn, "${aws_s3_bucket.milvus.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_versioning.milvus]
}
