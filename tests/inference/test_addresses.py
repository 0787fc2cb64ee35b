"""Addresses: one object in an allowed bucket, or `SourceNotAllowed`; never anything else."""

from __future__ import annotations

import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.addresses import MAX_ADDRESS_CHARACTERS, S3Address, parse_address
from inference.errors import SourceNotAllowed

ALLOWED = frozenset({"photos", "my-bucket", "a.b.c"})
VERSION = "3HL4kqtJvjVBH40Nrjfkd"

GOOD = {
    "s3://photos/cat.jpg": S3Address("photos", "cat.jpg"),
    "s3://photos/a/b/c.jpg": S3Address("photos", "a/b/c.jpg"),
    "s3://a.b.c/cat.jpg": S3Address("a.b.c", "cat.jpg"),
    "s3://photos//a//b/": S3Address("photos", "/a//b/"),
    "s3://photos/../x": S3Address("photos", "../x"),
    "s3://photos/./x": S3Address("photos", "./x"),
    "s3://photos/a%2Fb%20c": S3Address("photos", "a%2Fb%20c"),
    "s3://photos/ä 猫.jpg": S3Address("photos", "ä 猫.jpg"),
    "s3://photos/a?b#c&d=e\\f": S3Address("photos", "a?b#c&d=e\\f"),
    "s3://photos/http://169.254.169.254/": S3Address("photos", "http://169.254.169.254/"),
    f"s3://photos/x?versionId={VERSION}": S3Address("photos", "x", VERSION),
    "s3://photos/x?versionId=null": S3Address("photos", "x", "null"),
    "s3://photos/x?versionId=3/L4kqtJ+rmSpXd3d": S3Address("photos", "x", "3/L4kqtJ+rmSpXd3d"),
    f"s3://photos/{'k' * 1_024}": S3Address("photos", "k" * 1_024),
    "https://photos.s3.amazonaws.com/cat.jpg": S3Address("photos", "cat.jpg"),
    "https://photos.s3.eu-west-1.amazonaws.com/cat.jpg": S3Address("photos", "cat.jpg"),
    "https://photos.s3-eu-west-1.amazonaws.com/cat.jpg": S3Address("photos", "cat.jpg"),
    "https://photos.s3.dualstack.us-gov-west-1.amazonaws.com/x": S3Address("photos", "x"),
    "https://photos.s3.cn-north-1.amazonaws.com.cn/x": S3Address("photos", "x"),
    "https://a.b.c.s3.us-east-2.amazonaws.com/x": S3Address("a.b.c", "x"),
    "https://s3.amazonaws.com/photos/a/b": S3Address("photos", "a/b"),
    "https://s3.us-east-2.amazonaws.com/photos/a/b": S3Address("photos", "a/b"),
    "https://photos.s3.amazonaws.com/a%2Fb%20c": S3Address("photos", "a/b c"),
    "https://photos.s3.amazonaws.com/a%252Fb": S3Address("photos", "a%2Fb"),
    "https://photos.s3.amazonaws.com/a+b": S3Address("photos", "a+b"),
    "https://photos.s3.amazonaws.com/%E7%8C%AB.jpg": S3Address("photos", "猫.jpg"),
    "https://photos.s3.amazonaws.com/a/../b": S3Address("photos", "a/../b"),
    f"https://photos.s3.amazonaws.com/x?versionId={VERSION}": S3Address("photos", "x", VERSION),
}

