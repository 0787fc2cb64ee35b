"""boto3's Rekognition client gets its labels here, from a uvicorn and from Lambda."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from api.protocols import Refusal, rekognition
from tests.api.protocols.conftest import MODEL

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client

ARN = f"arn:aws:rekognition:eu-west-1:111122223333:project/{MODEL}/version/v1.2026/1579622415"

Call = Callable[["RekognitionClient"], Any]


def client_of(address: str, attempts: int = 1) -> RekognitionClient:
    """What a caller has already, with another address."""
    config = Config(retries={"total_max_attempts": attempts})
    return boto3.client(
        "rekognition",
        endpoint_url=address,
        region_name="eu-west-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=config,
    )


@pytest.fixture
def client(address: str) -> RekognitionClient:
    return client_of(address)


@pytest.fixture(scope="module")
def versions(s3: S3Client, photos: str, chelsea: Path, coffee: Path) -> list[str]:
    """Two versions of one object: coffee, then the cat."""
    s3.put_bucket_versioning(Bucket=photos, VersioningConfiguration={"Status": "Enabled"})
    pictures = (coffee.read_bytes(), chelsea.read_bytes())
    puts = [s3.put_object(Bucket=photos, Key="a b/c+d.png", Body=each) for each in pictures]
    return [put["VersionId"] for put in puts]


def as_percent(predictions: list[dict[str, Any]], least: float) -> list[tuple[str, float]]:
    percents = [(each["label"], round(each["score"] * 100, 4)) for each in predictions]
    return [(label, percent) for label, percent in percents if percent >= least]


def test_labels_of_bytes_are_told_in_percent(
    client: RekognitionClient, chelsea: Path, expected: list[dict[str, Any]]
) -> None:
    found = client.detect_labels(Image={"Bytes": chelsea.read_bytes()}, MinConfidence=5)
    told = [(label["Name"], label["Confidence"]) for label in found["Labels"]]
    assert told == as_percent(expected, 5)
    assert len(told) > 1
    for label in found["Labels"]:
        assert (label["Instances"], label["Parents"]) == ([], [])
        assert (label["Aliases"], label["Categories"]) == ([], [])
    assert len(found["LabelModelVersion"]) == 64
    assert found["ResponseMetadata"]["RequestId"]


def test_custom_labels_of_a_project_with_the_name_of_the_model(
    client: RekognitionClient, chelsea: Path, expected: list[dict[str, Any]]
) -> None:
    found = client.detect_custom_labels(
        ProjectVersionArn=ARN, Image={"Bytes": chelsea.read_bytes()}, MinConfidence=0, MaxResults=3
    )
    told = [(label["Name"], label["Confidence"]) for label in found["CustomLabels"]]
    assert told == as_percent(expected, 0)[:3]


def test_labels_of_an_object_in_s3_and_of_a_version_of_it(
    client: RekognitionClient, photos: str, versions: list[str]
) -> None:
    named = {"Bucket": photos, "Name": "a b/c+d.png"}
    objects: list[Any] = [named, {**named, "Version": versions[0]}]
    labels = [
        client.detect_labels(Image={"S3Object": each}, MinConfidence=1)["Labels"][0]["Name"]
        for each in objects
    ]
    assert labels == ["tiger cat", "espresso"]


def test_without_a_word_about_it_the_least_confidence_is_that_of_the_original(
    client: RekognitionClient, chelsea: Path, coffee: Path
) -> None:
    pictures: list[Any] = [{"Bytes": each.read_bytes()} for each in (chelsea, coffee)]
    cat, cup = pictures
    assert client.detect_labels(Image=cat)["Labels"] == []
    assert client.detect_labels(Image=cup)["Labels"][0]["Name"] == "espresso"
    assert client.detect_custom_labels(ProjectVersionArn=ARN, Image=cat)["CustomLabels"] == []


def test_labels_are_counted_after_they_were_chosen_by_name(
    uvicorn_address: str, chelsea: Path
) -> None:
    client = client_of(uvicorn_address)

    def names(count: int, **filters: Any) -> list[str]:
        labels = client.detect_labels(
            Image={"Bytes": chelsea.read_bytes()},
            MinConfidence=1,
            MaxLabels=count,
            Features=["GENERAL_LABELS"],
            Settings={"GeneralLabels": filters},  # type: ignore[typeddict-item]  # of any name
        )["Labels"]
        return [label["Name"] for label in labels]

    assert names(1, LabelExclusionFilters=["tiger cat"]) == ["Egyptian cat"]
    assert names(5, LabelInclusionFilters=["tabby", "fly"]) == ["tabby"]
    assert names(0) == []


def png(width: int, height: int) -> bytes:
    """A PNG that announces its size and holds no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


def labels_of(**image: Any) -> Call:
    return lambda client: client.detect_labels(Image=image)  # type: ignore[arg-type]  # odd ones


def custom(arn: str) -> Call:
    return lambda client: client.detect_custom_labels(
        ProjectVersionArn=arn, Image={"Bytes": png(8, 8)}
    )


