"""What a built page becomes before it is published."""

import base64
import hashlib
import re

from bs4 import BeautifulSoup

from literate.publishing import publish

HEAD = '<meta charset="utf-8">'


def published(tmp_path, html, top="../"):
    return BeautifulSoup(publish(f"{HEAD}{html}", top, tmp_path), "html.parser")


def read(tmp_path, address, top="../"):
    assert address.startswith(top)
    return (tmp_path / address.removeprefix(top)).read_text(encoding="utf-8")


def test_carried_pictures_and_scripts_become_files(tmp_path):
    coded = base64.b64encode(b"picture").decode()
    page = published(
        tmp_path,
        f'<img alt="" src="data:image/webp;base64,{coded}">'
        '<script src="data:text/javascript,f(%22%C3%A9%22)"></script>',
    )
    assert read(tmp_path, page.img["src"]) == "picture"
    assert page.img["src"].endswith(".webp")
    assert page.img["loading"] == "lazy"
    assert read(tmp_path, page.script["src"]) == 'f("é")'
    assert page.script.has_attr("defer")


def test_pictures_in_a_drawing_and_before_a_film_become_files(tmp_path):
    data = f"data:image/png;base64,{base64.b64encode(b'picture').decode()}"
    html = f'<svg><image href="{data}"/></svg><video src="a.mp4" poster="{data}"></video>'
    page = published(tmp_path, f'{html}<a href="data:text/csv,1">numbers</a>')
    for address in (page.image["href"], page.video["poster"]):
        assert read(tmp_path, address) == "picture"
    assert page.video["src"] == "a.mp4"
    assert page.a["href"] == "data:text/csv,1"
    assert not page.select("[loading]")


def test_long_data_wait_in_a_file_and_short_data_stay(tmp_path):
    long = "[" + "1," * 3000 + '"&lt;&#x27;"]'
    page = published(tmp_path, f"<x-run data-run='{long}'></x-run><x-run data-run='[]'></x-run>")
    first, second = page.select("x-run")
    assert first["data-run"] == "late"
    assert second["data-run"] == "[]"
    assert "<'" in read(tmp_path, first.script["src"])


def test_the_policy_names_each_script_that_stands_on_the_page(tmp_path):
    code = " f();\n"
    html = (
        f'<script src="a.js"></script><script>{code}</script>'
        '<script type="application/json">{}</script>'
    )
    policy = published(tmp_path, html).select_one("meta[http-equiv]")["content"]
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    (scripts,) = re.findall("script-src ([^;]*)", policy)
    assert scripts == f"'self' 'sha256-{digest}'"
    assert "object-src 'none'" in policy


def test_a_served_page_has_no_policy(tmp_path):
    assert publish(HEAD, "", tmp_path, policy=False) == HEAD
