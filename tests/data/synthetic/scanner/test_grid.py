from dataclasses import replace

import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.findings.classes import draw_findings
from pleura.data.synthetic.scanner.acquire import acquire
from pleura.data.synthetic.scanner.grid import field_that_holds_the_lungs, lay_grid
from pleura.data.synthetic.scanner.protocol import Protocol
from pleura.data.synthetic.scanner.scanners import SCANNERS

AT_EASE = np.array([0.0, -10.0])


@pytest.fixture(scope="module")
def anatomies():
    return [draw_anatomy(seed) for seed in (1, 8)]


def test_sub_slices_cover_the_thickness_and_not_the_spacing(anatomies) -> None:
    for coverage, thickness in ((0.2, 2.0), (1.0, 10.0), (1.5, 15.0)):
        p = Protocol(shape=(8, 256, 256), spacing=10.0, coverage=coverage)
        grid = lay_grid(anatomies[0].shape, AT_EASE, p)
        assert (grid.dz, grid.thickness) == (10.0, thickness)
        low, high = grid.heights(3)[[0, -1]]
        part = thickness / grid.samples
        assert high - low + part == pytest.approx(thickness), "from the lowest sub-slice's foot to the highest's head"
        assert 0.5 * (low + high) == pytest.approx(grid.bottom + 30.0)


def test_a_field_that_would_cut_the_lungs_off_is_widened(anatomies) -> None:
    for anatomy in anatomies:
        for field in (200.0, 340.0, 500.0):
            p = Protocol(shape=(8, 64, 64), field_of_view=field)
            least = field_that_holds_the_lungs(anatomy.shape, 0.0, AT_EASE, round_=True)
            got = lay_grid(anatomy.shape, AT_EASE, p).pixel * 64
            if field >= least:
                assert got == pytest.approx(field)
            else:
                assert least <= got < least + 10
                assert got % 10 == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("circle", [True, False])
@pytest.mark.parametrize("tilt", [0.0, 0.12])
def test_the_least_field_holds_every_voxel_of_the_lungs_and_little_more(anatomies, circle, tilt) -> None:
    """The voxels' own reach, counted on a wide image, against the outline's."""
    for anatomy in anatomies:
        findings = draw_findings(anatomy, "healthy", 0, step=5.0)
        p = Protocol(shape=(40, 128, 128), field_of_view=500.0, circle=False, tilt=tilt, shift=(9.0, 0.0), noise=0.0)
        scan = acquire(anatomy, findings, p)
        _, j, i = np.nonzero(scan.lobes)
        u, v = (scan.affine[1, 1] * index + scan.affine[1, 3] for index in (i, j))
        reach = 2 * float((np.hypot(u, v) if circle else np.maximum(abs(u), abs(v))).max())
        S = anatomy.shape
        rear = S.skin_back[np.arange(S.skin_back.size) * 2 + S.z0 < S.H].max()
        shift = np.array([9.0, -0.5 * (rear + S.skin_front.min()) - 6.0])
        least = field_that_holds_the_lungs(S, tilt, shift, round_=circle)
        assert reach < least < reach + 40


def test_hospitals_fill_their_images_differently(anatomies) -> None:
    """The share of the image's width that the trunk takes differs by three tenths between habits."""
    share = {}
    for name in SCANNERS:
        widths = []
        for seed in range(40):
            p = replace(Protocol.draw(seed, scanner=name, shape=(8, 64, 64)), tilt=0.0)
            S = anatomies[seed % 2].shape
            widths.append(2 * S.skin_half.max() / (64 * lay_grid(S, AT_EASE, p).pixel))
        share[name] = np.median(widths)
    assert max(share.values()) > 1.3 * min(share.values())
    assert share["GE Discovery CT750 HD"] > 1.2 * share["Philips Brilliance 16"], "tight and loose fits"
