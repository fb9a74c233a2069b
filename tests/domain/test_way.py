"""The way to AWS."""

from activation.domain.way import Way


def test_without_anything_only_https_is_open_and_nothing_is_said() -> None:
    assert Way().ports == (443,)
    assert Way().of_terraform() == {}


def test_simulator_and_proxy_open_their_ports_beside_https() -> None:
    assert Way(endpoint="http://127.0.0.1:5123", proxy="http://proxy.example:3128").ports == (443, 3128, 5123)
    assert Way(proxy="http://proxy.example").ports == (80, 443)


def test_terraform_is_told_of_proxy_and_certificates_and_never_to_go_through_it_to_itself() -> None:
    told = Way(proxy="http://proxy.example:3128", ca_bundle="/etc/company.pem").of_terraform()
    assert told["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert "127.0.0.1" in told["NO_PROXY"]
    assert told["AWS_CA_BUNDLE"] == told["SSL_CERT_FILE"] == "/etc/company.pem"
