from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from bench.plot import Chart, Series, svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


def drawn(*series: Series) -> ElementTree.Element:
    return ElementTree.fromstring(svg([Chart("Cost <1>", "rooms", "µs & more", list(series))], "caption"))


def points(drawing: ElementTree.Element) -> list[list[tuple[float, float]]]:
    lines = [line.attrib["points"].split() for line in drawing.iter(f"{NAMESPACE}polyline")]
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in line)] for line in lines]


def test_equal_factors_are_equal_distances() -> None:
    ((first, second, third),) = points(drawn(Series("ours", [(1, 5), (10, 5), (100, 5)])))
    assert round(second[0] - first[0], 1) == round(third[0] - second[0], 1)


def test_heights_are_in_proportion_from_zero() -> None:
    ((low, high),) = points(drawn(Series("ours", [(1, 2), (10, 4)])))
    ((zero, _),) = points(drawn(Series("ours", [(1, 0), (10, 4)])))
    assert round(zero[1] - high[1], 1) == round(2 * (zero[1] - low[1]), 1)


def test_text_is_escaped_and_every_series_is_named() -> None:
    drawing = drawn(Series("a&b", [(1, 1), (2, 2)]), Series("c", [(1, 2), (2, 3)]))
    texts = [text.text for text in drawing.iter(f"{NAMESPACE}text")]
    assert {"Cost <1>", "µs & more", "a&b", "c", "caption"} <= set(texts)


def test_a_curve_of_zeros_or_of_one_point_is_drawn() -> None:
    assert points(drawn(Series("ours", [(1, 0), (10, 0)])))
    assert points(drawn(Series("ours", [(5, 7)])))
