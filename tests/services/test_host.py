"""What a host says of itself: a sandbox that was mended counts without a restart, a provider is looked for."""

import tempfile
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pytest_django import Settings

from activation.domain.record.manifest import GENERATOR
from activation.domain.way import Way
from activation.runner import providers
from activation.runner.terraform import Terraform
from activation.services import host, provider
from tests.management.running import ROOT


def test_a_path_that_was_opened_counts_without_a_restart() -> None:
    # Not below pytest's own directory, which as root is closed to the uid that a run has.
    with tempfile.TemporaryDirectory() as closed:
        Path(closed).chmod(0o000)
        needed = (closed,)
        fault = host.sandbox_fault(host.tried(needed))
        assert fault is not None
        assert (fault.code, fault.values["paths"]) == ("out_of_reach", closed)

        Path(closed).chmod(0o755)

        assert host.sandbox_fault(host.tried(needed)) is None


def test_each_wall_has_words_for_when_it_does_not_hold() -> None:
    walls = host.probe([])["walls"]

    assert walls
    assert set(walls) <= set(host.BROKEN_WALLS)


def test_terraform_that_is_too_old_comes_with_a_way_to_get_one(tmp_path: Path, settings: Settings) -> None:
    old = tmp_path / "terraform"
    old.write_text('#!/bin/sh\necho \'{"terraform_version": "1.5.7"}\'\n')
    old.chmod(0o755)
    settings.TERRAFORM = str(old)

    problem = host.full_report()["terraform_problem"]

    assert "1.5.7" in problem
    assert "developer.hashicorp.com/terraform/install" in problem


def test_the_version_shown_is_the_projects() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == GENERATOR["version"]


@contextmanager
def registry(status: int) -> Iterator[str]:
    """A registry that answers with a status."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def test_a_registry_counts_as_answering_only_when_it_does() -> None:
    with registry(200) as url:
        assert provider.ask(url, Way()) == ""
    assert provider.ask(url, Way()) != ""
    with registry(403) as url:
        assert "403" in provider.ask(url, Way())
        # What stands between is asked, not the registry behind it.
        assert provider.ask("http://registry.example/", Way(proxy="http://127.0.0.1:1")) != ""
        assert "403" in provider.ask("http://registry.example/", Way(proxy=url))


def test_who_reports_a_host_does_not_wait_for_the_registry() -> None:
    asked = provider.Registry()
    with registry(200) as url:
        assert asked.problem(url, Way()) is None
        ends = time.monotonic() + 10
        while asked.problem(url, Way()) is None and time.monotonic() < ends:
            time.sleep(0.01)
        assert asked.problem(url, Way()) == ""


def test_versions_are_found_unpacked_and_packed_for_this_platform_only(tmp_path: Path) -> None:
    folder = tmp_path / "registry.terraform.io" / "hashicorp" / "aws"
    here = providers.platform_name()
    (folder / "5.100.0" / here).mkdir(parents=True)
    (folder / "5.99.0" / "plan9_mips").mkdir(parents=True)
    (folder / f"terraform-provider-aws_6.0.0_{here}.zip").touch()

    assert providers.versions_in(tmp_path, "registry.terraform.io") == ["5.100.0", "6.0.0"]


def test_a_mirror_that_is_set_is_asked_alone(settings: Settings, tmp_path: Path) -> None:
    settings.TERRAFORM_PROVIDER_MIRROR = str(tmp_path)
    program = Terraform("/usr/bin/terraform", "terraform", "1.11.4")

    found = provider.report(program, host.where(), Way())

    assert (found["directory"], found["held"]) == (str(tmp_path), [])
    assert found["wanted"]
