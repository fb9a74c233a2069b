"""AWS's errors, read: whose is it, and what does it mean for the person who gave the key.

AWS's own texts are not passed on: some repeat what was sent.
"""

import re
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)
from botocore.exceptions import ConnectionError as NetworkError
from botocore.parsers import ResponseParserError

from activation.domain.errors import Faulted, Problem, Refused

# STS and IAM say InvalidClientTokenId, services with JSON UnrecognizedClientException, EC2 AuthFailure.
_UNKNOWN_KEY = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"})
_WRONG_SECRET = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_ABSENT = frozenset({"NoSuchEntity", "NoSuchEntityException"})
# Source: botocore's standard retry mode, its list of throttling errors.
_THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
        *("TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException"),
        *("PriorRequestNotComplete", "SlowDown", "ProvisionedThroughputExceededException", "EC2ThrottledException"),
    }
)
# STS says with the code of a wrong secret that the clocks differ; only the text tells the two apart.
_CLOCK_WORDS = re.compile(r"Signature (?:expired|not yet current)", re.IGNORECASE)
_DENIED_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")
_CODE = re.compile(r"[\w.-]{1,80}", re.ASCII)


# A session that ended, or keys that STS does not know any more, are replaced by the portal's next ones.
_RENEWED = frozenset({"aws_key_expired", "aws_token_unknown", "aws_key_unknown"})


def may_pass(problem: Problem) -> bool:
    """Return whether a later look may go well by itself: AWS, or the way to it, gave no answer to go by.

    What is wrong here, such as a state that cannot be opened, stays wrong.
    """
    return (isinstance(problem, Faulted) and problem.code.startswith("aws_")) or problem.code in _RENEWED


def read(
    error: BotoCoreError | ClientError | ResponseParserError, action: str, *, host: str = "", temporary: bool = False
) -> Problem:
    """Say what an error means; `action` is the call, such as `iam:GetRole`, `temporary` whether a token was sent.

    Refused: aws_key_unknown, aws_token_unknown, aws_secret_wrong, aws_key_expired, aws_denied (value `action`),
    aws_absent, aws_refused (value `aws_code`). Faulted: aws_clock_skew, aws_throttled, aws_unreachable, aws_untrusted,
    aws_proxy, aws_unavailable, aws_unreadable, aws_unexpected.
    """
    if isinstance(error, ClientError):
        return _answered(error.response, action, temporary)
    if isinstance(error, SSLError):
        return Faulted("aws_untrusted", host=host)
    if isinstance(error, ProxyConnectionError):
        return Faulted("aws_proxy", host=host)
    if isinstance(error, NetworkError | HTTPClientError):
        return Faulted("aws_unreachable", host=host)
    if isinstance(error, ResponseParserError):
        # Cut off, or another's page in its place: that of a proxy which inspects what passes.
        return Faulted("aws_unreadable", host=host)
    return Faulted("aws_unexpected", action=action, kind=type(error).__name__)


def _answered(response: Any, action: str, temporary: bool) -> Problem:
    code = str(response.get("Error", {}).get("Code", ""))
    message = str(response.get("Error", {}).get("Message", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _SKEWED or (code in _WRONG_SECRET and _CLOCK_WORDS.search(message)):
        return Faulted("aws_clock_skew")
    if code in _UNKNOWN_KEY:
        return Refused("aws_token_unknown" if temporary else "aws_key_unknown")
    if code in _WRONG_SECRET:
        return Refused("aws_secret_wrong")
    if code in _EXPIRED:
        return Refused("aws_key_expired")
    if code in _DENIED:
        named = _DENIED_ACTION.search(message)
        return Refused("aws_denied", action=named[1] if named else action)
    if code in _ABSENT:
        return Refused("aws_absent", action=action)
    if code in _THROTTLED or status == 429:
        return Faulted("aws_throttled", action=action)
    shown = code if _CODE.fullmatch(code) else f"HTTP status {status}"
    if status >= 500:
        return Faulted("aws_unavailable", action=action, aws_code=shown)
    return Refused("aws_refused", action=action, aws_code=shown)
