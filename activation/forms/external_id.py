"""The external ID that comes from the vendor's console."""

from django import forms


class ExternalIdForm(forms.Form):
    """The ID as it was pasted; the domain says whether it can be one."""

    # Wider than AWS allows, so that the domain's own sentence appears, with the number of characters.
    external_id = forms.CharField(
        label="External ID",
        strip=False,
        required=False,
        help_text="In the Zilliz Cloud console: open your BYOC organization and copy the external ID. It is "
        "case-sensitive.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "placeholder": "cid-xxxxxxxxxxxxxxxxxxxxxxxxx"}
        ),
    )
