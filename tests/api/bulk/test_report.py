"""Lines of a completion report, and figures that stay small however many there are."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bulk.report import Line, count, parse_line
from api.bulk.survey import SECONDS_EACH, estimate
from api.bulk.tally import OTHER, Tally
from inference.errors import BadRequest
from inference.prices import prices
from inference.s3 import jobs
from inference.s3.jobs import Job, JobFunction

TIMED_OUT = 'Lambda returned function error: {"errorMessage":"Task timed out after 3.00 seconds"}'
LINES = {
    "as S3 writes it": ["b", "a%20b", "", "failed", "200", "PermanentFailure", TIMED_OUT],
    "as its manifest says": ["b", "a%20b", "", "failed", "PermanentFailure", "200", TIMED_OUT],
}


@pytest.mark.parametrize("row", LINES.values(), ids=LINES.keys())
def test_status_and_error_are_told_apart_in_either_order(row: list[str]) -> None:
    assert parse_line(row) == Line("b", "a b", False, "PermanentFailure", TIMED_OUT)


def test_a_success_has_no_error_in_either_order() -> None:
    for middle in (["200", ""], ["", "200"]):
        line = parse_line(["b", "k", "v", "succeeded", *middle, "tabby cat 0.42"])
        assert line == Line("b", "k", True, "", "tabby cat 0.42")


def test_a_line_that_was_cut_off_is_left_out() -> None:
    assert parse_line(["b", "k"]) is None


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_the_key_is_the_pictures_own(key: str) -> None:
    line = parse_line(["b", quote(key), "", "succeeded", "200", "", ""])
    assert line is not None
    assert line.key == key


def test_labels_and_reasons_are_what_the_function_said() -> None:
    tally = Tally()
    for has_succeeded, error, message in (
        (True, "", "tabby cat 0.42"),
        (True, "", "tabby cat 0.99"),
        (True, "", "passed over"),
        (True, "", "something else"),
        (False, "PermanentFailure", TIMED_OUT),
        (False, "PermanentFailure", "bad_image: cut off"),
        (False, "", ""),
    ):
        count(Line("b", "k", has_succeeded, error, message), tally)

    assert tally.labels == Counter({"tabby cat": 2, "unknown": 1})
    assert tally.reasons == Counter({"PermanentFailure": 1, "bad_image": 1, "no reason": 1})
    assert (tally.pictures, tally.passed_over, tally.failed) == (7, 1, 3)


def test_a_tally_stays_small_when_every_picture_fails_for_a_reason_of_its_own() -> None:
    tally = Tally()
    for number in range(1_000):
        tally.has_failed(f"reason {number}" * 100, "s3://b/k", "x" * 10_000)

    assert tally.failed == sum(tally.reasons.values()) == 1_000
    assert len(tally.reasons) <= 51
    assert tally.reasons[OTHER] == 950
    assert sum(len(detail) for _, detail in tally.examples) <= 20 * 300


def test_an_estimate_is_what_its_parts_cost_by_hand() -> None:
    table, found = prices(), estimate(1_000_000)

    gigabytes = table.mb_per_vcpu / 1024
    by_hand = SECONDS_EACH * gigabytes * table.gb_second["x86_64"] * 1e6 + table.million_requests
    assert found.function == pytest.approx(by_hand)
    assert found.storage == pytest.approx(2 * 0.4 + 5.0)
    assert found.job == pytest.approx(0.25 + 1.0 + 0.015)
    assert found.total == pytest.approx(found.function + found.storage + found.job)


def test_a_job_is_looked_at_ever_less_often_until_it_is_over() -> None:
    looks = iter([job("New"), *[job("Active")] * 14, job("Complete")])
    pauses: list[float] = []

    seen = list(jobs.follow(lambda: next(looks), pauses.append))

    assert (seen[0].status, seen[-1].status, len(seen)) == ("New", "Complete", 16)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1], len(pauses)) == (0.5, 30.0, 15)


def job(status: str) -> Job:
    return Job("12345", status, 0, 0, 0, "reports", "", ())


def test_the_report_of_a_job_without_a_prefix_lies_at_the_buckets_root() -> None:
    assert job("Complete").report_key == "job-12345/manifest.json"


ARNS = {
    "name": "arn:aws:lambda:eu-west-1:123456789012:function:ingest",
    "alias": "arn:aws:lambda:eu-west-1:123456789012:function:ingest:live",
    "version": "arn:aws-cn:lambda:cn-north-1:123456789012:function:i_n-g:17",
}


@pytest.mark.parametrize("arn", ARNS.values(), ids=ARNS.keys())
def test_a_functions_arn_says_account_and_region(arn: str) -> None:
    found = JobFunction.of(arn)

    assert (found.arn, found.account) == (arn, "123456789012")
    assert f":{found.region}:" in arn
    assert arn.startswith(f"arn:{found.partition}:")


@pytest.mark.parametrize("arn", ["", "ingest", "arn:aws:s3:::b", f"{ARNS['alias']}:x", "a" * 999])
def test_what_is_no_functions_arn_is_refused_with_its_form(arn: str) -> None:
    with pytest.raises(BadRequest, match="arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS"):
        JobFunction.of(arn)
