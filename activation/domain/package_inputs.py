"""Who answers for each variable of a package: the portal, the key, the person who starts a run, or nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

KEY_VARIABLES: Final[Mapping[str, str]] = {
    "aws_access_key": "AWS_ACCESS_KEY_ID",
    "aws_secret_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
}
"""Variables that hold a part of the AWS key, and where the provider finds it when they are null."""

PORTAL_VARIABLES: Final = (
    "aws_region",
    "external_id",
    "vendor_principal_arn",
    "allowed_account_ids",
    "activation_tags",
)
"""Variables whose values the portal knows; only the first three may stand in a person's file, to be compared."""

FIELD_TYPES: Final = ("string", "number", "bool")


@dataclass(frozen=True)
class Variable:
    """An input variable. `type` and `default` as written; `default` of a plain string without its quotes."""

    name: str
    type: str
    description: str
    default: str | None
    required: bool
    ephemeral: bool
    sensitive: bool


@dataclass(frozen=True)
class Inputs:
    """The variables that are neither the portal's nor the key's, by how a value can be given.

    `fields` are of a plain type, `from_file` of any other: these come with a terraform.tfvars. What is secret beside
    the key cannot be given here: values are kept with the run.
    """

    fields: tuple[Variable, ...] = ()
    from_file: tuple[Variable, ...] = ()
    secret: tuple[Variable, ...] = ()
    needs_long_term_key: bool = False

    @classmethod
    def of(cls, variables: Iterable[Variable]) -> Self:
        """Sort the variables of a package."""
        listed = tuple(variables)
        asked = [each for each in listed if each.name not in PORTAL_VARIABLES and each.name not in KEY_VARIABLES]
        plain = [each for each in asked if not each.sensitive]
        return cls(
            fields=tuple(each for each in plain if each.type in FIELD_TYPES),
            from_file=tuple(each for each in plain if each.type not in FIELD_TYPES),
            secret=tuple(each for each in asked if each.sensitive),
            needs_long_term_key=needs_long_term_key(listed),
        )

    @property
    def asked(self) -> tuple[Variable, ...]:
        """Return everything that a person can give."""
        return (*self.fields, *self.from_file)

    @property
    def unfillable(self) -> tuple[str, ...]:
        """Return the names without which the package does not run, and for which nobody can give a value here."""
        return tuple(each.name for each in self.secret if each.required)


def needs_long_term_key(variables: Iterable[Variable]) -> bool:
    """Tell whether a temporary key cannot work: a provider that is given its key by variable takes no token from the
    environment, and there is no variable for the token.
    """
    keys = {each.name: each for each in variables if each.name in KEY_VARIABLES}
    return any(each.required for each in keys.values()) and "aws_session_token" not in keys
