"""What a person brings back from their own Terraform: a paste or a file, and the seven fields it fills."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from activation.domain.arn_set import ARN_OUTPUTS, ArnOutput, ArnSetCheck, Naming, check_set
from activation.domain.errors import Refused
from activation.domain.outputs import LIMIT, Reading, read
from activation.domain.redaction import Masker

PLACES = {"paste": "in the paste", "upload": "in the file"}


@dataclass(frozen=True)
class Entry:
    """One of the seven fields: what it is for, what stands in it, what is wrong with that."""

    output: ArnOutput
    value: str
    error: str

    @property
    def is_right(self) -> bool:
        """Return whether it holds the ARN it should."""
        return bool(self.value) and not self.error


class PasteForm(forms.Form):
    """A text or a file with the outputs in it, and the seven fields beside it."""

    paste = forms.CharField(
        label="Terraform's output",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"placeholder": 'bootstrap_role_arn = "arn:aws:iam::…"', "wrap": "off"}),
        help_text="Paste the complete output of terraform output, terraform output -json, or the end of terraform "
        "apply.",
    )
    upload = forms.FileField(
        label="Or a file", required=False, allow_empty_file=True, help_text="terraform.tfstate or a log, up to 2 MB."
    )

    def __init__(self, posted: QueryDict | None = None, files: Any = None) -> None:
        if posted is not None:
            posted = posted.copy()
            # People paste whole terminals. What looks like a secret is not sent back to the page.
            paste = posted.get("paste", "")
            posted["paste"] = Masker(()).mask_text(paste) if len(paste) <= LIMIT else ""
            self.paste_length = len(paste)
        super().__init__(posted, files if posted is not None else None)
        self.readings: dict[str, Reading] = {}
        self.typed = {output.name: posted.get(output.name, "").strip() for output in ARN_OUTPUTS} if posted else {}

    def clean_paste(self) -> str:
        """Refuse what is too long to be an output."""
        if self.paste_length > LIMIT:
            raise forms.ValidationError(too_large(self.paste_length))
        return str(self.cleaned_data["paste"])

    def clean_upload(self) -> bytes:
        """Return the file's content; refuse what is too long to be an output."""
        upload = self.cleaned_data["upload"]
        if not isinstance(upload, UploadedFile):
            return b""
        if (upload.size or 0) > LIMIT:
            raise forms.ValidationError(too_large(upload.size or 0))
        return bytes(upload.read())

    def clean(self) -> dict[str, Any]:
        """Read what was given: `readings` holds what was understood, by `paste` and `upload`."""
        given = {name: self.cleaned_data.get(name) for name in PLACES}
        self.readings = {name: read(text) for name, text in given.items() if text}
        return self.cleaned_data

    def values(self) -> dict[str, str]:
        """Return the seven fields: what was pasted fills them, what was typed stays where nothing was found."""
        found = dict(self.typed)
        for reading in self.readings.values():
            found |= reading.found
        return found


def too_large(size: int) -> str:
    """Return the sentence for a text over the limit."""
    return str(Refused("text_too_large", size=f"{size / 1024 / 1024:,.1f} MB", limit="2 MB"))


def entries(
    values: Mapping[str, str],
    *,
    pressed: bool,
    account: str | None = None,
    partition: str | None = None,
    naming: Naming | None = None,
) -> list[Entry]:
    """Return the seven fields with what is wrong; that one is empty is said only once the button was pressed.

    `account`, `partition` and `naming` are what is known beforehand, as `check_set` takes them.
    """
    given = {output.name: values.get(output.name, "") for output in ARN_OUTPUTS}
    checked: ArnSetCheck = check_set(given, account=account, partition=partition, naming=naming)
    found = []
    for output in ARN_OUTPUTS:
        value, problem = values.get(output.name, ""), checked.problems.get(output.name)
        found.append(Entry(output, value, str(problem) if problem and (value or pressed) else ""))
    return found
