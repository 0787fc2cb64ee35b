"""Who gets through the API, how often, and what its log keeps."""

from __future__ import annotations

import json

import pytest

from tests.infra.stacks import VARIANTS, Stack, stack


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
