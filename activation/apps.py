"""The application."""

from django.apps import AppConfig


class ActivationConfig(AppConfig):
    """Everything the portal does."""

    name = "activation"
    verbose_name = "BYOC Portal"

    def ready(self) -> None:
        """Register the system checks."""
        from activation import checks  # noqa: F401
