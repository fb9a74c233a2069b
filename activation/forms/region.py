"""Step 3's choices: the network where this portal builds it, the mask alone where a console does."""

import hashlib
from typing import Any

from django import forms

from activation.domain.characters import BLANKS
from activation.domain.errors import Refused
from activation.domain.netmask import (
    AWS_SMALLEST,
    EXAMPLE,
    LARGEST,
    SubnetPlan,
    estimate,
    netmasks,
    plan_subnets,
    read_netmask,
)
from activation.forms import refusal
from activation.forms.arns import PasteForm

ADDRESS, _, _MASK = EXAMPLE.partition("/")


class ArnForm(PasteForm):
    """The seven fields and a paste that fills them once: what is typed into a field afterwards is not undone by it."""

    @property
    def digest(self) -> str:
        """Return by what the page knows that a paste stands in the fields already; empty without one."""
        paste = self.cleaned_data.get("paste", "") if self.is_bound and self.is_valid() else ""
        return hashlib.sha256(paste.encode()).hexdigest()[:16] if paste else ""

    def clean(self) -> dict[str, Any]:
        """Read what was given, but for a paste that was read before."""
        cleaned = super().clean()
        paste = cleaned.get("paste", "")
        if paste and self.data.get("read") == hashlib.sha256(paste.encode()).hexdigest()[:16]:
            self.readings["paste"].found.clear()
        return cleaned


class NetworkForm(forms.Form):
    """Where the VPC's addresses begin, and how many there are; `plan` is how they are cut up, once that is legal.

    A mask behind the address, as in `10.0.0.0/18`, is what counts: somebody typed it.
    """

    vpc_cidr = forms.CharField(
        label="First address of the network",
        required=False,
        strip=False,
        max_length=100,
        help_text="In 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, and not overlapping with networks that you may "
        "connect later.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "decimal"}),
    )
    netmask = forms.ChoiceField(
        label="Netmask", required=False, choices=[(str(each), f"/{each}") for each in netmasks()]
    )

    plan: SubnetPlan | None = None

    @property
    def has_own_mask(self) -> bool:
        """Return whether a mask stands behind the address."""
        return "/" in str(self["vpc_cidr"].value() or "")

    @property
    def mask(self) -> str:
        """Return the mask that counts, as far as it can be read."""
        _, slash, own = str(self["vpc_cidr"].value() or "").strip(BLANKS).partition("/")
        return own.strip(BLANKS) if slash else str(self["netmask"].value() or _MASK)

    def clean(self) -> dict[str, Any]:
        """Cut up the network, or say beside the field why that cannot be."""
        address = str(self.cleaned_data.get("vpc_cidr") or "").strip(BLANKS)
        cidr = f"{address}/{self.mask}" if address and "/" not in address else address
        try:
            self.plan = plan_subnets(cidr)
        except Refused as refused:
            refusal.show(self, refused)
        return self.cleaned_data


class NetmaskForm(forms.Form):
    """The mask that the vendor's console will be told; `plan` is our estimate, None where our rule does not fit it."""

    netmask = forms.CharField(
        label="Netmask",
        required=False,
        strip=False,
        max_length=100,
        help_text="Choose the same one that you will choose in the console. The console recommends /16.",
        widget=forms.Select(choices=[(f"/{each}", f"/{each}") for each in range(LARGEST, AWS_SMALLEST + 1)]),
    )

    value: int | None = None
    plan: SubnetPlan | None = None

    def clean(self) -> dict[str, Any]:
        """Read the mask; only what AWS has no VPC for is refused."""
        try:
            self.value = read_netmask(str(self.cleaned_data.get("netmask") or ""))
        except Refused as refused:
            refusal.show(self, refused)
        else:
            self.plan = estimate(self.value)
        return self.cleaned_data
