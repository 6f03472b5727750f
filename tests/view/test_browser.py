from __future__ import annotations

import io

import numpy as np
import pytest

from umapkit.view import write_page

pytestmark = pytest.mark.browser

HOSTILE = [
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "<!--<script>",
    "__proto__",
    "constructor",
]
# Four points at the corners of a square, far from each other, and one in the middle.
CORNERS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0], [5.0, 5.0]])
COLUMNS = {
    "kind": ["fish", "bird", "fish", "bird", None],
    "weight": [1.0, 2.0, 3.0, np.nan, 5.0],
    "name": ["Salmon 2", "Wren", "Salmon 10", "Kite", "?"],
}


@pytest.fixture
def open_page(chromium, tmp_path):
    """Write a page, open it, and demand at the end that it caused no error and no request."""
    opened = []

    def opener(coords=CORNERS, *, size=(1200, 800), query="", dark=False, before="", **more):
        path = write_page(tmp_path / f"map {len(opened)}.html", coords, **more)
        opened.append(chromium.page(path, size=size, query=query, dark=dark, before=before))
        return opened[-1]

    yield opener
    for page in opened:
        assert page.problems() == []
        page.close()


def _at(page, x, y):
    """Place of map coordinates in the window, CSS pixels."""
    middle_x, middle_y, zoom = page.view()
    width, height = page.js("[document.getElementById('map').clientWidth, innerHeight]")
    # The whole map, 10 by 10, fills 92 percent of the shorter side.
    scale = zoom * 0.92 * min(width, height) / 10
    return width / 2 + (x - middle_x) * scale, height / 2 - (y - middle_y) * scale


def _image(page):
    image = pytest.importorskip("matplotlib.image")
    return np.round(image.imread(io.BytesIO(page.screenshot()))[:, :, :3] * 255).astype(int)


def _color(page, x, y):
    column, row = _at(page, x, y)
    return tuple(_image(page)[int(row), int(column)])


def _near(color, hex_color, within=8):
    wanted = [int(hex_color[i : i + 2], 16) for i in (1, 3, 5)]
    return max(abs(a - b) for a, b in zip(color, wanted, strict=True)) <= within


def _hover(page, x, y):
    page.mouse("mouseMoved", *_at(page, x, y))
    page.settle()
    if page.js("document.getElementById('tip').hidden"):
        return None
    pairs = page.js(
        "[...document.querySelectorAll('#tip dt')]"
        ".map(t => [t.textContent, t.nextSibling.textContent])"
    )
    return dict(pairs)


DRAWERS = pytest.mark.parametrize("query", ["", "?draw=canvas"], ids=["webgl", "canvas"])


@DRAWERS
def test_points_are_drawn_where_they_are_in_the_color_of_their_class(open_page, query):
    page = open_page(labels=["a", "b", "c", "d", -1], point_size=12, query=query)
    assert page.js("document.documentElement.dataset.ready") == ("canvas" if query else "webgl")
    # 90 percent opaque on white.
    for (x, y), color in zip(
        CORNERS[:4], ("#0072b2", "#e69f00", "#009e73", "#d55e00"), strict=True
    ):
        assert _near(_color(page, x, y), color, within=30)
    assert _near(_color(page, 5, 5), "#c4c7cc", within=12)
    assert _near(_color(page, 2, 5), "#ffffff", within=0)


NO_WEBGL = (
    "const old = HTMLCanvasElement.prototype.getContext;"
    "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
    "return kind === '2d' ? old.call(this, kind, ...more) : null; };"
)
BROKEN_WEBGL = "WebGL2RenderingContext.prototype.getProgramParameter = () => false;"


@pytest.mark.parametrize("before", [NO_WEBGL, BROKEN_WEBGL], ids=["none", "broken"])
def test_without_webgl_the_page_draws_all_the_same_and_says_so(open_page, before):
    page = open_page(labels=list("abcde"), point_size=12, before=before)
    assert page.js("document.documentElement.dataset.ready") == "canvas"
    assert "WebGL" in page.text("#notice")
    assert _near(_color(page, 0, 0), "#0072b2", within=30)


def test_dragging_moves_the_map_with_the_hand(open_page):
    page = open_page()
    x, y = _at(page, 5, 5)
    page.mouse("mousePressed", x, y, button="left", clickCount=1)
    for step in range(1, 6):
        page.mouse("mouseMoved", x + 20 * step, y - 10 * step, button="left", buttons=1)
    page.mouse("mouseReleased", x + 100, y - 50, button="left", clickCount=1)
    page.settle()
    assert _at(page, 5, 5) == pytest.approx((x + 100, y - 50), abs=1)
    assert page.js("document.getElementById('tip').classList.contains('kept')") is False


