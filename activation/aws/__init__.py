"""What AWS itself says: the only room that calls it. botocore, no Django."""
