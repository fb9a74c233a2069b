"""Starts Terraform, watches it, keeps what it finished. Knows neither the web framework nor the queue."""
