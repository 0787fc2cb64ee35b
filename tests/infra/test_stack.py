"""A picture and a model on their way through the stack's own buckets, queues and rules.

moto carries them, AWS's runtime client runs the three functions with the variables of the template,
each under its own role: what that role does not allow, moto's S3 refuses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inference.settings import DEFAULT_MODEL
from tests.api import events
from tests.api.telemetry.test_metrics import written
from tests.infra.account import Account
from tests.infra.making import RULED, create
from tests.infra.stacks import stack
from tests.servers.aws import aws
from tests.servers.emulator import Emulator

pytestmark = pytest.mark.slow

MODEL = "household"
SWAP_SECONDS = 30.0


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """The stack, made for a model that is not there yet."""
    with aws() as running:
        yield create(running, stack(ModelName=MODEL, Stage="dev", RefreshSeconds="1"))


@pytest.fixture(scope="module")
def ingest(account: Account) -> Iterator[Emulator]:
    """The ingest function with the model that comes in the package."""
    with account.running("IngestFunction", MICROLENS_MODEL="") as function:
        yield function


def from_queue(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Messages as Lambda's event source mapping hands them over."""
    own = {"eventSource": "aws:sqs", "awsRegion": "eu-west-1", "messageAttributes": {}}
    records = [
        {
            "messageId": each["MessageId"],
            "receiptHandle": each["ReceiptHandle"],
            "body": each["Body"],
            "md5OfBody": each["MD5OfBody"],
            "attributes": each["Attributes"],
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:PicturesQueue",
            **own,
        }
        for each in messages
    ]
    return {"Records": records}


def test_everything_of_the_template_that_can_be_made_is_made(account: Account) -> None:
    made = account.aws.client("cloudwatch").describe_alarms()
    alarms = account.made.of_type("AWS::CloudWatch::Alarm")
    queues = {
        each.rpartition("/")[2] for each in account.aws.client("sqs").list_queues()["QueueUrls"]
    }
    expected = {"PicturesQueue", "PicturesDeadLetters", "PublishDeadLetters", RULED}

    assert {each["AlarmName"] for each in made["MetricAlarms"]} == alarms.keys()
    for alarm in made["MetricAlarms"]:
        for dimension in alarm["Dimensions"]:
            assert dimension["Name"] != "QueueName" or dimension["Value"] in queues
    assert {account.names[each].rpartition("/")[2] for each in expected} == queues
    names = {each["Name"] for each in account.aws.s3().list_buckets()["Buckets"]}
    assert names == {
        each["BucketName"] for each in account.made.of_type("AWS::S3::Bucket").values()
    }


def test_a_picture_in_the_bucket_becomes_a_result_by_the_queue(
    account: Account, ingest: Emulator, chelsea: Path
) -> None:
    s3, pictures = account.aws.s3(), account.names["PicturesBucket"]
    account.received("PicturesQueue")  # S3's own test event, which needs no function
    s3.put_object(Bucket=pictures, Key="cats/chelsea.png", Body=chelsea.read_bytes())
    s3.put_object(Bucket=pictures, Key="text.jpg", Body=b"this is no picture")
    messages = account.received("PicturesQueue")
    assert len(messages) == 2

    reply = ingest.invoke(from_queue(messages))

    assert reply["batchItemFailures"] == []
    good, bad = (
        json.loads(
            s3.get_object(Bucket=account.names["ResultsBucket"], Key=f"{pictures}/{key}.json")[
                "Body"
            ].read()
        )
        for key in ("cats/chelsea.png", "text.jpg")
    )
    assert good["predictions"][0]["label"] == "tiger cat"
    assert good["image"]["source"] == f"s3://{pictures}/cats/chelsea.png"
    assert bad["code"] == "unsupported_image"
    assert account.received("PicturesQueue") == []
    (counted,) = written(ingest, 1)
    assert (counted["PicturesClassified"], counted["PicturesRefused"]) == (1, 1)
    assert (counted["Service"], counted["FunctionName"]) == ("ingest", "IngestFunction")


def test_a_message_that_fails_is_the_only_one_that_comes_back(
    account: Account, ingest: Emulator, chelsea: Path
) -> None:
    s3, pictures = account.aws.s3(), account.names["PicturesBucket"]
    s3.put_object(Bucket=pictures, Key="again.png", Body=chelsea.read_bytes())
    (message,) = account.received("PicturesQueue")
    elsewhere = message["Body"].replace(pictures, "a-bucket-of-somebody-else")
    failing = {**message, "MessageId": "failing", "Body": elsewhere}

    reply = ingest.invoke(from_queue([failing, message]))

    assert [each["itemIdentifier"] for each in reply["batchItemFailures"]] == ["failing"]


