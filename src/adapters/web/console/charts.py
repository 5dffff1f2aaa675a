"""Charts that the server draws: rectangles in SVG, whose colours are those of the stylesheet. Each number is a text as
well, for those who do not see them. Coordinates are whole numbers, which no language writes with a comma."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from adapters.web.formats import count_text

HEIGHT = 100
STEP = 10  # from one column to the next


@frozen
class Bar:
    """`length` is in percent of the longest. `key` is the value of the filter that finds what it counts."""

    label: str
    count: str
    length: int
    key: str = ""


@frozen
class Column:
    label: str
    text: str
    x: int
    y: int
    height: int


@frozen
class Chart:
    """`unit` is the heading of the labels, `highest` what a column of the full height is."""

    title: str
    summary: str
    unit: str
    highest: str
    columns: tuple[Column, ...]

    @property
    def width(self) -> int:
        return STEP * len(self.columns)


def draw_bars(counts: Iterable[tuple[str, str, int]]) -> list[Bar]:
    """From the key, the label and the number of each."""
    found = list(counts)
    most = max((count for _, _, count in found), default=0)
    return [Bar(label, count_text(count), _scaled(count, most, 100), key) for key, label, count in found]


def draw_columns(values: Sequence[tuple[str, str, float]], highest: float) -> tuple[Column, ...]:
    """From the label, the text and the number of each."""
    heights = [_scaled(value, highest, HEIGHT) for _, _, value in values]
    return tuple(
        Column(label, text, STEP * number, HEIGHT - height, height)
        for number, ((label, text, _), height) in enumerate(zip(values, heights, strict=True))
    )


def _scaled(value: float, highest: float, length: int) -> int:
    """What is not nothing is seen."""
    return max(1, round(length * value / highest)) if value > 0 else 0
