from xml.etree import ElementTree as ET

from canary.plots.chart import Chart
from canary.plots.svg import svg
from tests.plots.charts import a_chart

NAMES = {"svg": "http://www.w3.org/2000/svg"}


def parsed(chart: Chart) -> ET.Element:
    return ET.fromstring(svg(chart))


def words(chart: Chart) -> list[str]:
    return [text.text or "" for text in parsed(chart).findall("svg:text", NAMES)]


def test_text_stays_text_whatever_is_in_it():
    said = words(a_chart())
    assert {"reviews & ratings", "Weight", "canary", "<bound>", "100 %", "1m", "rolled back", "first sign"} <= set(said)


def test_every_line_is_drawn_within_the_picture():
    root = parsed(a_chart())
    drawn = root.findall("svg:polyline", NAMES)
    places = [tuple(map(float, pair.split(","))) for line in drawn for pair in line.get("points", "").split()]
    assert [line.get("class") for line in drawn] == ["line i2", "line i5 dashed"]
    assert all(0 <= x <= float(root.get("width", 0)) and 0 <= y <= float(root.get("height", 0)) for x, y in places)


def test_a_label_at_the_right_edge_stands_left_of_its_mark():
    ends = {text.text: text.get("class") for text in parsed(a_chart()).findall("svg:text", NAMES)}
    assert (ends["rolled back"], ends["first sign"]) == ("end", "")


def test_nothing_to_show_is_a_picture_too():
    assert words(Chart(title="empty", panels=())) == ["empty", "0", "1s"]
