# Phase 1. Nothing in the private subnets has a public address: what they fetch leaves through one NAT gateway, and
# objects of S3 through a gateway endpoint, which costs nothing.

resource "aws_vpc" "main" {
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(local.tags, { Name = "${var.name}-vpc", "byoc:address" = "aws_vpc.main" })
}

# Three resources instead of one with an index: their addresses stand in tags, where brackets are not allowed.

resource "aws_subnet" "private_1" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = local.private_cidrs[0]
  availability_zone = local.zones[0]

  tags = merge(local.tags, {
    Name                              = "${var.name}-private-1"
    "kubernetes.io/role/internal-elb" = "1"
    "byoc:address"                    = "aws_subnet.private_1"
  })
}

resource "aws_subnet" "private_2" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = local.private_cidrs[1]
  availability_zone = local.zones[1]

  tags = merge(local.tags, {
    Name                              = "${var.name}-private-2"
    "kubernetes.io/role/internal-elb" = "1"
    "byoc:address"                    = "aws_subnet.private_2"
  })
}

resource "aws_subnet" "private_3" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = local.private_cidrs[2]
  availability_zone = local.zones[2]

  tags = merge(local.tags, {
    Name                              = "${var.name}-private-3"
    "kubernetes.io/role/internal-elb" = "1"
    "byoc:address"                    = "aws_subnet.private_3"
  })
}

# For the NAT gateway alone, which brings its own address: nothing else here gets a public one.
resource "aws_subnet" "public" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = local.public_cidr
  availability_zone = local.zones[0]
  tags              = merge(local.tags, { Name = "${var.name}-public", "byoc:address" = "aws_subnet.public" })
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = merge(local.tags, { Name = "${var.name}-igw", "byoc:address" = "aws_internet_gateway.main" })
}

resource "aws_eip" "nat" {
  domain = "vpc"
  tags   = merge(local.tags, { Name = "${var.name}-nat", "byoc:address" = "aws_eip.nat" })
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public.id
  tags          = merge(local.tags, { Name = "${var.name}-nat", "byoc:address" = "aws_nat_gateway.main" })

  depends_on = [aws_internet_gateway.main]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  tags   = merge(local.tags, { Name = "${var.name}-public", "byoc:address" = "aws_route_table.public" })
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
  tags   = merge(local.tags, { Name = "${var.name}-private", "byoc:address" = "aws_route_table.private" })
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route" "nat" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main.id
}

resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private_1" {
  subnet_id      = aws_subnet.private_1.id
  route_table_id = aws_route_table.private.id
}

resource "aws_route_table_association" "private_2" {
  subnet_id      = aws_subnet.private_2.id
  route_table_id = aws_route_table.private.id
}

resource "aws_route_table_association" "private_3" {
  subnet_id      = aws_subnet.private_3.id
  route_table_id = aws_route_table.private.id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.${var.aws_region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]
  tags              = merge(local.tags, { Name = "${var.name}-s3", "byoc:address" = "aws_vpc_endpoint.s3" })
}

# Rules inside the group: as resources of their own they would carry tags, which the bootstrap role may set on what it
# creates only, not on rules that it authorizes.
resource "aws_security_group" "main" {
  name        = "${var.name}-sg"
  description = "Traffic inside the data plane, and HTTPS out of it."
  vpc_id      = aws_vpc.main.id
  tags        = merge(local.tags, { Name = "${var.name}-sg", "byoc:address" = "aws_security_group.main" })

  ingress {
    description = "TCP inside the VPC"
    protocol    = "tcp"
    from_port   = 0
    to_port     = 65535
    self        = true
    cidr_blocks = [var.vpc_cidr]
  }

  ingress {
    description = "UDP inside the VPC"
    protocol    = "udp"
    from_port   = 0
    to_port     = 65535
    self        = true
    cidr_blocks = [var.vpc_cidr]
  }

  egress {
    description = "TCP inside the VPC"
    protocol    = "tcp"
    from_port   = 0
    to_port     = 65535
    self        = true
    cidr_blocks = [var.vpc_cidr]
  }

  egress {
    description = "UDP inside the VPC"
    protocol    = "udp"
    from_port   = 0
    to_port     = 65535
    self        = true
    cidr_blocks = [var.vpc_cidr]
  }

  egress {
    description = "HTTPS to everywhere"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }

  lifecycle {
    # The load balancer controller adds rules of its own.
    ignore_changes = [ingress]
  }
}
