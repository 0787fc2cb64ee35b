"""Who gets through the API, how often, and what its log keeps."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra.stacks import VARIANTS, Stack, source, stack

# What API Gateway writes for each variable of the access log: an id, a number, a word of a list.
# One whose text somebody else chooses does not belong here: its quotes would end the JSON.
WRITTEN = {
    "$context.requestId": "JKJaXmPLvHcESHA=",
    "$context.integration.requestId": "b5d20cf0-6730-479c-a49b-7750fcef1774",
    "$context.identity.sourceIp": "2001:db8::7",
    "$context.requestTime": "02/Mar/2026:10:11:12 +0000",
    "$context.httpMethod": "POST",
    "$context.status": "503",
    "$context.responseLength": "33",
    "$context.responseLatency": "30001",
    "$context.error.responseType": "INTEGRATION_TIMEOUT",
    "$context.integration.integrationStatus": "200",
    "$context.integration.status": "415",
}


@pytest.fixture(params=VARIANTS, ids=lambda chosen: "-".join(chosen.values()))
def made(request: pytest.FixtureRequest) -> Stack:
    """The stack with one choice of runtime and processor."""
    return stack(**request.param)


@pytest.mark.parametrize(
    ("auth", "expected"), [("none", "NONE"), ("iam", "AWS_IAM"), ("jwt", "JWT")]
)
def test_every_request_wants_the_chosen_proof(auth: str, expected: str) -> None:
    tokens = {"JwtIssuer": "https://issuer.example", "JwtAudience": "microlens,other"}
    made = stack(Auth=auth, **(tokens if auth == "jwt" else {}))
    routes = {each["RouteKey"]: each for each in made.of_type("AWS::ApiGatewayV2::Route").values()}
    authorizers = made.of_type("AWS::ApiGatewayV2::Authorizer")

    assert routes.keys() == {"$default"}
    assert routes["$default"]["AuthorizationType"] == expected
    assert routes["$default"].get("AuthorizerId") == ("ApiTokens" if auth == "jwt" else None)
    if auth == "jwt":
        assert authorizers["ApiTokens"]["JwtConfiguration"] == {
            "Issuer": "https://issuer.example",
            "Audience": ["microlens", "other"],
        }
    else:
        assert not authorizers


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["JwtIssuer", "JwtAudience"]),
        ({"JwtIssuer": "https://issuer.example"}, ["JwtAudience"]),
        ({"JwtAudience": "microlens"}, ["JwtIssuer"]),
        ({"JwtIssuer": "https://issuer.example", "JwtAudience": "microlens"}, []),
    ],
    ids=lambda each: "-".join(each) or "none",
)
def test_tokens_without_what_proves_them_are_refused_with_what_to_do(
    given: dict[str, str], missing: list[str]
) -> None:
    refusals = stack(Auth="jwt", **given).refusals

    assert [re.findall(r"Auth=jwt needs (\w+): give ", each) for each in refusals] == [
        [each] for each in missing
    ]
    assert all(each.endswith("; or choose Auth=iam") for each in refusals)


@pytest.mark.parametrize("auth", ["iam", "none"])
def test_without_tokens_nothing_is_asked_of_them(auth: str) -> None:
    assert stack(Auth=auth).refusals == []


@pytest.mark.parametrize(
    ("parameter", "value", "is_taken"),
    [
        ("JwtIssuer", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab1", True),
        ("JwtIssuer", "http://issuer.example", False),
        ("JwtIssuer", "issuer.example", False),
        ("JwtAudience", "one", True),
        ("JwtAudience", "one,https://two.example/api", True),
        ("JwtAudience", "one, two", False),
        ("JwtAudience", ",one", False),
    ],
)
def test_an_issuer_and_audiences_are_what_they_must_be(
    parameter: str, value: str, is_taken: bool
) -> None:
    described = source()["Parameters"][parameter]

    assert (re.fullmatch(described["AllowedPattern"], value) is not None) == is_taken
    assert re.fullmatch(described["AllowedPattern"], "") is not None
    assert described["ConstraintDescription"].startswith("must be ")


def test_nobody_is_let_in_unless_that_was_chosen(made: Stack) -> None:
    routes = made.of_type("AWS::ApiGatewayV2::Route")

    assert routes["ApiRoute"]["AuthorizationType"] == "AWS_IAM"


def test_the_api_is_throttled_and_its_log_holds_nothing_that_callers_send(made: Stack) -> None:
    (stage,) = made.of_type("AWS::ApiGatewayV2::Stage").values()
    limits = stage["DefaultRouteSettings"]
    line = json.loads(stage["AccessLogSettings"]["Format"])

    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (50, 100)
    assert stage["StageName"] == "$default"
    # The first is the API's own id, the second the one under which the function logs.
    assert {"$context.requestId", "$context.integration.requestId"} <= set(line.values())
    for sent in ("authorizer", "header", "path", "query"):
        assert not any(sent in each.lower() for each in line.values())


@pytest.mark.parametrize("missing", [False, True])
def test_every_line_of_the_access_log_is_json_whatever_went_wrong(missing: bool) -> None:
    (stage,) = stack().of_type("AWS::ApiGatewayV2::Stage").values()
    template = stage["AccessLogSettings"]["Format"]
    # What there is not is written as a hyphen, without quotes.
    written = {name: "-" if missing else value for name, value in WRITTEN.items()}

    line = json.loads(re.sub(r"\$context[.\w]+", lambda found: written[found[0]], template))
    assert sorted(line.values()) == sorted(written.values())
    assert "\n" not in template
