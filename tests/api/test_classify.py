"""`POST /classify` as callers use it: a real uvicorn, httpx and curl."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CATS = {"tabby", "tiger cat", "Egyptian cat"}

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def stored(s3: S3Client, photos: str, chelsea: Path) -> str:
    """The address of the cat in S3, under a key with a space, a plus and a percent sign."""
    key = "incoming/a cat+%41.png"
    s3.put_object(Bucket=photos, Key=key, Body=chelsea.read_bytes())
    return f"s3://{photos}/{key}"


@pytest.fixture(scope="module")
def expected(service: httpx.Client, chelsea: Path) -> Answer:
    """The answer to the cat, sent as a raw body."""
    return raw(service, chelsea.read_bytes())


def raw(service: httpx.Client, picture: bytes, **params: Any) -> Answer:
    response = service.post(
        "/classify", content=picture, headers={"content-type": "image/png"}, params=params
    )
    assert response.status_code == 200, response.text
    answer: Answer = response.json()
    return answer


def test_a_cat_is_a_cat_and_the_answer_says_which_model_and_which_picture(
    expected: Answer, chelsea: Path
) -> None:
    assert expected["predictions"][0]["label"] in CATS
    assert len(expected["predictions"]) == 5
    scores = [prediction["score"] for prediction in expected["predictions"]]
    assert scores == sorted(scores, reverse=True)
    assert expected["model"]["name"] == "imagenet-lite0"
    assert len(expected["model"]["release"]) == 64
    assert expected["image"] == {
        "source": "upload",
        "format": "PNG",
        "width": 451,
        "height": 300,
        "sha256": hashlib.sha256(chelsea.read_bytes()).hexdigest(),
    }
    assert set(expected["timing_ms"]) == {"fetch", "decode", "infer", "total"}
    assert expected["timing_ms"]["fetch"] == 0.0


@pytest.mark.parametrize(
    "form",
    ["octet-stream", "multipart", "multipart-url", "json-url", "json-base64", "json-data-url"],
)
def test_every_way_of_sending_a_picture_gives_the_same_scores(
    service: httpx.Client, chelsea: Path, stored: str, expected: Answer, form: str
) -> None:
    picture = chelsea.read_bytes()
    encoded = base64.b64encode(picture).decode()
    ways: dict[str, dict[str, Any]] = {
        "octet-stream": {
            "content": picture,
            "headers": {"content-type": "application/octet-stream"},
        },
        "multipart": {"files": {"image": ("cat.png", picture)}},
        "multipart-url": {"files": {"url": (None, stored)}},
        "json-url": {"json": {"url": stored}},
        "json-base64": {"json": {"image": encoded}},
        "json-data-url": {"json": {"image": f"data:image/png;base64,{encoded}"}},
    }
    response = service.post("/classify", **ways[form])
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["predictions"] == expected["predictions"]
    named = form in {"multipart-url", "json-url"}
    assert answer["image"]["source"] == (stored if named else "upload")
    assert answer["image"]["sha256"] == expected["image"]["sha256"]


def test_curl_as_in_the_readme_answers_a_cat(service: httpx.Client, chelsea: Path) -> None:
    said = subprocess.run(
        ["curl", "-sS", "-F", f"image=@{chelsea}", f"{service.base_url}/classify"],
        check=True,
        capture_output=True,
    )
    assert json.loads(said.stdout)["predictions"][0]["label"] in CATS


def test_several_pictures_are_answered_in_the_order_sent_and_a_bad_one_spoils_none(
    service: httpx.Client, chelsea: Path, coffee: Path, stored: str, expected: Answer
) -> None:
    response = service.post(
        "/classify",
        files=[
            ("image", ("coffee.png", coffee.read_bytes())),
            ("image", ("broken.png", chelsea.read_bytes()[:5000])),
            ("url", (None, stored)),
            ("url", (None, "s3://somebody-elses-bucket/cat.png")),
            ("image", ("empty.png", b"")),
        ],
    )
    assert response.status_code == 200, response.text
    results = response.json()["results"]
    assert results[0]["predictions"][0]["label"] == "espresso"
    assert results[1]["code"] == "bad_image"
    assert results[2]["predictions"] == expected["predictions"]
    assert results[3]["code"] == "source_not_allowed"
    assert results[4]["code"] == "bad_request"


def test_lists_in_json_are_answered_addresses_first(
    service: httpx.Client, coffee: Path, stored: str, expected: Answer
) -> None:
    encoded = base64.b64encode(coffee.read_bytes()).decode()
    response = service.post("/classify", json={"images": [encoded, "?"], "urls": [stored]})
    results = response.json()["results"]
    assert results[0]["predictions"] == expected["predictions"]
    assert results[1]["predictions"][0]["label"] == "espresso"
    assert results[2]["code"] == "bad_request"


def test_top_k_and_min_score_choose_the_answers(service: httpx.Client, chelsea: Path) -> None:
    picture = chelsea.read_bytes()
    assert len(raw(service, picture, top_k=1)["predictions"]) == 1
    assert len(raw(service, picture, top_k=1000)["predictions"]) == 1000
    assert raw(service, picture, min_score=1)["predictions"] == []


def test_a_version_of_an_object_can_be_named(
    service: httpx.Client, s3: S3Client, photos: str, chelsea: Path, coffee: Path
) -> None:
    s3.put_bucket_versioning(Bucket=photos, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=photos, Key="versions.png", Body=coffee.read_bytes())
    s3.put_object(Bucket=photos, Key="versions.png", Body=chelsea.read_bytes())
    url = f"s3://{photos}/versions.png"
    old = service.post("/classify", json={"url": f"{url}?versionId={first['VersionId']}"})
    new = service.post("/classify", json={"url": url})
    assert old.json()["predictions"][0]["label"] == "espresso"
    assert new.json()["predictions"][0]["label"] in CATS


def test_many_callers_at_once_all_get_the_same_answer(
    service: httpx.Client, chelsea: Path, expected: Answer
) -> None:
    picture = chelsea.read_bytes()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: raw(service, picture), range(64)))
    assert all(answer["predictions"] == expected["predictions"] for answer in answers)


def test_the_page_and_the_probes_answer(service: httpx.Client) -> None:
    page = service.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Microlens" in page.text
    assert service.get("/livez").json() == {"status": "ok"}
    assert service.get("/readyz").json() == {"status": "ok"}
    report = service.get("/model").json()
    assert report["manifest"]["name"] == "imagenet-lite0"
    assert report["labels"] == 1000
    assert report["last_failed_swap"] is None
