"""The server and the look-up of the browser that the tests of the website rely on."""

import gzip
import urllib.error
import urllib.request

import pytest

from book.site import chromium
from tests.browsing import server


@pytest.fixture
def folder(tmp_path):
    """Return a folder that is served, and its address."""
    (tmp_path / "page.html").write_text("<p>λ</p>" * 100, encoding="utf-8")
    (tmp_path / "index.html").write_text("<p>first</p>", encoding="utf-8")
    (tmp_path / "font.woff2").write_bytes(b"\0" * 100)
    with server.serve(tmp_path) as address:
        yield tmp_path, address


def get(url: str, encoding: str = "gzip"):
    request = urllib.request.Request(url, headers={"Accept-Encoding": encoding})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
        return answer.headers, answer.read()


def test_text_is_compressed_and_the_same(folder):
    path, address = folder
    headers, body = get(address + "page.html")
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert len(body) < 100
    assert gzip.decompress(body) == (path / "page.html").read_bytes()
    (path / "page.html").write_text("new", encoding="utf-8")
    assert gzip.decompress(get(address + "page.html")[1]) == b"new"


def test_other_files_and_other_clients_get_the_bytes(folder):
    path, address = folder
    for name, encoding in (("font.woff2", "gzip"), ("page.html", "identity")):
        headers, body = get(address + name, encoding)
        assert "Content-Encoding" not in headers
        assert body == (path / name).read_bytes()


def test_a_folder_is_its_first_page_and_what_is_missing_is_missing(folder):
    _, address = folder
    assert gzip.decompress(get(address)[1]) == b"<p>first</p>"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(address + "nowhere.html")


def test_the_browser_is_the_one_that_is_named(monkeypatch, tmp_path):
    own = tmp_path / "browser"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(own))
    assert chromium.find() == str(own)
    monkeypatch.setenv("CHROMIUM", "/nowhere")
    assert chromium.find() is None


def test_without_a_name_it_is_the_first_on_the_path(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.find() is None
    for name in ("google-chrome", "chromium"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
        assert chromium.find() == str(tmp_path / name)
