"""What AWS itself says: the only room that calls it. boto3, no Django."""
