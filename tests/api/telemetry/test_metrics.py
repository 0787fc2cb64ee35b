"""The same figures in CloudWatch and in Prometheus, under the names that the alarms know."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.telemetry.prometheus import name_of, text
from inference.answers import ModelIdentity
from inference.errors import ModelError, SourceUnavailable
from inference.history import History
from inference.metrics import BUCKETS_MS, METRICS, Counts, emf
from tests.api import events
from tests.api.conftest import client
from tests.infra.test_alarms import OWN_METRICS, SHOWN_ONLY
from tests.servers.emulator import Emulator, emulator
from tests.servers.uvicorn import uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SAMPLE = re.compile(r"([a-z_]+)(?:\{([^}]*)\})? (\S+)")


def samples(body: str) -> dict[str, float]:
    """Name and labels of each sample → its value."""
    found = [SAMPLE.fullmatch(line) for line in body.splitlines() if not line.startswith("#")]
    assert all(found)
    return {f"{each[1]}{{{each[2]}}}": float(each[3]) for each in found if each}


def emf_lines(log: str) -> list[dict[str, Any]]:
    """The lines that CloudWatch takes for metrics."""
    whole = log.rpartition("\n")[0].splitlines()
    found = [json.loads(line) for line in whole if line.startswith("{")]
    return [line for line in found if "_aws" in line]


def written(function: Emulator, number: int) -> list[dict[str, Any]]:
    """Those of that many invocations; they reach the log a little after the answers."""
    function.server.wait_until(lambda: len(emf_lines(function.log())) >= number, 10)
    return emf_lines(function.log())


def test_every_metric_of_the_template_is_one_that_the_service_writes() -> None:
    ours = {(each.name, service) for each in METRICS for service in each.services}
    assert ours >= OWN_METRICS | SHOWN_ONLY


def test_under_uvicorn_they_are_read_by_prometheus(chelsea: Path) -> None:
    with uvicorn() as server, client(server.url) as service:
        before = service.get("/metrics")
        files = [("image", chelsea.read_bytes()), ("image", b"no picture")]
        service.post("/classify", files=files)
        after = samples(service.get("/metrics").text)

    assert before.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    of = '{service="classify"}'
    assert samples(before.text)[f"microlens_pictures_classified_total{of}"] == 0
    assert after[f"microlens_pictures_classified_total{of}"] == 1
    assert after[f"microlens_pictures_refused_total{of}"] == 1
    assert after[f"microlens_cold_start_total{of}"] == 1
    assert after[f"microlens_latency_seconds_count{of}"] == 1
    assert after['microlens_latency_seconds_bucket{service="classify",le="+Inf"}'] == 1
    assert [name for name in after if name.startswith('microlens_model_info{name="imagenet-lite0"')]


def test_without_a_model_errors_are_counted(tmp_path: Path) -> None:
    with uvicorn({"MICROLENS_MODEL": str(tmp_path)}) as server, client(server.url) as service:
        assert service.post("/classify", files={"image": b"x"}).status_code == 503
        found = samples(service.get("/metrics").text)

    assert found['microlens_classify_errors_total{service="classify"}'] == 1
    assert found['microlens_model_swap_failed_total{service="classify"}'] == 1
    assert not [name for name in found if name.startswith("microlens_model_info")]


def test_on_lambda_each_invocation_writes_what_it_counted_in_one_line(chelsea: Path) -> None:
    with emulator("api.http_handler.handler") as function:
        function.invoke(events.http("http_api_v2", chelsea.read_bytes(), "image/png"))
        function.invoke(events.http("rest_api_v1", b"no picture", "image/png"))
        refused = function.invoke(events.get("/metrics"))
        asked = function.invoke(events.get("/model"))
        first, second, third = written(function, 3)

    assert json.loads(refused["body"])["code"] == "not_found"
    assert "CloudWatch" in json.loads(refused["body"])["detail"]
    assert (first["PicturesClassified"], first["ColdStart"]) == (1, 1)
    assert len(first["Latency"]) == 1
    assert second["PicturesRefused"] == 1
    assert "PicturesClassified" not in second
    assert "ColdStart" not in second
    assert third["requestId"] == asked["headers"]["x-request-id"]


def test_a_failed_classification_is_counted_although_mangum_returns(tmp_path: Path) -> None:
    # Where the model is that is not there, no line says; the log names it for the operator.
    with emulator("api.http_handler.handler", {"MICROLENS_MODEL": str(tmp_path)}) as function:
        reply = function.invoke(events.http("http_api_v2", b"x", "image/png"))
        (line,) = written(function, 1)

    assert reply["statusCode"] == 503
    assert (line["ClassifyErrors"], line["ModelSwapFailed"]) == (1, 1)
    assert line["Service"] == "classify"


def test_pictures_of_events_are_counted_and_told(
    environment: dict[str, str], s3: S3Client, photos: str, chelsea: Path, tmp_path: Path
) -> None:
    s3.put_object(Bucket=photos, Key="a-cat.png", Body=chelsea.read_bytes())
    s3.put_object(Bucket=photos, Key="a-text.png", Body=b"no picture")
    env = {**environment, "MICROLENS_RESULTS": str(tmp_path)}
    event = events.load("s3_put")
    (record,) = event["Records"]
    event["Records"] = []
    for key in ("a-cat.png", "a-text.png"):
        named = json.loads(json.dumps(record))
        named["s3"]["bucket"]["name"] = photos
        named["s3"]["object"]["key"] = key
        named["s3"]["object"].pop("versionId", None)
        event["Records"].append(named)
    broken = {"Records": [{"eventSource": "aws:s3"}, event["Records"][0]]}
    with emulator("api.event_handler.handler", env) as function:
        assert function.invoke(event) == {"pictures": 2}
        assert function.invoke(broken)["errorType"] == "BadRequest"
        counted, malformed = written(function, 2)
        log = function.log()

    assert (counted["PicturesClassified"], counted["PicturesRefused"]) == (1, 1)
    assert (counted["Service"], counted["ColdStart"]) == ("ingest", 1)
    assert len(counted["Latency"]) == 2
    # The picture that came twice was counted the first time.
    assert malformed["EventsMalformed"] == 1
    assert not {"PicturesClassified", "Latency"} & malformed.keys()
    told = [json.loads(line) for line in log.splitlines() if '"picture": {' in line]
    again = [line["picture"] for line in told if "was_there" in line["picture"]]
    assert [(each["verdict"], [*each["ms"]]) for each in again] == [("done", ["total"])]
    told = [line for line in told if "was_there" not in line["picture"]]
    by_verdict = {line["picture"]["verdict"]: line for line in told}
    assert by_verdict.keys() == {"done", "refused", "malformed"}
    done, refused = by_verdict["done"]["picture"], by_verdict["refused"]["picture"]
    assert (done["format"], done["size"], done["bucket"]) == ("PNG", "451x300", photos)
    assert done["ms"]["total"] >= done["ms"]["infer"] > 0
    assert refused["code"] == "unsupported_image"
    assert by_verdict["done"]["requestId"] == counted["requestId"]
    assert "a-cat.png" not in "".join(map(str, told))


class TestCounts:
    def test_what_was_told_is_not_told_again(self) -> None:
        counts = Counts("ingest")
        counts.add("PicturesClassified", 3)
        counts.took(12.345)
        assert counts.fresh() == {"PicturesClassified": 3, "Latency": [12.35]}
        assert counts.fresh() == {}
        counts.add("PicturesClassified")
        assert counts.fresh() == {"PicturesClassified": 1}
        assert counts.totals()["PicturesClassified"] == 4

    def test_a_line_holds_no_more_values_than_cloudwatch_takes(self) -> None:
        counts = Counts("ingest")
        for number in range(250):
            counts.took(number)
        latencies = counts.fresh()["Latency"]
        assert isinstance(latencies, list)
        assert len(latencies) == 100
        assert sum(counts.latencies()[0]) == 250

    def test_the_first_model_replaces_none(self) -> None:
        counts, history = Counts("classify"), History("here")
        for _ in range(3):
            history.swapped("a", "b" * 64)
            counts.follow(history)
        assert counts.fresh() == {"ModelSwapped": 2}

    def test_a_place_that_does_not_answer_is_no_model_that_failed(self) -> None:
        counts, history = Counts("ingest"), History("here")
        for _ in range(2):
            history.failed(None, SourceUnavailable("the bucket does not answer"))
        history.failed("b" * 64, ModelError("no labels"))
        counts.follow(history)
        assert counts.fresh() == {"ModelLookFailed": 2, "ModelSwapFailed": 1}

    def test_a_name_that_is_not_in_the_table_is_no_metric(self) -> None:
        with pytest.raises(KeyError):
            Counts("classify").add("Typo")

    @pytest.mark.parametrize(("milliseconds", "at"), [(0, 0), (5, 0), (5.01, 1), (99_999, 11)])
    def test_a_latency_belongs_to_the_first_class_that_it_fits(
        self, milliseconds: float, at: int
    ) -> None:
        counts = Counts("classify")
        counts.took(milliseconds)
        assert counts.latencies()[0].index(1) == at
        assert len(counts.latencies()[0]) == len(BUCKETS_MS) + 1


def test_a_line_is_the_embedded_metric_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "microlens-PublishFunction-1A2B")
    line = emf("publish", {"PublishRefused": 2}, requestId="r")
    about = line.pop("_aws")
    (directive,) = about["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "Microlens",
        "Dimensions": [["Service", "FunctionName"]],
        "Metrics": [{"Name": "PublishRefused", "Unit": "Count"}],
    }
    assert line == {
        "Service": "publish",
        "FunctionName": "microlens-PublishFunction-1A2B",
        "PublishRefused": 2,
        "requestId": "r",
    }


def test_names_that_would_break_a_line_of_prometheus_are_escaped() -> None:
    model = ModelIdentity(name='a"b\\c\nd', release="r", stage=None)
    body = text(Counts("classify"), model)
    assert r'name="a\"b\\c\nd"' in body


def test_each_metric_has_a_name_of_its_own_in_prometheus() -> None:
    names = {name_of(each) for each in METRICS}
    assert len(names) == len(METRICS)
    assert "microlens_model_swap_failed_total" in names


def test_the_answer_of_the_metrics_is_not_counted_as_latency(service: httpx.Client) -> None:
    name = 'microlens_latency_seconds_count{service="classify"}'
    first, second = (samples(service.get("/metrics").text)[name] for _ in range(2))
    assert first == second
