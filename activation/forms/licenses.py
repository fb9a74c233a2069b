"""A license: the document that the vendor signed, or what the welcome email says."""

from django import forms

from activation.domain.errors import Refused
from activation.domain.license import LONGEST_DOCUMENT, MOST_CORES
from activation.forms.records import DayInput


class DocumentForm(forms.Form):
    """A document, by file or by paste."""

    file = forms.FileField(required=False, label="License file", help_text="As the vendor sent it: one line of text.")
    document = forms.CharField(
        required=False,
        label="License document",
        help_text="If there is no file, paste what the vendor sent. Line breaks added by a mail program do not matter.",
        widget=forms.Textarea(attrs={"autocomplete": "off", "autocapitalize": "off"}),
    )

    def clean(self) -> dict[str, object]:
        """Make one text of file and paste; both may be given where they agree."""
        cleaned: dict[str, object] = super().clean() or {}
        pasted = "".join(str(cleaned.get("document") or "").split())
        uploaded = cleaned.get("file")
        if not uploaded:
            return cleaned
        # A byte more than any document has: enough to see that it is too long.
        content = uploaded.read(2 * LONGEST_DOCUMENT)  # type: ignore[attr-defined]
        try:
            text = "".join(content.decode("utf-8-sig").split())
        except UnicodeDecodeError:
            self.add_error("file", str(Refused("license_no_document", problem="it is not text")))
            return cleaned
        if pasted and pasted != text:
            self.add_error("document", str(Refused("license_two_documents")))
        return cleaned | {"document": text}


class ReportedForm(forms.Form):
    """What the welcome email says."""

    license_id = forms.CharField(
        label="License ID", help_text="It identifies your organization's license.", max_length=200
    )
    cores = forms.IntegerField(
        label="Core size", help_text="How many CPU cores the license includes.", min_value=1, max_value=MOST_CORES
    )
    first_day = forms.DateField(label="Valid from", widget=DayInput(), help_text="Its first day.")
    last_day = forms.DateField(label="Valid until", widget=DayInput(), help_text="Its last day.")
