"""The application."""

from django.apps import AppConfig


class ActivationConfig(AppConfig):
    """Everything the portal does."""

    name = "activation"
    verbose_name = "BYOC Portal"

    def ready(self) -> None:
        """Register the system checks and listen to sign-ins."""
        from activation import accounts, checks  # noqa: F401

        accounts.listen()
