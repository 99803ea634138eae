"""AWS Signature Version 4 against the vectors that AWS publishes with the algorithm."""

from datetime import UTC, datetime

import pytest

from analysis.providers.signature import AwsKey, Scope, signed

KEY = AwsKey(access_key_id="AKIDEXAMPLE", secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SCOPE = Scope(region="us-east-1", service="service")
THEN = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
HOST = {"Host": "example.amazonaws.com"}


@pytest.mark.parametrize(
    ("headers", "body", "names", "signature"),
    [
        (HOST, b"", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            {**HOST, "My-Header1": "VALUE1"},
            b"",
            "host;my-header1;x-amz-date",
            "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        ),
        (
            {**HOST, "Content-Type": "application/x-www-form-urlencoded"},
            b"Param1=value1",
            "content-type;host;x-amz-date",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
    ids=["post-vanilla", "post-header-key-sort", "post-x-www-form-urlencoded"],
)
def test_published_vectors(headers, body, names, signature):
    found = signed(KEY, SCOPE, headers, body, THEN)
    assert found["x-amz-date"] == "20150830T123600Z"
    assert found["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}"
    )


def test_a_session_token_is_sent_and_signed():
    temporary = AwsKey(access_key_id="AKIDEXAMPLE", secret_access_key="wJalr", session_token="token")
    found = signed(temporary, SCOPE, HOST, b"", THEN)
    assert found["x-amz-security-token"] == "token"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in found["authorization"]


def test_a_key_does_not_show():
    assert "wJalr" not in repr(KEY)
    assert "AKID" not in repr(KEY)
