"""The local AWS of the tests, for pages that ask it."""

from tests.aws.conftest import customer, iam, running, simulator

__all__ = ["customer", "iam", "running", "simulator"]
