"""Activation records: what is in them, how they are signed, how they are verified."""
