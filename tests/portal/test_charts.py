"""Charts tell the same as a drawing and as a table, and nothing in a label becomes markup."""

from lxml import etree

from portal import charts
from portal.charts import Bar, Column, Interval

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: charts.Chart) -> etree._Element:
    """Return the drawing; it must be well-formed."""
    return etree.fromstring(str(chart.svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def test_a_bar_is_as_long_as_its_value() -> None:
    chart = charts.bars("x", "T", "D", ("a", "b"), [Bar("one", 1, "1"), Bar("four", 4, "4")], most=8)
    widths = [one.get("width") for one in drawn(chart).iter(f"{SVG}rect") if one.get("class") == "chart__bar"]
    assert widths == ["12.5%", "50%"]
    assert chart.rows == (("one", "1"), ("four", "4"))


def test_an_interval_keeps_within_its_line() -> None:
    rows = [Interval("a", 0.5, 0.25, 2.0, "50 %", 0.75), Interval("b", None, 0, 0, "nothing")]
    chart = charts.intervals("x", "T", "D", ("a", "b"), rows)
    (band,) = [one for one in drawn(chart).iter(f"{SVG}rect") if one.get("class") == "chart__interval"]
    assert (band.get("x"), band.get("width")) == ("25%", "75%")
    assert len(list(drawn(chart).iter(f"{SVG}circle"))) == 1, "what is not known has no point"


def test_no_rows_and_only_zeros_are_drawn() -> None:
    assert drawn(charts.bars("x", "T", "D", ("a", "b"), [])) is not None
    assert drawn(charts.bars("x", "T", "D", ("a", "b"), [Bar("none", 0, "0")])) is not None
    assert drawn(charts.columns("x", "T", "D", ("a",), [Column("m", 0)], [("m",)])) is not None


def test_labels_are_text_and_a_drawing_has_a_title_and_a_description() -> None:
    chart = charts.bars("x", "<T>", "D & D", ("a", "b"), [Bar("<script>", 1, "1")])
    root = drawn(chart)
    assert next(one.text for one in root.iter(f"{SVG}text")) == "<script>"
    assert root.findtext(f"{SVG}title") == "<T>"
    assert root.findtext(f"{SVG}desc") == "D & D"
    assert root.get("role") == "img"