def test_the_wheel_zooms_about_the_pointer(open_page):
    page = open_page()
    before = _at(page, 10, 10)
    page.mouse("mouseWheel", *before, deltaX=0, deltaY=-200)
    page.settle()
    assert page.view()[2] == pytest.approx(np.exp(0.4), rel=0.01)
    assert _at(page, 10, 10) == pytest.approx(before, abs=1)


def test_two_fingers_zoom(open_page):
    page = open_page()
    x, y = _at(page, 5, 5)

    def touch(kind, gap):
        spots = [{"x": x - gap, "y": y, "id": 0}, {"x": x + gap, "y": y, "id": 1}] if gap else []
        page.send("Input.dispatchTouchEvent", type=kind, touchPoints=spots)

    touch("touchStart", 50)
    for gap in (60, 80, 100):
        touch("touchMove", gap)
    touch("touchEnd", 0)
    page.settle()
    assert page.view()[2] == pytest.approx(2, rel=0.1)


def test_buttons_and_keys_zoom_move_and_return(open_page):
    page = open_page()
    page.click("#zoom-in")
    assert page.view()[2] == pytest.approx(1.5)
    page.click("#zoom-out")
    assert page.view()[2] == pytest.approx(1)
    page.js("document.getElementById('map').focus()")
    page.press("+", "+")
    assert page.view()[2] == pytest.approx(1.4)
    page.press("ArrowRight")
    assert page.view()[0] > 5
    page.press("ArrowUp")
    assert page.view()[1] > 5
    page.press("-", "-")
    page.press("0", "0")
    assert page.view() == pytest.approx((5, 5, 1))


def test_the_card_tells_all_columns_of_the_point_under_the_pointer(open_page):
    page = open_page(columns=COLUMNS)
    assert _hover(page, 0, 10) == {"kind": "fish", "weight": "3", "name": "Salmon 10"}
    assert _hover(page, 10, 10) == {"kind": "bird", "weight": "missing", "name": "Kite"}
    assert _hover(page, 5, 5) == {"kind": "missing", "weight": "5", "name": "?"}
    assert _hover(page, 2, 5) is None


def test_the_card_keeps_to_the_columns_asked_for(open_page):
    page = open_page(columns=COLUMNS, hover=["name", "kind"])
    assert list(_hover(page, 0, 0).items()) == [("name", "Salmon 2"), ("kind", "fish")]


def test_a_click_keeps_the_card_and_escape_lets_it_go(open_page):
    page = open_page(columns=COLUMNS)
    x, y = _at(page, 10, 0)
    page.mouse("mousePressed", x, y, button="left", clickCount=1)
    page.mouse("mouseReleased", x, y, button="left", clickCount=1)
    page.mouse("mouseMoved", *_at(page, 0, 0))
    page.settle()
    assert "Wren" in page.text("#tip")
    page.press("Escape")
    assert page.js("document.getElementById('tip').hidden")


def test_enter_reads_the_point_nearest_the_middle(open_page):
    page = open_page(columns=COLUMNS)
    page.js("document.getElementById('map').focus()")
    page.press("Enter")
    assert page.text("#spoken") == "kind: missing; weight: 5; name: ?"


def test_coloring_by_a_number_shows_its_scale(open_page):
    page = open_page(columns=COLUMNS, point_size=12)
    page.choose("#color-by", "weight")
    assert page.text("#legend .ends") == "135"
    assert page.js("document.querySelector('#legend .bar').getAttribute('aria-label')") == (
        "Colour scale from 1 by 3 to 5"
    )
    assert _near(_color(page, 0, 0), "#440154", within=30)
    assert _near(_color(page, 10, 10), "#c4c7cc", within=12)
    low, high = _color(page, 0, 0), _color(page, 5, 5)
    assert sum(high) > sum(low) + 150
    page.choose("#color-by", "one colour")
    assert page.text("#legend") == ""


def test_colors_can_go_by_rank(open_page):
    page = open_page(columns={"skew": [0.001, 0.002, 1.0, 1000.0, 0.5]}, point_size=12)
    assert page.text("#legend .ends") == "0.0015001000"
    middle = _color(page, 0, 10)
    assert _near(middle, "#440154", within=30)
    page.click("#legend .rank")
    assert page.text("#legend .ends") == "0.0010.51000"
    assert page.js("document.querySelector('#legend .rank').getAttribute('aria-pressed')") == "true"
    by_rank = [sum(_color(page, x, y)) for x, y in CORNERS[[0, 1, 4, 2, 3]]]
    assert by_rank == sorted(by_rank)
    assert by_rank[3] > sum(middle) + 60


