"""Lines over time as an SVG, which a page of docs shows as it is."""

import html
import math

COLOURS = ["#2563eb", "#d97706", "#059669", "#b91c1c"]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 190, 64, 150, 30, 26


def ticks(limit):
    """Some round numbers from 0 to the limit."""
    step = 10 ** math.floor(math.log10(limit / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if limit / (step * factor) <= 5)
    return [step * index for index in range(int(limit / step) + 1)]


def decades(limit):
    """Powers of ten from 1 to beyond the limit."""
    return [10 ** exponent for exponent in range(math.ceil(math.log10(max(limit, 10))) + 1)]


def panel(top, title, lines, end, is_logarithmic=False):
    """One plot: `lines` has a name, and times with values; on a logarithmic scale from 1 on."""
    limit = max((value for _, points in lines for _, value in points), default=0) * 1.08 or 1
    marks = decades(limit) if is_logarithmic else ticks(limit)
    share = (lambda value: math.log(max(value, 1), marks[-1])) if is_logarithmic else (lambda value: value / limit)
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    x = lambda time: LEFT + time / end * width
    y = lambda value: top + TOP + height - share(value) * height
    parts = [f'<text x="{LEFT}" y="{top + 18}" font-weight="bold">{html.escape(title)}</text>']
    for value in marks:
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + width}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for minute in ticks(end / 60):
        parts.append(f'<text x="{x(minute * 60):.1f}" y="{top + HEIGHT - 8}" text-anchor="middle">{minute:g} min</text>')
    for number, (name, points) in enumerate(lines):
        path = " ".join(f"{x(time):.1f},{y(value):.1f}" for time, value in points)
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.3"/>'
                     f'<text x="{LEFT + width + 8}" y="{top + TOP + 12 + 16 * number}" fill="{colour}">{html.escape(name)}</text>')
    return "\n".join(parts)


def plot(panels, end):
    """Plots below each other, each a title, its lines, and whether its scale is logarithmic; of so many seconds."""
    total = HEIGHT * len(panels)
    body = "\n".join(panel(HEIGHT * index, title, lines, end, *scale) for index, (title, lines, *scale) in enumerate(panels))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}" height="{total}" '
            f'font-family="sans-serif" font-size="12" fill="#222">\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n')
