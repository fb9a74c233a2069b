"""Taking in a configuration package."""

from django import forms

from activation.domain.control_plane import CONTROL_PLANE_LABELS, ControlPlane


class PackageForm(forms.Form):
    """An archive, by file or by address, with the SHA-256 that its publisher gives."""

    archive = forms.FileField(required=False, label="Archive", help_text="A .tar.gz of at most 20 MiB.")
    address = forms.URLField(
        required=False,
        label="Or its address",
        assume_scheme="https",
        max_length=500,
        help_text="An https address; fetched once, now.",
    )
    sha256 = forms.RegexField(
        r"^\s*[0-9A-Fa-f]{64}\s*$",
        label="SHA-256 of the archive",
        help_text="As its publisher gives it: 64 digits from 0 to f.",
        error_messages={"invalid": "A SHA-256 has 64 digits from 0 to f."},
    )
    name = forms.SlugField(
        initial="terraform-aws-iam",
        label="Name",
        max_length=80,
        help_text="Used where the package brings no manifest.",
    )
    iam_path = forms.RegexField(
        r"^/([\w+=,.@-]+/)*$",
        required=False,
        label="IAM path",
        help_text="Where its roles and policies stand; empty for what the manifest says, else /zilliz/.",
    )
    name_prefix = forms.RegexField(
        r"^[\w+=,.@-]+$",
        required=False,
        label="Name prefix",
        help_text="What the names of its roles and policies begin with; empty for zilliz-.",
    )
    control_plane = forms.ChoiceField(
        choices=[(each.value, CONTROL_PLANE_LABELS[each]) for each in ControlPlane],
        widget=forms.RadioSelect,
        initial=ControlPlane.ZILLIZ,
        label="New activations of",
    )

    def clean(self) -> dict[str, object]:
        """Demand exactly one of file and address."""
        cleaned: dict[str, object] = super().clean() or {}
        if bool(cleaned.get("archive")) is bool(cleaned.get("address")) and not self.errors:
            self.add_error("archive", "Choose a file, or give its address; one of the two.")
        return cleaned
