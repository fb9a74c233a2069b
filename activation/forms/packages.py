"""Taking in a configuration package."""

from django import forms


class PackageForm(forms.Form):
    """An archive, by file or by address; nothing uses it before it is pinned."""

    archive = forms.FileField(
        required=False,
        label="Archive",
        help_text="A .tar.gz of at most 20 MiB. If empty, the package is fetched from the address.",
    )
    address = forms.URLField(
        required=False,
        label="Or its address",
        assume_scheme="https",
        max_length=500,
        help_text="An https address. It is fetched once, now.",
    )
    sha256 = forms.RegexField(
        r"^\s*[0-9A-Fa-f]{64}\s*$",
        required=False,
        label="SHA-256 of the archive",
        help_text="If its publisher gives one. An archive with a different one is refused. It is shown in any case.",
        error_messages={"invalid": "A SHA-256 has 64 hexadecimal digits (0 to 9, a to f)."},
    )
    name = forms.SlugField(
        initial="terraform-aws-iam",
        label="Name",
        max_length=80,
        help_text="Used if the package has no manifest.",
    )
    iam_path = forms.RegexField(
        r"^/([\w+=,.@-]+/)*$",
        required=False,
        label="IAM path",
        help_text="The path of its roles and policies. If empty, the path in the manifest, or else /zilliz/.",
    )
    name_prefix = forms.RegexField(
        r"^[\w+=,.@-]+$",
        required=False,
        label="Name prefix",
        help_text="What the names of its roles and policies begin with. If empty, zilliz-.",
    )

    def clean(self) -> dict[str, object]:
        """Demand a file or an address; a file counts before the address that stood there already."""
        cleaned: dict[str, object] = super().clean() or {}
        both = cleaned.get("archive") and cleaned.get("address") and "address" in self.changed_data
        if (both or not (cleaned.get("archive") or cleaned.get("address"))) and not self.errors:
            self.add_error("archive", "Choose a file or give its address, but not both.")
        return cleaned
