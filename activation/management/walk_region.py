"""Steps 3 and 4 of the walk, with either control plane, up to what the License page says of the region."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activation.domain.control_plane import ControlPlane
from activation.domain.license import AWS, License, issue
from activation.management.browser import Browser, Element, Page

if TYPE_CHECKING:
    from activation.management.walk import Key, Walk

ADMIN = "admin@demo.example"
# The demo's or the welcome email's; none at all; one that somebody else signed.
OWN, NONE, FOREIGN = "own", "none", "foreign"
LICENSES = (OWN, NONE, FOREIGN)
NETWORK, NETMASK = "10.20.0.0", "16"
# What the welcome email of the stand-in of Zilliz Cloud says.
LICENSE_ID, CORES, DAYS = "LIC-walkthrough-1", "64", 365
CHECK_SECONDS, WATCH_SECONDS = 120.0, 180.0


class RegionWalk:
    """One person's way from seven ARNs to an active region.

    `build` starts what stands for the vendor's console, `granted` is one of LICENSES.
    """

    def __init__(self, walk: "Walk", *, build: Callable[[], None], watch_key: "Key", granted: str = OWN) -> None:
        self.walk = walk
        self.build = build
        self.watch_key = watch_key
        self.granted = granted
        # What the License page says of it in the end.
        self.license = ""

    def steps(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """Return the steps in their order."""
        zilliz = self.walk.control_plane is ControlPlane.ZILLIZ
        license_step: tuple[tuple[str, Callable[[], None]], ...] = ()
        if zilliz and self.granted == OWN:
            license_step = (("License: an admin enters what the welcome email says", self.enter_license),)
        elif self.granted == FOREIGN and not zilliz:
            license_step = (("License: an admin installs one of another key", self.install_foreign_license),)
        choose = (
            ("Step 3: choose the network", self.choose_network),
            ("Step 3: have trust and room checked", self.check_with_key if zilliz else self.check),
        )
        if zilliz:
            onward: tuple[tuple[str, Callable[[], None]], ...] = (
                ("Step 4: hand over", self.hand_over),
                ("Step 4: watch the console build", self.watch),
                ("Step 4: confirm what the console says", self.confirm),
            )
        else:
            onward = (
                ("Step 4: plan the region", self.plan),
                ("Step 4: review and type yes", self.approve),
                ("Step 4: wait until it is active", self.wait_until_active),
            )
        return (*license_step, *choose, *onward, ("License: read the License page", self.read_license))

    # --- what the pages have in common

    @property
    def browser(self) -> Browser:
        """Return the walker's browser."""
        return self.walk.browser

    def page(self, name: str) -> Page:
        """Open one of the activation's pages."""
        return self.browser.get(f"{self.walk.activation_address}{name}")

    def organization(self, name: str) -> str:
        """Return the address of one of the organization's pages."""
        return f"{self.walk.activation_address.split('/activations/')[0]}/{name}"

    def wait(self, seconds: float, arrived: Callable[[], bool], what: str, *, between: float = 0.5) -> None:
        """Ask again and again until something is so; raises WalkFailed where it takes too long."""
        ends = time.monotonic() + seconds
        while not arrived():
            self.walk.demand(time.monotonic() < ends, what)
            time.sleep(between)

    def as_admin(self, name: str) -> Browser:
        """Open a page of the organization in another browser, as the admin."""
        admin = Browser(self.walk.address)
        admin.get("/")
        form = admin.form_with("login", "password")
        admin.submit(form, login=ADMIN, password=self.walk.passwords[ADMIN])
        admin.get(self.organization(name))
        return admin

    # --- the license

    def enter_license(self) -> None:
        """Enter license, cores and term as an admin reads them in the welcome email."""
        admin = self.as_admin("license/install/")
        today = datetime.now(UTC).date()
        given = {"license_id": LICENSE_ID, "cores": CORES, "first_day": str(today)}
        admin.submit(admin.form_with("license_id"), **given, last_day=str(today + timedelta(days=DAYS)))
        self.demand_licensed(admin)

    def install_foreign_license(self) -> None:
        """Install, as an admin, a license that somebody signed with a key of their own; the page has to refuse it."""
        admin = self.as_admin("license/install/")
        found = re.search(r"\borg-[0-9a-z]+", admin.page.body)
        self.walk.demand(found, "The page does not name the organization's ID")
        assert found
        today = datetime.now(UTC)
        last_day = today.date() + timedelta(days=DAYS)
        granted = License(LICENSE_ID, found[0], AWS, today.date(), last_day, int(CORES), issued_at=today)
        admin.submit(admin.form_with("document"), document=issue(granted, Ed25519PrivateKey.generate()))
        self.demand_licensed(admin)

    def demand_licensed(self, admin: Browser) -> None:
        """Raise WalkFailed with what the page says where it did not take a license."""
        shown = admin.page.find(data_license_status="")
        self.walk.demand(shown, f"The license was refused: {admin.page.complaint}")

    # --- step 3

    def choose_network(self) -> None:
        """Choose network and netmask, or the netmask alone, and see that it is kept."""
        self.page("region/")
        form = next(iter(self.browser.page.find("form", id="network")), None)
        self.walk.demand(form is not None, "Step 3 has no form for the network")
        assert form is not None
        own = {} if self.walk.control_plane is ControlPlane.ZILLIZ else {"vpc_cidr": NETWORK}
        self.browser.submit(form, netmask=NETMASK, **own)
        self.walk.demand(self.browser.page.status == 200, "The network was refused")

    def stage(self) -> str:
        """Return how far the checks are, as the page says."""
        found = self.browser.page.find(data_region_checks="")
        return found[0].attributes["data-region-checks"] if found else ""

    def check(self) -> None:
        """Have the portal take both roles, and wait for what it says."""
        self.page("region/")
        self.browser.submit(self.browser.form_with(action="/region/check/"))
        self.wait(CHECK_SECONDS, self.checked, "The checks did not come to an end")
        self.demand_checked()

    def checked(self) -> bool:
        """Look at the page again and say whether the checks are over."""
        self.page("region/")
        return self.stage() != "working"

    def check_with_key(self) -> None:
        """Have both trust policies read with the customer's key."""
        self.page("region/")
        form = self.browser.form_with("access_key_id", action="/region/check/")
        self.browser.submit(form, **self.fields(self.walk.key))
        self.demand_checked()

    def demand_checked(self) -> None:
        """Raise WalkFailed with what the page lists where step 4 cannot begin."""
        (button,) = [e for e in self.continue_form().walk() if e.name == "button"]
        listed = " ".join(e.text() for e in self.browser.page.find(id="ready"))
        self.walk.demand("disabled" not in button.attributes, f"Step 4 cannot begin: {listed}")

    def continue_form(self) -> Element:
        """Return the form that leads to step 4."""
        return self.browser.form_with(action="/region/continue/")

    @staticmethod
    def fields(key: "Key") -> dict[str, str]:
        """Return a key as forms take it."""
        return {
            "access_key_id": key.access_key_id,
            "secret_access_key": key.secret_access_key,
            "session_token": key.session_token,
        }

    # --- step 4, this portal

    def plan(self) -> None:
        """Have the region planned, and wait for the plan."""
        self.page("region/")
        self.browser.submit(self.continue_form())
        found = re.search(r"/runs/(run-\w+)/", self.browser.page.url)
        self.walk.demand(found, "The plan of the region was not begun")
        assert found
        self.walk.run = found[1]
        self.walk.wait_for_plan()

    def approve(self) -> None:
        """Read what will be built, type yes."""
        self.browser.get(f"{self.walk.run_address()}review/")
        self.browser.submit(self.browser.form_with("confirmation"), confirmation="yes")
        self.walk.demand(self.browser.page.status == 200, "The approval was refused")

    def wait_until_active(self) -> None:
        """Follow the run as its page does, until it leads to what is to be done once the region is active."""
        self.walk.follow(lambda page: any(e.attributes.get("href", "").endswith("/done/") for e in page.find("a")))
        self.walk.demand("/done/" in self.page("done/").url, "The region did not become active")

    # --- step 4, Zilliz Cloud

    def hand_over(self) -> None:
        """Go on to the sheet, and tick its values off."""
        self.page("region/")
        self.browser.submit(self.continue_form())
        self.walk.demand("/hand-over/" in self.browser.page.url, "Step 3 does not lead to the hand-over")
        form = self.browser.form_with("ticked")
        ticked = [e.attributes["value"] for e in form.walk() if e.attributes.get("name") == "ticked"]
        self.walk.demand(len(ticked) == 9, "The sheet does not have nine values")
        self.browser.submit(form, ticked=ticked[0])
        self.walk.demand(self.browser.page.status == 200, "The tick was not kept")

    def watch(self) -> None:
        """Let the portal watch with a key that may read, while somebody else builds; wait until all was found."""
        self.page("hand-over/")
        form = self.browser.form_with("access_key_id", action="/hand-over/watch/")
        self.browser.submit(form, **self.fields(self.watch_key))
        self.walk.demand("Watching your account" in self.standing(), "The watch did not begin")
        self.build()
        self.wait(WATCH_SECONDS, self.found, "The watch did not find everything", between=1.0)

    def found(self) -> bool:
        """Look at the page again and say whether everything documented was found."""
        self.page("hand-over/")
        return "Resources found" in self.standing()

    def standing(self) -> str:
        """Return where the hand-over stands, in the page's words."""
        return " ".join(e.text() for e in self.browser.page.find(id="standing"))

    def confirm(self) -> None:
        """Say as the owner that the console's License page shows the region."""
        form = self.browser.form_with("seen", action="/hand-over/confirm/")
        self.browser.submit(form, seen="on")
        self.walk.demand("/done/" in self.browser.page.url, "The confirmation was refused")

    # --- the end of both

    def read_license(self) -> None:
        """Read from the License page that the license is active, and the region."""
        page = self.browser.get(self.organization("license/"))
        licenses = page.find(data_license_status="")
        self.walk.demand(licenses, "The License page does not say where the license stands")
        self.license = licenses[0].attributes["data-license-status"]
        pk = self.walk.activation_address.rstrip("/").rpartition("/")[2]
        regions = [e.attributes["data-region-status"] for e in page.find(data_activation=pk)]
        reported = self.walk.control_plane is ControlPlane.ZILLIZ
        expected = "active (as reported)" if reported else "active"
        self.walk.demand(regions == [expected], f"The License page says of the region: {regions}")
        self.walk.demand(self.license == expected, f"The License page says of the license: {self.license}")