def test_files_that_are_dropped_answer_the_next_requests(account: Account, chelsea: Path) -> None:
    picture = events.http("http_api_v2", chelsea.read_bytes(), "image/png")
    files = dropped()
    with (
        account.running("ClassifyFunction") as classify,
        account.running("PublishFunction") as publish,
    ):
        assert classify.invoke(picture)["statusCode"] == 503
        drop(account, files)
        states = [publish.invoke(each)[MODEL] for each in told(account)]
        assert states[-1] == "published", account_status(account)
        first = answer(classify, picture, "tiger cat")

        drop(account, {"labels.txt": files["labels.txt"].replace(b"tiger cat", b"Chelsea")})
        states = [publish.invoke(each)[MODEL] for each in told(account)]
        assert states == ["published"], account_status(account)
        second = answer(classify, picture, "Chelsea")

    assert first["model"]["name"] == second["model"]["name"] == MODEL
    assert first["model"]["release"] != second["model"]["release"]
    assert second["model"]["release"] == account_status(account)["release"]


@pytest.mark.parametrize(
    ("role", "bucket", "key"),
    [
        ("ClassifyRole", "ModelsBucket", "household/stages/dev.json"),
        ("ClassifyRole", "PicturesBucket", "cats/x.png"),
        ("ClassifyRole", "ResultsBucket", "x.json"),
        ("IngestRole", "PicturesBucket", "uploads/x"),
        ("IngestRole", "ModelsBucket", "household/releases/0f/model.tflite"),
        ("PublishRole", "ModelsBucket", "household/stages/prod.json"),
        ("PublishRole", "ModelsBucket", "household/incoming/model.keras"),
        ("PublishRole", "ResultsBucket", "x.json"),
    ],
)
def test_whoever_has_a_functions_credentials_cannot_write_where_it_need_not(
    account: Account, role: str, bucket: str, key: str
) -> None:
    s3 = account.aws.by(account.roles[role]).s3()

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=account.names[bucket], Key=key, Body=b"x")
    for name in account.made.of_type("AWS::S3::Bucket"):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=account.names[name], Key=key)


def dropped() -> dict[str, bytes]:
    """The default model, as somebody would drop it."""
    folder = Path(DEFAULT_MODEL)
    manifest = json.loads((folder / "model.json").read_bytes())
    return {
        "model.tflite": (folder / "model.tflite").read_bytes(),
        "labels.txt": (folder / "labels.txt").read_bytes(),
        "recipe.json": json.dumps(manifest["recipe"]).encode(),
    }


def drop(account: Account, files: dict[str, bytes]) -> None:
    """Put files into the model's incoming folder, and one where nobody waits for it."""
    s3, models = account.aws.s3(), account.names["ModelsBucket"]
    s3.put_object(Bucket=models, Key=f"{MODEL}/notes.txt", Body=b"not for the rule")
    for name, content in files.items():
        s3.put_object(Bucket=models, Key=f"{MODEL}/incoming/{name}", Body=content)


def told(account: Account) -> list[dict[str, Any]]:
    """The events that the stack's rule let through, as EventBridge sends them."""
    found = [json.loads(each["Body"]) for each in account.received(RULED)]
    assert {each["detail-type"] for each in found} == {"Object Created"}
    assert all("/incoming/" in each["detail"]["object"]["key"] for each in found)
    return found


def account_status(account: Account) -> dict[str, Any]:
    """What `status.json` says."""
    read = account.aws.s3().get_object(
        Bucket=account.names["ModelsBucket"], Key=f"{MODEL}/status.json"
    )
    status: dict[str, Any] = json.loads(read["Body"].read())
    return status


def answer(classify: Emulator, picture: dict[str, Any], label: str) -> dict[str, Any]:
    """Ask until the best label is `label`: a look at the stage is taken beside a request."""
    deadline = monotonic() + SWAP_SECONDS
    while True:
        reply = classify.invoke(picture)
        body: dict[str, Any] = json.loads(reply["body"])
        if reply["statusCode"] == 200 and body["predictions"][0]["label"] == label:
            return body
        assert reply["statusCode"] in (200, 503), reply
        assert monotonic() < deadline, f"{label} did not come: {body} {classify.log()}"