HOSTILE = {
    "nothing": "",
    "a-word": "photos",
    "no-key": "s3://photos",
    "an-empty-key": "s3://photos/",
    "no-bucket": "s3:///x",
    "another-bucket": "s3://secrets/x",
    "another-bucket-https": "https://secrets.s3.amazonaws.com/x",
    "another-bucket-path-style": "https://s3.amazonaws.com/secrets/x",
    "prefix-of-an-allowed-bucket": "s3://photo/x",
    "allowed-bucket-as-prefix": "s3://photos-of-others/x",
    "user-name": "https://photos.s3.amazonaws.com@evil.example/x",
    "user-name-2": "https://evil.example@photos.s3.amazonaws.com/x",
    "user-name-and-backslash": "https://evil.example\\@photos.s3.amazonaws.com/x",
    "user-name-in-s3": "s3://user@photos/x",
    "password-in-s3": "s3://AKIA:secret@photos/x",
    "port": "https://photos.s3.amazonaws.com:443/x",
    "port-in-s3": "s3://photos:80/x",
    "backslashes": "https:\\\\photos.s3.amazonaws.com\\x",
    "host-that-goes-on": "https://photos.s3.amazonaws.com.evil.example/x",
    "host-with-a-dot-behind": "https://photos.s3.amazonaws.com./x",
    "host-with-something-before": "https://evil.example/photos.s3.amazonaws.com/x",
    "host-without-its-dots": "https://photosXs3Xamazonaws.com/x",
    "look-alike-letters": "https://photos.s3.\u0430mazonaws.com/x",
    "full-width-dots": "https://photos。s3。amazonaws。com/x",
    "website": "https://photos.s3-website-us-east-1.amazonaws.com/x",
    "accelerate": "https://photos.s3-accelerate.amazonaws.com/x",
    "access-point-host": "https://ap-123456789012.s3-accesspoint.us-east-1.amazonaws.com/x",
    "fragment-for-a-host": "https://evil.example#photos.s3.amazonaws.com/x",
    "query-for-a-host": "https://evil.example?photos.s3.amazonaws.com/x",
    "plain-http": "http://photos.s3.amazonaws.com/x",
    "no-scheme": "//photos.s3.amazonaws.com/x",
    "capitals": "S3://photos/x",
    "capital-host": "https://photos.S3.amazonaws.com/x",
    "tab": "s3://pho\ttos/x",
    "tab-in-the-scheme": "ht\ttps://photos.s3.amazonaws.com/x",
    "carriage-return": "s3://photos/x\r",
    "newline-behind": "s3://photos/x\n",
    "newline-behind-the-bucket": "s3://photos\n/x",
    "newline-in-https": "https://photos.s3.amazonaws.com/x\n",
    "header-in-the-key": "s3://photos/x\r\nHost: evil.example",
    "space-before": " s3://photos/x",
    "nul": "s3://photos/x\0.jpg",
    "delete": "s3://photos/x\x7f",
    "next-line": "s3://photos/x\x85",
    "encoded-newline": "https://photos.s3.amazonaws.com/x%0A",
    "encoded-nul": "https://photos.s3.amazonaws.com/x%00",
    "half-a-character": "s3://photos/x\ud800",
    "encoded-half": "https://photos.s3.amazonaws.com/%ED%A0%80",
    "encoded-latin-1": "https://photos.s3.amazonaws.com/%E4.jpg",
    "dots-in-the-bucket": "s3://../x",
    "dots-behind-the-bucket": "s3://photos../x",
    "encoded-bucket": "s3://%70hotos/x",
    "ip-address": "s3://127.0.0.1/x",
    "ip-address-https": "https://127.0.0.1/photos/x",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "metadata-ipv6": "http://[fd00:ec2::254]/latest/meta-data/",
    "broken-ipv6": "http://[::1/x",
    "localhost": "http://localhost:8000/x",
    "another-s3": "https://s3.evil.example/photos/x",
    "file": "file:///etc/passwd",
    "path": "/etc/passwd",
    "data": "data:image/png;base64,iVBORw0KGgo=",
    "ftp": "ftp://photos.s3.amazonaws.com/x",
    "arn-of-an-access-point": "s3://arn:aws:s3:us-east-1:123456789012:accesspoint/photos/x",
    "arn-of-object-lambda": "s3://arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/x",
    "directory-bucket": "s3://photos--use1-az4--x-s3/x",
    "access-point-alias": "s3://photos-abc-s3alias/x",
    "object-lambda-alias": "s3://photos--ol-s3/x",
    "multi-region-access-point": "s3://photos.mrap/x",
    "presigned": "https://photos.s3.amazonaws.com/x?X-Amz-Signature=0123456789",
    "presigned-in-small-letters": "https://photos.s3.amazonaws.com/x?x-amz-signature=0123456789",
    "presigned-the-old-way": "https://photos.s3.amazonaws.com/x?AWSAccessKeyId=AKIA&Signature=01",
    "presigned-in-s3": "s3://photos/x?X-Amz-Signature=0123456789",
    "presigned-with-a-version": "https://photos.s3.amazonaws.com/x?X-Amz-Date=1&versionId=2",
    "another-parameter": "https://photos.s3.amazonaws.com/x?response-content-type=text/html",
    "sub-resource": "https://photos.s3.amazonaws.com/x?acl",
    "empty-version": "s3://photos/x?versionId=",
    "version-with-a-space": "s3://photos/x?versionId=a b",
    "two-versions": "s3://photos/x?versionId=a?versionId=b",
    "version-and-more": "s3://photos/x?versionId=a&x=1",
    "version-and-fragment": "https://photos.s3.amazonaws.com/x?versionId=a#b",
    "key-of-1025-bytes": "s3://photos/" + "k" * 1_025,
    "key-of-1026-bytes-in-513-characters": "s3://photos/" + "ä" * 513,
    "too-long-for-an-address": "s3://photos/" + "k" * MAX_ADDRESS_CHARACTERS,
}