def test_the_legend_filters(open_page):
    page = open_page(columns=COLUMNS, point_size=12)
    entry = "#legend li:nth-child({}) button".format
    names = page.js("[...document.querySelectorAll('#legend .name')].map(e => e.textContent)")
    sizes = page.js("[...document.querySelectorAll('#legend .size')].map(e => e.textContent)")
    assert (names, sizes) == (["bird", "fish", "missing"], ["2", "2", "1"])
    page.click(entry(2))
    assert page.text("#count") == "3 of 5 points shown"
    assert page.js(f"document.querySelector('{entry(2)}').getAttribute('aria-pressed')") == "false"
    assert _near(_color(page, 0, 0), "#ffffff", within=0)
    assert _hover(page, 0, 0) is None
    page.click(entry(2))
    assert page.text("#count") == "5 points"
    page.click(entry(1), times=2)
    assert page.text("#count") == "2 of 5 points shown"
    assert _hover(page, 10, 0)["kind"] == "bird"
    page.click(entry(1), times=2)
    assert page.text("#count") == "5 points"
    page.click(entry(3), shift=True)
    assert page.text("#count") == "1 of 5 points shown"


def test_filters_of_several_columns_add_up_and_can_be_lifted(open_page):
    page = open_page(columns=COLUMNS)
    page.click("#legend li:nth-child(1) button")
    page.choose("#color-by", "name")
    page.click("#legend li:nth-child(1) button")
    assert page.text("#count") == "2 of 5 points shown"
    assert page.text("#chips") == "kind: 1 hidden ✕"
    page.click("#chips button")
    assert page.text("#count") == "4 of 5 points shown"


def _type(page, text):
    page.js(
        "document.getElementById('search').value = ''; document.getElementById('search').focus()"
    )
    page.send("Input.insertText", text=text)
    page.press("Enter")


def test_search_finds_text_and_zooms_to_it(open_page):
    page = open_page(columns=COLUMNS, point_size=12)
    _type(page, "salm")
    assert page.text("#count") == "5 points, 2 found"
    x, y, zoom = page.view()
    assert (x, y) == pytest.approx((0, 5))
    assert zoom < 1.2
    page.js("document.getElementById('search-in').focus()")
    page.choose("#search-in", "kind")
    assert page.text("#count") == "5 points, 0 found"
    _type(page, "FISH")
    assert page.text("#count") == "5 points, 2 found"
    page.choose("#search-in", "weight")
    _type(page, "3.0")
    assert page.text("#count") == "5 points, 1 found"
    _type(page, "")
    assert page.text("#count") == "5 points"


def test_the_size_of_points_can_be_changed(open_page):
    page = open_page(point_size=4)

    def dark_pixels():
        return int((_image(page)[:, :800].sum(axis=2) < 600).sum())

    before = dark_pixels()
    page.js(
        "const s = document.getElementById('size');"
        "s.value = 12; s.dispatchEvent(new Event('input'))"
    )
    page.settle()
    assert page.text("#size-text") == "12.0 px"
    assert dark_pixels() > before * 1.5


def test_light_and_dark_follow_the_reader_and_the_switch(open_page):
    page = open_page(dark=True, labels=list("abcde"))
    assert tuple(_image(page)[400, 200]) == (0, 0, 0)
    page.click("#theme")
    assert tuple(_image(page)[400, 200]) == (255, 255, 255)
    page = open_page(dark=True, background="white")
    assert tuple(_image(page)[400, 200]) == (255, 255, 255)


def test_a_narrow_window_puts_the_panel_below(open_page):
    page = open_page(size=(400, 800), labels=list("abcde"))
    box = page.js(
        "(b => [b.left, b.top, b.right])(document.getElementById('panel').getBoundingClientRect())"
    )
    assert box[0] == 0
    assert box[1] > 400
    assert box[2] == 400
    assert page.js("document.documentElement.scrollWidth") <= 400


