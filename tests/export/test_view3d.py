"""The view in three dimensions as a browser shows it: as the picture of the same surfaces, made another way."""

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from diagnosis.report_sample import sample_report
from export.browser import Browser
from export.meshes.shapes import ellipsoid, grid
from pleura.export.html import report_html
from pleura.export.key_slices import KeyPicture
from pleura.export.meshes.picture import VIEWS, draw_surfaces
from pleura.export.meshes.study_surfaces import NamedSurface, study_surfaces
from pleura.export.overlays import ct_png
from pleura.export.view3d import make_view

CANVAS = "#view3d canvas"
WINDOW = (640, 560)
PICTURE = KeyPicture(
    title="Axial slice 1",
    size=(8, 12),
    mm_per_pixel=20.0,
    top="A",
    ct=ct_png(np.zeros((8, 12), np.int16), (8, 12)),
    lesions=ct_png(np.zeros((8, 12), np.int16), (8, 12)),
    heat=ct_png(np.zeros((8, 12), np.int16), (8, 12)),
)


@pytest.fixture(scope="module")
def surfaces() -> tuple[NamedSurface, ...]:
    """Two lungs, ground glass in the right one in front, consolidation in the left one low at the back."""
    affine = grid((5.0, 2.5, 2.5))
    shape = (40, 72, 100)

    def ball(shift: tuple[float, float, float], radii: tuple[float, float, float]) -> npt.NDArray[np.bool_]:
        moved = affine.copy()
        moved[:3, 3] -= shift
        centre = affine[:3, :3] @ ((np.array(shape) - 1) / 2) + affine[:3, 3]
        middle = moved[:3, :3] @ ((np.array(shape) - 1) / 2) + moved[:3, 3]
        steps = np.linalg.solve(affine[:3, :3], centre - middle).round().astype(int)
        return np.roll(ellipsoid(shape, affine, radii), tuple(steps), axis=(0, 1, 2))

    lungs = ball((-60, 0, 0), (45, 70, 85)).astype(np.uint8)
    lungs[ball((60, 0, 0), (40, 65, 80))] = 2
    kinds = ball((-60, -35, 20), (20, 20, 20)).astype(np.uint8)
    kinds[ball((60, 30, -35), (18, 18, 25))] = 2
    return study_surfaces(lungs, kinds, affine)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, surfaces: tuple[NamedSurface, ...]) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report_html(sample_report(), (PICTURE,), make_view(surfaces)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not shutil.which("chromium"):
        if os.environ.get("CI"):
            pytest.fail("no chromium")
        pytest.skip("no chromium on this machine; install it")
    started = Browser(tmp_path_factory.mktemp("browser"))
    yield started
    started.close()


@pytest.fixture
def ready(browser: Browser, page: Path) -> Browser:
    """The browser with the page open and the view drawn; opened anew only after a test that showed something else."""
    if browser.run("typeof view3d === 'undefined' || view3d.dataset.state !== 'ready' || innerWidth") != WINDOW[0]:
        browser.open(page, size=WINDOW)
        browser.wait("view3d.dataset.state === 'ready'")
    return browser


def _look(browser: Browser, view: str) -> npt.NDArray[np.uint8]:
    browser.run(f"document.querySelector('button[data-look={view}]').click()")
    return _without_letters(browser)


def _without_letters(browser: Browser) -> npt.NDArray[np.uint8]:
    browser.run("document.querySelectorAll('.mark3d').forEach((mark) => { mark.style.visibility = 'hidden'; })")
    return browser.picture(CANVAS)


def _corner(browser: Browser) -> tuple[float, float]:
    """Bring the canvas into view, and give where in the window its upper left corner is, (x, y)."""
    x, y = browser.run(
        f"(() => {{ const c = document.querySelector('{CANVAS}'); c.scrollIntoView(); "
        "const r = c.getBoundingClientRect(); return [r.x, r.y]; })()"
    )
    return x, y


def _move_fingers(browser: Browser, start: list[tuple[int, int]], end: list[tuple[int, int]]) -> None:
    """Set fingers down on the canvas, move all of them, and lift them; (x, y) from its corner."""
    left, top = _corner(browser)
    for kind, places in (("touchStart", start), ("touchMove", end), ("touchEnd", [])):
        points = [{"x": left + x, "y": top + y, "id": number} for number, (x, y) in enumerate(places)]
        browser.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)


def _width(shown: npt.NDArray[np.integer]) -> int:
    """Columns from the first to the last that is not background."""
    return int(np.ptp(np.flatnonzero((shown[2:-2, 2:-2] < 250).any(axis=(0, 2)))))