@pytest.mark.parametrize(("text", "address"), GOOD.items(), ids=[text[:60] for text in GOOD])
def test_an_address_of_s3_is_bucket_key_and_version(text: str, address: S3Address) -> None:
    assert parse_address(text, ALLOWED) == address


@pytest.mark.parametrize("text", [text for text in GOOD if text.startswith("s3://")])
def test_an_address_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_address(text, ALLOWED)) == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_other_text_is_refused_without_a_socket(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(socket, "socket")

    with pytest.raises(SourceNotAllowed) as error:
        parse_address(text, ALLOWED)

    assert "0123456789" not in str(error.value)
    assert str(error.value).isprintable()


@pytest.mark.parametrize("text", GOOD)
def test_no_bucket_is_read_unless_it_was_named(text: str) -> None:
    with pytest.raises(SourceNotAllowed, match="MICROLENS_BUCKETS"):
        parse_address(text, frozenset())


@pytest.mark.parametrize(
    "bucket", ["10.0.0.1", "ab", "a" * 64, "-ab", "ab-", "a..b", "Photos", "a_b"]
)
def test_a_name_that_no_bucket_can_have_is_refused_even_when_allowed(bucket: str) -> None:
    with pytest.raises(SourceNotAllowed, match="no name of a general-purpose bucket"):
        parse_address(f"s3://{bucket}/x", {bucket})


PIECES = (
    *("s3://", "https://", "photos", "secrets", ".s3", ".amazonaws.com", "s3.amazonaws.com"),
    *("/", "@", "\\", ":", "?", "#", "%2F", "%00", "\n", "\t", "..", "ä", "\ud800", "x"),
    *("?versionId=", "X-Amz-"),
)
NEAR_MISSES = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)


@given(st.one_of(st.text(), NEAR_MISSES, st.from_regex(r"s3://photos/.*", fullmatch=True)))
@example("s3://photos/\u2028")
def test_whatever_the_text_it_is_an_allowed_object_or_refused(text: str) -> None:
    try:
        address = parse_address(text, ALLOWED)
    except SourceNotAllowed:
        return
    assert address.bucket in ALLOWED
    assert 1 <= len(address.key.encode()) <= 1_024
    assert not any(ord(character) < 32 for character in address.key)
    assert address.version_id != ""
