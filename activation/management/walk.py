"""The walk through a portal, step by step, as somebody with a browser takes it."""

import html
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from activation.domain.arn_set import ARN_OUTPUTS
from activation.domain.control_plane import ControlPlane
from activation.domain.record import verify
from activation.management.browser import Browser, NoSuchForm, Page
from activation.simulator.organizations import ORGANIZATIONS

OWNER, AUDITOR = "owner@demo.example", "auditor@demo.example"
# As a console shows one; a made-up one, for the stand-in of Zilliz Cloud.
CONSOLE_EXTERNAL_ID = "cid-0walkthrough0of0the0demo0"
RUN_SECONDS, RECORD_SECONDS = 300.0, 120.0
ENDINGS = re.compile(r"\b(Failed|Interrupted|Canceled|Stopped by force|Discarded)\b")


class WalkFailed(Exception):
    """A step did not lead on; the text is the page's own."""


@dataclass
class Step:
    """One step of the walk, and how long it took, seconds."""

    title: str
    seconds: float


@dataclass(frozen=True)
class Key:
    """What is typed into the three fields of the key."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""


@dataclass
class Walk:
    """One person's way from sign-in to seven ARNs, to an active region, and to the record of it all."""

    address: str
    control_plane: ControlPlane
    # By e-mail address.
    passwords: Mapping[str, str]
    key: Key
    folder: Path
    report: Callable[[Step], None] = lambda step: None
    steps: list[Step] = field(default_factory=list)
    arns: dict[str, str] = field(default_factory=dict)
    first_line_seconds: float = 0.0
    run: str = ""
    activation_address: str = ""
    record_url: str = ""
    fingerprint: str = ""

    def __post_init__(self) -> None:
        self.browser = Browser(self.address)

    def go(self, region: Sequence[tuple[str, Callable[[], None]]] = ()) -> None:
        """Take all steps, those of `region` behind the ARNs; raises WalkFailed at the first that does not lead on."""
        for title, act in (
            ("Sign in", self.sign_in),
            ("Open the organization", self.open_organization),
            ("Begin an activation", self.begin),
            ("Tick the prerequisites", self.tick),
            ("Step 1: the external ID", self.external_id),
            ("Step 2: enter the key", self.enter_key),
            ("Step 2: wait for the plan", self.wait_for_plan),
            ("Step 2: review and type yes", self.approve),
            ("Step 2: wait for the apply", self.wait_for_apply),
            ("Step 2: download the log", self.download_log),
            ("Step 3: read the seven ARNs", self.read_arns),
            *region,
            ("Audit: sign in as the auditor", self.change_to_auditor),
            ("Audit: have the record made", self.make_record),
            ("Audit: download and verify it", self.verify_record),
        ):
            with self.timed(title):
                act()

    @contextmanager
    def timed(self, title: str) -> Iterator[None]:
        """Take the time of a step; whatever goes wrong in it ends the walk, with the step's name."""
        began = time.monotonic()
        try:
            yield
        except (WalkFailed, NoSuchForm) as error:
            raise WalkFailed(f"{title}: {error}") from error
        except Exception as error:
            # A page that does not answer, an address that is not there: nothing a walk meets is a fault of its own.
            raise WalkFailed(f"{title}: {type(error).__name__}: {error}") from error
        step = Step(title, time.monotonic() - began)
        self.steps.append(step)
        self.report(step)

    def demand(self, holds: object, what: str) -> None:
        """Raise WalkFailed with the page's own words where something is not as it should be."""
        if not holds:
            page = self.browser.page
            said = page.complaint or next((e.text() for e in page.find("main")), "")[:600]
            raise WalkFailed(f"{what}. {page.url} ({page.status}) says: {said}")

    # --- the steps

    def sign_in(self) -> None:
        """Sign in as the owner."""
        self.enter_as(OWNER)

    def enter_as(self, email: str) -> None:
        """Sign in with e-mail and password."""
        self.browser.get("/")
        form = self.browser.form_with("login", "password")
        self.browser.submit(form, login=email, password=self.passwords[email])
        self.demand("/accounts/login" not in self.browser.page.url, "Sign-in was refused")

    def open_organization(self) -> None:
        """Follow the link to the organization of the chosen control plane."""
        name = next(each.name for each in ORGANIZATIONS if each.control_plane is self.control_plane)
        self.browser.get("/")
        link = next(
            (e for e in self.browser.page.find("a") if name in e.text() and "/o/" in e.attributes.get("href", "")), None
        )
        self.demand(link is not None, f"There is no link to {name}")
        assert link is not None
        self.browser.get(link.attributes["href"])
        self.demand("/activations/" in self.browser.page.url, f"{name} does not open")

    def begin(self) -> None:
        """Begin an activation of the first region."""
        self.browser.get("new/")
        self.browser.submit(self.browser.form_with("region"))
        self.demand(re.search(r"/activations/act-\w+/", self.browser.page.url), "The activation was not begun")
        self.activation_address = self.activation()

    def activation(self, page: str = "") -> str:
        """Return the address of one of the activation's pages."""
        found = re.search(r".*/activations/act-\w+/", self.browser.page.url)
        return f"{found[0] if found else ''}{page}"

    def tick(self) -> None:
        """Tick everything that stands under *Before you start*."""
        self.browser.get(self.activation("before/"))
        form = self.browser.form_with("ticked")
        boxes = [e.attributes["value"] for e in form.walk() if e.attributes.get("name") == "ticked"]
        self.browser.submit(form, ticked=boxes)
        page = self.browser.get(self.activation("before/"))
        ticked = [e.attributes["value"] for e in page.find("input", name_="ticked") if "checked" in e.attributes]
        self.demand(boxes and ticked == boxes, "The prerequisites were not kept")

    def external_id(self) -> None:
        """Reveal the one that was issued, or bring one from the console and lock it; then go on."""
        page = self.browser.get(self.activation("external-id/"))
        if self.control_plane is ControlPlane.ZILLIZ:
            self.browser.submit(self.browser.form_with("external_id"), external_id=f"  {CONSOLE_EXTERNAL_ID} ")
            self.demand(CONSOLE_EXTERNAL_ID in self.browser.page.body, "The external ID was not shown a second time")
            page = self.browser.submit(self.browser.form_with("external_id", "confirm"), confirm="1")
        page = self.browser.submit(self.browser.form_with(action="/reveal/"))
        self.demand(re.search(r"cid-[0-9a-z]{25}", page.body), "The external ID is not shown")
        self.browser.submit(self.browser.form_with(action="/continue/"))
        self.demand("/arns/" in self.browser.page.url, "Step 1 does not lead on")

    def enter_key(self) -> None:
        """Enter the key; all checks pass and the run begins."""
        self.browser.get(self.activation("arns/run/"))
        form = self.browser.form_with("access_key_id", "secret_access_key")
        self.browser.submit(
            form,
            access_key_id=self.key.access_key_id,
            secret_access_key=self.key.secret_access_key,
            session_token=self.key.session_token,
        )
        found = re.search(r"/runs/(run-\w+)/", self.browser.page.url)
        self.demand(found, "The run was not begun")
        assert found
        self.run = found[1]

    def wait_for_plan(self) -> None:
        """Follow status and log by the page's own pollers until the plan waits for approval."""
        self.follow(lambda page: any(e.attributes.get("id") == "review" for e in page.find("a")))

    def approve(self) -> None:
        """Read the review, see the safety check's verdict, type yes."""
        page = self.browser.get(f"{self.run_address()}review/")
        sentence = next((e.text() for e in page.find(id="sentence")), "")
        self.demand("11" in sentence, "The review does not speak of 11 resources")
        self.browser.submit(self.browser.form_with("confirmation"), confirmation="yes")
        self.demand(self.browser.page.status == 200, "The approval was refused")

    def wait_for_apply(self) -> None:
        """Follow until the run says that step 3 can begin."""
        self.browser.get(self.run_address())
        self.follow(lambda page: any(e.attributes.get("id") == "go-on" for e in page.find("a")))

    def run_address(self) -> str:
        """Return the address of the run's page."""
        return f"{self.browser.page.url.split('/activations/')[0].split('/runs/')[0]}/runs/{self.run}/"

    def follow(self, arrived: Callable[[Page], bool]) -> None:
        """Poll as the page asks its browser to, and look at the page again whenever its status changed."""
        began = time.monotonic()
        self.browser.get(self.run_address())
        polls = pollers(self.browser.page.body)
        while not arrived(self.browser.page):
            ended = ENDINGS.search(" ".join(e.text() for e in self.browser.page.find(id="status")))
            self.demand(not ended and time.monotonic() - began < RUN_SECONDS, "The run did not lead on")
            time.sleep(0.3)
            changed = False
            for name, poll in list(polls.items()):
                status, body, headers = self.browser.fetch(poll)
                led_on = "hx-redirect" in headers
                self.demand(status == 200 or led_on, f"A poll answered {status}")
                text = body.decode()
                if name == "log" and 'id="L' in text and not self.first_line_seconds:
                    self.first_line_seconds = time.monotonic() - began
                changed = changed or led_on or "<title>" in text
                polls.pop(name)
                polls |= pollers(text)
            if changed or not polls:
                self.browser.get(self.run_address())
                if not self.first_line_seconds and 'id="L1"' in self.browser.page.body:
                    self.first_line_seconds = time.monotonic() - began
                polls = pollers(self.browser.page.body)

    def download_log(self) -> None:
        """Keep the run's log as the page offers it."""
        status, body, _ = self.browser.fetch(f"{self.run_address()}log.txt")
        self.demand(status == 200 and b"Apply complete!" in body, "The log is not whole")
        self.log.write_bytes(body)

    @property
    def log(self) -> Path:
        """Return where the run's log is kept."""
        return self.folder / "run.log"

    @property
    def record(self) -> Path:
        """Return where the activation record is kept."""
        return self.folder / "activation-record.zip"

    def read_arns(self) -> None:
        """Read the ARNs as they stand on the page of step 3."""
        link = next(e for e in self.browser.page.find("a") if e.attributes.get("id") == "go-on")
        page = self.browser.get(link.attributes["href"])
        self.arns = {e.attributes["data-arn"]: e.text() for e in page.find(data_arn="")}
        missing = [each.name for each in ARN_OUTPUTS if not self.arns.get(each.name, "").startswith("arn:aws:iam::")]
        self.demand(not missing, f"Step 3 shows no {', '.join(missing)}")

    def change_to_auditor(self) -> None:
        """Open another browser, as the auditor."""
        records = f"{self.activation_address.split('/activations/')[0]}/records/"
        self.browser = Browser(self.address)
        self.enter_as(AUDITOR)
        self.browser.get(records)
        self.demand(self.browser.page.status == 200, "The auditor cannot open the records")

    def make_record(self) -> None:
        """Ask for the activation's record and wait until it can be taken away."""
        self.browser.submit(self.browser.form_with("scope", "activation"))
        began = time.monotonic()
        while not (links := self.browser.page.find(data_record_url="")):
            self.demand(time.monotonic() - began < RECORD_SECONDS, "The record was not made")
            time.sleep(0.3)
            self.browser.get(self.browser.page.url)
        self.record_url = links[0].attributes["data-record-url"]
        shown = [
            e.attributes["data-copy"]
            for part in self.browser.page.find(id="fingerprint")
            for e in part.walk()
            if "data-copy" in e.attributes
        ]
        self.demand(shown, "The page shows no fingerprint")
        self.fingerprint = shown[0]

    def verify_record(self) -> None:
        """Download the record and have it verified by the verifier that is installed here."""
        status, body, _ = self.browser.fetch(self.record_url)
        self.demand(status == 200, f"The download answered {status}")
        self.record.write_bytes(body)
        verdict = verify.verify(verify.source_of(self.record), fingerprint=self.fingerprint)
        self.demand(verdict.holds, f"The record does not hold: {verdict.text()}")


def pollers(body: str) -> dict[str, str]:
    """Return the addresses that a piece of a page asks for by itself: of the status, of the log."""
    found = {}
    for address in re.findall(r'hx-get="([^"]+)"[^>]*hx-trigger="load', body):
        address = html.unescape(address)
        if "/status/" in address:
            found["status"] = address
        elif "/log/" in address:
            found["log"] = address
    return found
