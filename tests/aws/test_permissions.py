"""The simulation's answers as AWS itself words them: several resources, several pages, rules of the organization."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from activation.aws.identity import read_caller
from activation.aws.names import Named, PackageNeeds
from activation.aws.permissions import Verdict, simulate
from activation.aws.sessions import session
from activation.domain.credentials import AccessKeys
from tests.aws.conftest import REGION

KEYS = AccessKeys("AKIAAAAAAAAAAAAAAAAA", "s" * 40)
WHO = read_caller("arn:aws:iam::222233334444:user/ann", is_long_term=True)
NEEDS = PackageNeeds((Named("role", "a", "/zilliz/"), Named("role", "b", "/zilliz/")), ("iam:CreateRole",))

Answers = Callable[..., Verdict]


def evaluation(decision: str, *parts: str) -> str:
    """Return one result of the simulation of CreateRole."""
    return (
        "<member><EvalActionName>iam:CreateRole</EvalActionName><EvalResourceName>*</EvalResourceName>"
        f"<EvalDecision>{decision}</EvalDecision>{''.join(parts)}</member>"
    )


def per_resource(*decisions: tuple[str, str]) -> str:
    """Return the answers for each resource; the second of a pair is a missing condition key, or empty."""
    members = "".join(
        f"<member><EvalResourceName>arn</EvalResourceName><EvalResourceDecision>{decision}</EvalResourceDecision>"
        f"<MissingContextValues>{f'<member>{key}</member>' if key else ''}</MissingContextValues></member>"
        for decision, key in decisions
    )
    return f"<ResourceSpecificResults>{members}</ResourceSpecificResults>"


@pytest.fixture
def answering() -> Iterator[Answers]:
    """Ask an IAM that gives these pages, one a call; a call must name the page it wants."""
    pages: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            place = int(asked.get("Marker", ["0"])[0])
            more = f"<IsTruncated>true</IsTruncated><Marker>{place + 1}</Marker>" if place + 1 < len(pages) else ""
            body = (
                '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
                f"<SimulatePrincipalPolicyResult>{more or '<IsTruncated>false</IsTruncated>'}"
                f"<EvaluationResults>{pages[place]}</EvaluationResults></SimulatePrincipalPolicyResult>"
                "</SimulatePrincipalPolicyResponse>"
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *parts: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def ask(*given: str, needs: PackageNeeds = NEEDS) -> Verdict:
        pages[:] = given
        return simulate(session(KEYS, REGION, f"http://127.0.0.1:{server.server_address[1]}"), WHO, needs)

    yield ask
    server.shutdown()
    server.server_close()


def test_allowed_on_every_resource_is_nothing_missing(answering: Answers) -> None:
    assert answering(evaluation("allowed", per_resource(("allowed", ""), ("allowed", "")))) == Verdict()


def test_refused_on_one_of_the_resources_is_missing_whatever_the_sum_says(answering: Answers) -> None:
    verdict = answering(evaluation("allowed", per_resource(("allowed", ""), ("implicitDeny", ""))))
    assert verdict.missing == ("iam:CreateRole",)


def test_a_missing_condition_key_of_a_resource_leaves_the_question_open(answering: Answers) -> None:
    verdict = answering(evaluation("implicitDeny", per_resource(("implicitDeny", "aws:MultiFactorAuthPresent"))))
    assert (verdict.missing, verdict.unsure) == ((), ("iam:CreateRole",))
    assert verdict.unknown_keys == ("aws:MultiFactorAuthPresent",)


def test_an_explicit_denial_stands_whatever_is_unknown(answering: Answers) -> None:
    verdict = answering(evaluation("explicitDeny", per_resource(("explicitDeny", "aws:SourceIp"))))
    assert verdict.missing == ("iam:CreateRole",)
    assert verdict.explicitly


def test_a_rule_of_the_organization_is_told_from_the_keys_own_policies(answering: Answers) -> None:
    rule = (
        "<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations>"
        "</OrganizationsDecisionDetail>"
    )
    verdict = answering(evaluation("implicitDeny", rule))
    assert verdict.by_organization
    assert not verdict.by_boundary


def test_what_a_later_page_refuses_is_missing(answering: Answers) -> None:
    verdict = answering(evaluation("allowed"), evaluation("implicitDeny"))
    assert verdict.missing == ("iam:CreateRole",)


def test_an_action_that_aws_says_nothing_about_was_not_checked(answering: Answers) -> None:
    needs = PackageNeeds(NEEDS.objects, ("iam:CreateRole", "iam:TagRole"))
    assert answering(evaluation("allowed"), needs=needs).unsure == ("iam:TagRole",)