def test_hostile_columns_are_only_text(open_page):
    coords = 2.5 * np.column_stack([np.arange(5.0), np.arange(5.0)])
    page = open_page(
        coords, columns=dict.fromkeys(HOSTILE, HOSTILE), title=HOSTILE[0], note=HOSTILE[1]
    )
    assert page.js("document.title") == HOSTILE[0]
    assert page.text("#title") == HOSTILE[0]
    assert page.text("#note") == HOSTILE[1]
    for name in HOSTILE:
        page.choose("#color-by", name)
        shown = page.js("[...document.querySelectorAll('#legend .name')].map(e => e.textContent)")
        assert sorted(shown) == sorted(HOSTILE)
        page.click("#legend li button")
        page.click("#legend .all button")
    for row, value in enumerate(HOSTILE):
        page.mouse("mouseMoved", *_at(page, 2.5 * row, 2.5 * row))
        page.settle()
        card = page.js(
            "[...document.querySelectorAll('#tip dt, #tip dd')]"
            ".map(e => [e.textContent, e.innerHTML])"
        )
        assert [text for text, _ in card] == [text for name in HOSTILE for text in (name, value)]
        assert not [markup for _, markup in card if "<" in markup]
    _type(page, HOSTILE[1])
    assert page.js("document.images.length") == 0
    assert page.js("document.scripts.length") == 1
    assert page.js("typeof window.hacked") == "undefined"


def test_the_policy_stops_what_a_script_would_send(open_page, chromium):
    page = open_page()
    blocked = page.js(
        "new Promise(done => {"
        "document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective));"
        "fetch('data:text/plain,x').catch(() => 0); })"
    )
    assert blocked == "connect-src"
    # This test has asked for the violation; the page has not.
    chromium.events.clear()


def test_controls_have_names_and_the_map_takes_the_keyboard(open_page):
    page = open_page(labels=list("abcde"), title="My map")
    nameless = page.js(
        "[...document.querySelectorAll('button, input, select, canvas')].filter(e =>"
        "!(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim())).length"
    )
    assert nameless == 0
    label = page.js("document.getElementById('map').getAttribute('aria-label')")
    assert label == "My map: map of 5 points"
    assert page.js("document.getElementById('map').tabIndex") == 0


def test_the_picture_can_be_saved(open_page):
    page = open_page()
    page.js(
        "window.saved = new Promise(done => { URL.createObjectURL = blob => {"
        "createImageBitmap(blob).then(image => done([blob.type, image.width, image.height]));"
        "return 'data:,'; }; HTMLAnchorElement.prototype.click = function () {"
        "window.savedAs = this.download; }; }); 0"
    )
    page.click("#save")
    kind, width, height = page.js("window.saved")
    assert (kind, width, height) == ("image/png", 900, 800)
    assert page.js("window.savedAs") == "map.png"


def test_seventy_thousand_points_answer(open_page):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 70_000)
    coords = np.column_stack([labels % 4, labels // 4]) + 0.2 * rng.normal(size=(70_000, 2))
    names = [f"row {i}" for i in range(70_000)]
    page = open_page(coords, labels=labels, columns={"name": names, "x": coords[:, 0]})
    assert page.text("#count") == "70,000 points"
    page.click("#legend li:nth-child(4) button", times=2)
    assert page.text("#count") == f"{int((labels == 3).sum()):,} of 70,000 points shown"
    page.choose("#color-by", "name")
    assert page.text("#chips") == "label: 9 hidden ✕"
    last = page.js("[...document.querySelectorAll('#legend .name')].at(-1).textContent")
    assert last == "69,941 other values"
    page.click("#chips button")
    _type(page, "row 6999")
    assert page.text("#count") == "70,000 points, 11 found"
    # All points are drawn once the hand rests.
    page.mouse("mouseWheel", 300, 300, deltaX=0, deltaY=-100)
    page.wait("document.getElementById('map').dataset.drawn === '70000'")


@pytest.mark.filterwarnings("ignore:.*have no place on the map:UserWarning")
def test_rows_without_a_place_are_counted_not_drawn(open_page):
    coords = CORNERS.copy()
    coords[3] = np.nan
    page = open_page(coords, columns=COLUMNS)
    assert page.text("#count") == "4 of 5 points shown, 1 without a place"


@pytest.mark.parametrize(
    "coords", [np.zeros((1, 2)), np.ones((40, 2)), CORNERS * 1e30, CORNERS * 1e-30]
)
def test_degenerate_maps_open(open_page, coords):
    page = open_page(coords)
    assert f"{len(coords)} points" in page.text("#count")
    page.js("document.getElementById('map').focus()")
    page.press("Enter")
    assert not page.js("document.getElementById('tip').hidden")
