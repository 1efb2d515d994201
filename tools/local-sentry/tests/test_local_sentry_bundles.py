"""Artifact bundles are taken apart whole, or refused whole."""

import contextlib
import io
import stat
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sentry.services import bundle_archive
from local_sentry.services.artifact_bundles import ArtifactBundles, InvalidChunkError
from local_sentry.services.bundle_archive import InvalidBundleError, is_trick, unpack
from local_sentry.store.blobs import Blobs
from local_sentry_bundles import DEBUG_ID, bundle, javascript_bundle, sha1, upload

FILE: dict[str, Any] = {"type": "source", "url": "~/a.py"}


def unpacked(tmp_path: Path, content: bytes) -> bundle_archive.Contents:
    return unpack(io.BytesIO(content), Blobs(tmp_path))


def test_files_are_indexed_with_type_address_and_debug_id(tmp_path: Path) -> None:
    contents = unpacked(tmp_path, javascript_bundle("app.js"))
    source, source_map = contents.files
    assert (source.type, source.url, source.source_map) == (
        "minified_source", "~/app.js", "app.js.map",
    )  # fmt: skip
    assert source_map.type == "source_map"
    assert source.debug_id == source_map.debug_id == bytes.fromhex(DEBUG_ID.replace("-", ""))
    assert Blobs(tmp_path).get(source.blob).startswith(b"function frameAt")


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:/windows", "a\\..\\b", "files/.."],
)
def test_names_that_are_tricks_refuse_the_bundle(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidBundleError, match="forbidden name"):
        unpacked(tmp_path, bundle({name: (FILE, b"x")}))
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {
        path.name for path in (tmp_path / "blobs").rglob("*")
    }


@given(st.text(max_size=40))
def test_a_name_that_is_no_trick_stays_below_its_folder(name: str) -> None:
    if not is_trick(name):
        root = Path("/srv/root")
        assert (root / name).resolve(strict=False).is_relative_to(root)


def test_links_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("files/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("manifest.json", '{"files":{}}')
    with pytest.raises(InvalidBundleError, match="link"):
        unpacked(tmp_path, buffer.getvalue())


def test_bombs_are_refused_before_they_go_off(tmp_path: Path) -> None:
    with pytest.raises(InvalidBundleError, match="unpacks to too much"):
        unpacked(tmp_path, bundle({"files/a.py": (FILE, b"\0" * 32 * 1024 * 1024)}))


def test_an_archive_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    size = 8 * 1024 * 1024
    content = bundle({"files/a.py": (FILE, b"\0" * size)})
    lying = content.replace(struct.pack("<I", size), struct.pack("<I", 10))
    assert lying != content
    with pytest.raises(InvalidBundleError):
        unpacked(tmp_path, lying)


@given(st.data())
def test_broken_archives_are_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(javascript_bundle("app.js"))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    with contextlib.suppress(InvalidBundleError):
        unpacked(tmp_path_factory.getbasetemp() / "broken", bytes(content[:cut]))


async def test_chunks_must_be_what_they_are_named(tmp_path: Path) -> None:
    await upload(tmp_path, javascript_bundle("app.js"), projects=(1,))
    bundles = ArtifactBundles.__new__(ArtifactBundles)
    with pytest.raises(InvalidChunkError, match="its SHA-1 is"):
        await bundles.add_chunk(sha1(b"one"), b"another")


async def test_a_bundle_without_a_manifest_is_said_to_be_none(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.py", "x")
    assembly = await upload(tmp_path, buffer.getvalue(), projects=(1,))
    assert assembly.state == "error"
    assert assembly.detail is not None
    assert "no manifest.json" in assembly.detail


async def test_uploading_again_changes_nothing(tmp_path: Path) -> None:
    content = javascript_bundle("app.js")
    assert (await upload(tmp_path, content, projects=(1,), version="1")).state == "ok"
    with pytest.raises(AssertionError, match="Assembly"):  # Nothing was missing the second time.
        await upload(tmp_path, content, projects=(1, 2), version="2")
