# SPDX-License-Identifier: Apache-2.0
"""Charts as other programs read them: well-formed pictures, tables with the same numbers."""

import csv
import math
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree
import zlib

import pytest

DRAW = pathlib.Path(os.environ["BEAMLINE_BUILD"]) / "tests/charts/charts_draw"
NAMES = ["roc", "scores", "mass", "loss", "calibration", "importance", "confusion", "correlation",
         "many", "nothing", "one-point", "extreme", "nearly-equal", "crowded"]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("charts")
    subprocess.run([DRAW, path], check=True)
    return path


def inline(folder):
    page = (folder / "page.html").read_text("utf-8")
    return re.findall(r"<svg id=.*?</svg>", page, re.S)


def texts(picture):
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


def rows(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("name", NAMES)
def test_picture(folder, name):
    picture = xml.etree.ElementTree.parse(folder / f"{name}.svg").getroot()
    assert picture.get("role") == "img" and picture.find(f"{SVG}title").text
    assert "var(" not in (folder / f"{name}.svg").read_text("utf-8")  # colours of their own
    numbers = re.findall(r"-?\d*\.?\d+", " ".join(
        path.get("d") for path in picture.iter(f"{SVG}path")))
    assert all(len(number.partition(".")[2]) <= 2 for number in numbers)
    width, height = (float(picture.get(side)) for side in ("width", "height"))
    for text in picture.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x")) <= width and 0 <= float(text.get("y")) <= height


def test_page(folder):
    pictures = [xml.etree.ElementTree.fromstring(text) for text in inline(folder)]
    assert [picture.get("id") for picture in pictures] == NAMES
    ids = [element.get("id") for picture in pictures for element in picture.iter()
           if element.get("id")]
    assert len(ids) == len(set(ids))
    page = (folder / "page.html").read_text("utf-8")
    used = set(re.findall(r"var\((--bl-\w+)\)", page))
    light, dark = re.findall(r":root\{([^}]*)\}", page)
    for colors in (light, dark):
        assert used <= set(re.findall(r"(--bl-\w+):#[0-9a-f]{6}", colors))
    assert not re.search(r"(fill|stroke)=\"#", page)  # all of them follow the page
    for text in inline(folder):
        for reference in re.findall(r"url\(#([^)]*)\)", text):
            assert f'id="{reference}"' in text


def test_small(folder):
    sizes = {name: (folder / f"{name}.svg").stat().st_size for name in NAMES}
    assert sizes["roc"] < 8000  # of 16,000 points
    assert sum(sizes.values()) < 200_000


def test_words(folder):
    def of(name):
        return texts(xml.etree.ElementTree.parse(folder / f"{name}.svg").getroot())
    assert {"1 / false-positive rate", "signal efficiency", "108"} <= set(of("roc"))
    assert "a < b & \"c\"" in of("one-point")
    assert "no data" in of("nothing")
    assert {"0.912", "0.058", "–", "W → ℓν + jets"} <= set(of("confusion"))
    assert {"−0.85", "0.88"} <= set(of("correlation"))


def test_gaps(folder):
    picture = xml.etree.ElementTree.parse(folder / "loss.svg").getroot()
    dashed = [path.get("d") for path in picture.iter(f"{SVG}path")
              if path.get("stroke-dasharray")]
    assert max(path.count("M") for path in dashed) == 4  # three gaps within


def test_tables(folder):
    head, *points = rows(folder, "calibration")
    assert head == ["series", "x", "y", "low", "high"] and len(points) == 10
    assert [float(point[1]) for point in points] == [0.05 + 0.1 * i for i in range(10)]
    head, *bins = rows(folder, "scores")
    assert head == ["series", "x_low", "x_high", "y", "low", "high"] and len(bins) == 240
    assert [float(row[1]) for row in bins[:40]] == [i / 40 for i in range(40)]
    assert [float(row[2]) for row in bins[:40]] == [(i + 1) / 40 for i in range(40)]
    assert sum(math.isnan(float(row[2])) for row in rows(folder, "loss")[1:]) == 4
    head, *matrix = rows(folder, "confusion")
    assert head[1:] == [row[0] for row in matrix] and float(matrix[1][2]) == 0.85
    bars = rows(folder, "importance")
    assert bars[5][:2] == ["HLF", "m(jj) & <more>"]


@pytest.mark.parametrize("name", NAMES)
def test_document(folder, name):
    path = folder / f"{name}.pdf"
    if not path.exists():
        pytest.skip("built without PDF")
    document = path.read_bytes()
    assert document.startswith(b"%PDF-") and document.rstrip().endswith(b"%%EOF")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.S)
    page = b"".join(zlib.decompressobj().decompress(stream) for stream in streams)
    assert page.count(b"BT") == page.count(b"ET") > 0
    # States are saved and restored as often.
    assert len(re.findall(rb"(?m)^q$", page)) == len(re.findall(rb"(?m)^Q$", page))
