"""Two plots of an evaluation as SVG: how probabilities keep their word, and what abstaining more would buy."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_SIDE, _LEFT, _TOP = 240, 48, 30
_WIDTH, _HEIGHT = _LEFT + _SIDE + 16, _TOP + _SIDE + 44


def write_plots(report: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write `reliability.svg` and `risk_coverage.svg` of a report of `evaluate_file`; give where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    plots = {
        "reliability.svg": reliability(report["reliability"]),
        "risk_coverage.svg": risk_coverage(report["risk_coverage"]),
    }
    for name, plot in plots.items():
        (folder / name).write_text(plot, encoding="utf-8")
    return [folder / name for name in plots]


def reliability(bins: Sequence[Mapping[str, float]]) -> str:
    """Plot what was predicted against what held, a dot a bin, its area the number of probabilities in it."""
    most = max((one["count"] for one in bins), default=1)
    dots = [
        _dot(one["predicted"], one["held"], 2 + 8 * (one["count"] / most) ** 0.5, f"{one['count']:.0f} probabilities")
        for one in bins
    ]
    diagonal = f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    return _framed("Reliability", "predicted probability", "share that held", (1.0, 1.0), [diagonal, *dots])


def risk_coverage(points: Sequence[Mapping[str, float]]) -> str:
    """Plot the share of wrong first intents among the surest letters, from the few surest to all."""
    highest = max((one["risk"] for one in points), default=0.0) or 0.01
    line = " ".join(f"{_x(one['coverage'])},{_y(one['risk'] / highest)}" for one in points)
    drawn = [f'<polyline class="line" points="{line}"/>'] if points else []
    return _framed("Risk and coverage", "share of letters read", "share read wrongly", (1.0, highest), drawn)


def _framed(title: str, across: str, up: str, most: tuple[float, float], drawn: Sequence[str]) -> str:
    frame = f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}"/>'
    marks = "".join(
        f'<text x="{_x(at)}" y="{_TOP + _SIDE + 14}" text-anchor="middle">{most[0] * at:g}</text>'
        f'<text x="{_LEFT - 6}" y="{_y(at) + 4}" text-anchor="end">{most[1] * at:.2g}</text>'
        for at in (0, 0.5, 1)
    )
    middle = _TOP + _SIDE / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">'
        "<style>text{font:11px sans-serif;fill:#333}.frame{fill:none;stroke:#999}.ideal{stroke:#bbb;stroke-dasharray:4}"
        ".dot{fill:#1f6f8b;fill-opacity:.7}.line{fill:none;stroke:#1f6f8b;stroke-width:2}</style>"
        f'<text x="{_LEFT}" y="18" style="font-weight:bold">{title}</text>{frame}{marks}'
        f'<text x="{_LEFT + _SIDE / 2}" y="{_HEIGHT - 10}" text-anchor="middle">{across}</text>'
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">{up}</text>'
        f"{''.join(drawn)}</svg>\n"
    )


def _dot(x: float, y: float, radius: float, title: str) -> str:
    return f'<circle class="dot" cx="{_x(x)}" cy="{_y(y)}" r="{radius:.1f}"><title>{title}</title></circle>'


def _x(share: float) -> float:
    return round(_LEFT + _SIDE * share, 1)


def _y(share: float) -> float:
    return round(_TOP + _SIDE * (1 - share), 1)