REFUSED: dict[str, tuple[Call, str, str]] = {
    "no picture": (labels_of(Bytes=b"text, and no picture"), "InvalidImageFormat", "JPEG"),
    "a broken picture": (labels_of(Bytes=png(8, 8)), "InvalidImageFormat", "PNG"),
    "too many pixels": (labels_of(Bytes=png(60_000, 50_000)), "ImageTooLarge", "at most"),
    "neither": (labels_of(), "InvalidParameter", "either Bytes or S3Object"),
    "both": (
        labels_of(Bytes=b"x", S3Object={"Bucket": "abc", "Name": "x"}),
        "InvalidParameter",
        "either Bytes or S3Object",
    ),
    "a bucket that is not allowed": (
        labels_of(S3Object={"Bucket": "other-bucket", "Name": "x"}),
        "AccessDenied",
        "MICROLENS_BUCKETS",
    ),
    "an object without a name": (
        labels_of(S3Object={"Bucket": "other-bucket"}),
        "InvalidParameter",
        "Image.S3Object.Name",
    ),
    "no confidence": (
        lambda client: client.detect_labels(Image={"Bytes": b"x"}, MinConfidence=101),
        "InvalidParameter",
        "MinConfidence",
    ),
    "colours": (
        lambda client: client.detect_labels(
            Image={"Bytes": b"x"}, Features=["GENERAL_LABELS", "IMAGE_PROPERTIES"]
        ),
        "InvalidParameter",
        "GENERAL_LABELS is all",
    ),
    "a category": (
        lambda client: client.detect_labels(
            Image={"Bytes": b"x"},
            Settings={"GeneralLabels": {"LabelCategoryInclusionFilters": ["Animals"]}},
        ),
        "InvalidParameter",
        "no categories",
    ),
    "another project": (
        custom(ARN.replace(MODEL, "parasites")),
        "ResourceNotFound",
        f"'{MODEL}'",
    ),
    "no ARN": (custom("x" * 20), "InvalidParameter", "no ARN"),
}


@pytest.mark.parametrize(("call", "error", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_is_raised_as_the_exception_of_the_original(
    client: RekognitionClient, call: Call, error: str, says: str
) -> None:
    with pytest.raises(ClientError, match=says) as raised:
        call(client)
    assert type(raised.value) is getattr(client.exceptions, f"{error}Exception")


def test_an_object_that_is_not_there_is_told_apart_from_one_that_may_not_be_read(
    client: RekognitionClient, photos: str
) -> None:
    with pytest.raises(client.exceptions.InvalidS3ObjectException, match="no/such"):
        client.detect_labels(Image={"S3Object": {"Bucket": photos, "Name": "no/such.png"}})


@pytest.mark.parametrize("name", ["a?versionId=b", "a?X-Amz-Signature=b", "a\nb"])
def test_a_key_that_reads_as_another_address_is_not_read(
    uvicorn_address: str, photos: str, name: str
) -> None:
    client = client_of(uvicorn_address)
    with pytest.raises(ClientError) as raised:
        client.detect_labels(Image={"S3Object": {"Bucket": photos, "Name": name}})
    code = raised.value.response["Error"]["Code"]
    assert code in {"InvalidParameterException", "AccessDeniedException"}


def test_another_operation_is_unknown(client: RekognitionClient, chelsea: Path) -> None:
    with pytest.raises(ClientError, match="DetectLabels and DetectCustomLabels") as raised:
        client.detect_faces(Image={"Bytes": chelsea.read_bytes()})
    assert raised.value.response["Error"]["Code"] == "UnknownOperationException"


def test_a_service_without_a_model_is_tried_again_and_then_raises_a_server_error(
    modelless: str,
) -> None:
    client = client_of(modelless, attempts=2)
    with pytest.raises(client.exceptions.InternalServerError, match="No model answers") as raised:
        client.detect_labels(Image={"Bytes": b"x"})
    metadata = raised.value.response["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (500, 1)


@pytest.mark.parametrize(
    ("refusal", "error", "status"),
    [
        (Refusal(503, "busy", "x"), "ProvisionedThroughputExceededException", 400),
        (Refusal(429, "too_many", "x"), "ThrottlingException", 400),
        (Refusal(401, "unauthorized", "x"), "AccessDeniedException", 400),
        (Refusal(403, "source_not_allowed", "x"), "AccessDeniedException", 400),
        (Refusal(404, "source_not_found", "x"), "InvalidS3ObjectException", 400),
        (Refusal(404, "not_found", "x"), "ResourceNotFoundException", 400),
        (Refusal(405, "method_not_allowed", "x"), "InvalidParameterException", 400),
        (Refusal(500, "internal", "x"), "InternalServerError", 500),
        (Refusal(502, "source_unavailable", "x"), "InternalServerError", 500),
    ],
    ids=lambda value: value.code if isinstance(value, Refusal) else "",
)
def test_every_refusal_has_a_name_that_the_client_knows(
    refusal: Refusal, error: str, status: int
) -> None:
    response = rekognition.refuse(refusal)
    assert response.status_code == status
    assert f'"__type": "{error}"'.encode() in bytes(response.body)
    assert hasattr(client_of("http://127.0.0.1:9").exceptions, error)


def test_a_signature_can_be_made_out_for_the_gateway_that_checks_it(service: httpx.Client) -> None:
    client = client_of(str(service.base_url))
    seen: list[str] = []

    def for_gateway(request: Any, **_: Any) -> None:
        request.context.setdefault("signing", {})["signing_name"] = "execute-api"

    def see(request: Any, **_: Any) -> None:
        seen.append(request.headers["Authorization"].decode())

    client.meta.events.register("before-sign.rekognition", for_gateway)
    client.meta.events.register("before-send.rekognition", see)
    with pytest.raises(ClientError):
        client.detect_labels(Image={"Bytes": b"x"})
    assert "/eu-west-1/execute-api/aws4_request" in seen[0]