def _expected(surfaces: tuple[NamedSurface, ...], view: str, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    low = np.min([one.surface.vertices.min(axis=0) for one in surfaces], axis=0)
    high = np.max([one.surface.vertices.max(axis=0) for one in surfaces], axis=0)
    scale = float((high - low).max()) / (0.94 * min(size))
    return draw_surfaces(surfaces, VIEWS[view], size=size, mm_per_pixel=scale, centre=(low + high) / 2.0)


def test_from_every_side_the_browser_shows_what_the_picture_shows(
    ready: Browser, surfaces: tuple[NamedSurface, ...]
) -> None:
    for view in VIEWS:
        shown = _look(ready, view)[2:-2, 2:-2].astype(int)  # without the corners of the frame
        expected = _expected(surfaces, view, (shown.shape[0] + 4, shown.shape[1] + 4))[2:-2, 2:-2]
        assert (expected < 250).any(axis=2).mean() > 0.2
        assert np.abs(shown - expected).mean() < 2.0, view
        assert (np.abs(shown - expected).max(axis=2) > 60).mean() < 0.02, view  # at edges alone
        assert np.abs(shown[:, ::-1] - expected).mean() > 4.0, view
    assert ready.complaints == []


def test_from_the_front_the_patients_right_is_on_the_left_and_the_letters_say_so(ready: Browser) -> None:
    shown = _look(ready, "front").astype(int)
    orange = np.flatnonzero((shown[:, :, 0] - shown[:, :, 2] > 80).any(axis=0))  # in the right lung
    blue = np.flatnonzero((shown[:, :, 2] - shown[:, :, 0] > 80).any(axis=0))
    assert orange.max() < shown.shape[1] / 2 < blue.min()
    marks = ready.run(
        "Object.fromEntries([...document.querySelectorAll('.mark3d')].map((mark) => "
        "[mark.textContent, [parseFloat(mark.style.left), parseFloat(mark.style.top), Number(mark.style.opacity)]]))"
    )
    assert marks["R"][0] < marks["L"][0]
    assert marks["H"][1] < marks["F"][1]
    assert marks["A"][2] == marks["P"][2] == 0  # they point at the viewer and away


def test_switches_take_surfaces_away_and_bring_them_back(ready: Browser) -> None:
    whole = _look(ready, "front").astype(int)
    switch = "document.querySelector('input[data-surface={}]').click()"
    for name in ("right-lung", "left-lung"):
        ready.run(switch.format(name))
    lesions = _without_letters(ready).astype(int)
    assert (lesions < 250).any(axis=2).mean() < 0.5 * (whole < 250).any(axis=2).mean()
    ready.run(switch.format("ground-glass"))
    blue = _without_letters(ready).astype(int)
    assert not (blue[:, :, 0] - blue[:, :, 2] > 80).any()
    for name in ("right-lung", "left-lung", "ground-glass"):
        ready.run(switch.format(name))
    assert np.array_equal(_without_letters(ready), whole)


def test_dragging_by_a_quarter_turn_shows_the_right_side_and_keys_turn_back(ready: Browser) -> None:
    side = _look(ready, "right")
    front = _look(ready, "front")
    left, top = _corner(ready)
    x, y = left + 200, top + 100
    held = {"button": "left", "buttons": 1}
    ready.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, clickCount=1, **held)
    ready.call("Input.dispatchMouseEvent", type="mouseMoved", x=x + 180, y=y, **held)
    ready.call("Input.dispatchMouseEvent", type="mouseReleased", x=x + 180, y=y, clickCount=1, **held)
    assert np.abs(_without_letters(ready).astype(int) - side).mean() < 0.1
    assert np.abs(side.astype(int) - front).mean() > 4
    ready.run(f"document.querySelector('{CANVAS}').focus()")
    for _ in range(9):
        ready.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft")
    ready.run("document.activeElement.blur()")
    assert np.abs(_without_letters(ready).astype(int) - front).mean() < 0.1


def test_one_finger_turns_two_pinch_or_move(ready: Browser) -> None:
    side = _look(ready, "right")
    front = _look(ready, "front").astype(int)
    _move_fingers(ready, [(200, 100)], [(380, 100)])
    assert np.abs(_without_letters(ready).astype(int) - side).mean() < 0.1
    _look(ready, "front")
    _move_fingers(ready, [(260, 200), (340, 200)], [(280, 200), (320, 200)])
    whole, half = (_width(one) for one in (front, _without_letters(ready)))
    assert half == pytest.approx(whole / 2, abs=3)
    _look(ready, "front")
    _move_fingers(ready, [(280, 200), (320, 200)], [(310, 220), (350, 220)])
    moved = _without_letters(ready).astype(int)
    assert np.abs(moved[22:-2, 32:-2] - front[2:-22, 2:-32]).mean() < 0.5
    assert np.abs(moved - front).mean() > 4


def test_no_other_script_runs(ready: Browser) -> None:
    ready.run(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.other = 1'; "
        "document.body.append(s); })()"
    )
    assert ready.run("typeof window.other") == "undefined"
    assert any("Content Security Policy" in line for line in ready.complaints)


def test_on_paper_and_without_script_a_still_picture_stands_in_its_place(
    ready: Browser, page: Path, surfaces: tuple[NamedSurface, ...]
) -> None:
    seen = "['img', 'canvas', '.controls'].map((one) => getComputedStyle(view3d.querySelector(one)).display)"
    flow = "getComputedStyle(document.querySelector('.panels')).gridAutoFlow"
    assert ready.run(seen) == ["none", "block", "flex"]
    assert ready.run(flow) == "row"  # a narrow screen: below one another
    ready.call("Emulation.setEmulatedMedia", media="print")
    assert ready.run(seen) == ["block", "none", "none"]
    assert ready.run(flow) == "column"
    ready.call("Emulation.setEmulatedMedia", media="")
    ready.call("Emulation.setScriptExecutionDisabled", value=True)
    ready.open(page, size=WINDOW)
    assert ready.run(seen) == ["block", "none", "none"]
    ready.call("Emulation.setScriptExecutionDisabled", value=False)
    view = make_view(surfaces)
    assert view is not None
    still = np.asarray(Image.open(io.BytesIO(view.still)))
    high, wide = still.shape[:2]
    assert wide == 3 * high
    front = _expected(surfaces, "front", (high, high))
    assert np.abs(still[:, :high].astype(int) - front).mean() < 12  # the same at a slightly smaller scale


def test_the_page_fits_a_telephone(ready: Browser, page: Path) -> None:
    ready.open(page, size=(390, 800))
    assert ready.run("document.documentElement.scrollWidth") <= 390
    assert ready.run(f"document.querySelector('{CANVAS}').clientWidth") > 300
