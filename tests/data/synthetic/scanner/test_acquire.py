from dataclasses import replace

import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.findings.classes import draw_findings
from pleura.data.synthetic.scanner.acquire import acquire, scan_circle
from pleura.data.synthetic.scanner.protocol import Protocol

PLAIN = Protocol(shape=(16, 64, 64), circle=False)


@pytest.fixture(scope="module")
def patient():
    anatomy = draw_anatomy(6)
    return anatomy, draw_findings(anatomy, "healthy", 0, step=5.0)


def test_calibration_error_moves_every_value(patient) -> None:
    first, second = (acquire(*patient, replace(PLAIN, offset=o)).hu.astype(int) for o in (0.0, 10.0))
    free = (first > -1024) & (second < 3071)
    assert free.mean() > 0.4
    assert (second - first)[free].tolist() == [10] * int(free.sum())


def test_each_scan_of_a_patient_has_noise_of_its_own(patient) -> None:
    own, first, again, second = (
        acquire(*patient, replace(PLAIN, noise_seed=seed)).hu.astype(float) for seed in (None, 6, 7, 7)
    )
    silent = acquire(*patient, replace(PLAIN, noise=0.0)).hu
    assert np.array_equal(own, first)  # the patient's seed is 6
    assert np.array_equal(again, second)
    tissue = (silent > -100) & (silent < 200)
    one, other = (first - silent)[tissue], (second - silent)[tissue]
    assert one.std() == pytest.approx(other.std(), rel=0.1)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1


def test_the_circle_is_padded_and_has_no_masks(patient) -> None:
    inside = scan_circle(64)
    assert inside.mean() == pytest.approx(np.pi / 4, abs=0.01)
    assert np.array_equal(inside, inside[::-1])
    assert np.array_equal(inside, inside.T)
    whole, round_ = acquire(*patient, PLAIN), acquire(*patient, replace(PLAIN, circle=True, padding=-3024))
    assert (round_.hu[:, ~inside] == -1024).all(), "a volume holds air there, whatever a file holds"
    assert np.array_equal(round_.hu[:, inside], whole.hu[:, inside])
    assert not round_.lobes[:, ~inside].any()


def test_grid_follows_the_protocol(patient) -> None:
    given = acquire(*patient, replace(PLAIN, spacing=5.0, field_of_view=384.0))
    assert given.hu.shape == (16, 64, 64)
    assert given.affine[2, 0] == 5.0
    assert given.affine[1, 1] == given.affine[0, 2] == 6.0
    assert given.affine[:2, 3].tolist() == [-189.0, -189.0], "by hand: half of 63 times 6 mm"
    over = acquire(*patient, PLAIN)
    assert over.affine[2, 0] * 16 == pytest.approx(patient[0].shape.H * 1.16 + 20, abs=0.01)


def test_a_finer_grid_shows_the_same_lungs(patient) -> None:
    litres = []
    for shape in ((16, 64, 64), (32, 128, 128)):
        scan = acquire(*patient, replace(PLAIN, shape=shape))
        litres.append((scan.lobes > 0).sum() * abs(np.linalg.det(scan.affine[:3, :3])) / 1e6)
    assert litres[0] == pytest.approx(litres[1], rel=0.03)


def test_shift_and_tilt_move_the_patient_as_they_say(patient) -> None:
    def middle(**changes) -> tuple[np.ndarray, float]:
        scan = acquire(*patient, replace(PLAIN, shape=(16, 128, 128), **changes))
        place = np.argwhere(scan.lobes > 0)[:, [2, 1]] * scan.affine[1, 1]
        sides = np.argwhere(scan.lobes > 3)[:, [2, 1]].mean(0) - np.argwhere((scan.lobes > 0) & (scan.lobes < 4))[
            :, [2, 1]
        ].mean(0)
        return place.mean(0), float(np.arctan2(sides[1], sides[0]))

    still, level = middle()
    moved, _ = middle(shift=(12.0, -6.0))
    assert moved - still == pytest.approx([12, -6], abs=0.5)
    _, turned = middle(tilt=0.1)
    assert turned - level == pytest.approx(0.1, abs=0.01)


def test_every_couch_lies_behind_the_patient(patient) -> None:
    images = [acquire(*patient, replace(PLAIN, couch=c, noise=0.0)).hu for c in (0, 1, 2, 3)]
    lungs = acquire(*patient, PLAIN).lobes.any((0, 2))
    for first, second in ((0, 1), (1, 2), (2, 3)):
        differs = np.abs(images[first].astype(int) - images[second]).max((0, 2)) > 30
        assert differs.any()
        assert np.flatnonzero(differs)[0] > np.flatnonzero(lungs)[-1]


def test_noise_follows_the_thickness_of_slices(patient) -> None:
    """A slice a quarter as thick has twice the noise: variance goes with the number of photons."""
    deviation = []
    for coverage in (1.0, 0.25):
        p = replace(PLAIN, shape=(8, 128, 128), spacing=20.0, coverage=coverage, noise=20.0)
        noisy, silent = acquire(*patient, p), acquire(*patient, replace(p, noise=0.0))
        assert noisy.thickness == 20.0 * coverage
        assert noisy.affine[2, 0] == 20.0, "the spacing stays"
        tissue = (silent.hu > -100) & (silent.hu < 200)
        deviation.append((noisy.hu - silent.hu.astype(float))[tissue].std())
    assert deviation[1] / deviation[0] == pytest.approx(2.0, rel=0.05)


def test_thick_slices_mix_what_lies_above_and_below(patient) -> None:
    """Near the dome a slice of 20 mm holds more greys between lung and liver than one of 2 mm at the same place."""
    between = []
    for coverage in (0.2, 1.0, 2.0):
        p = replace(PLAIN, shape=(12, 256, 256), spacing=10.0, coverage=coverage, noise=0.0)
        scan = acquire(*patient, p)
        inside = (scan.lobes > 0) & (scan.lesions == 0)
        between.append(((scan.hu > -600) & (scan.hu < -200))[inside].mean())
    assert between[0] < between[1] < between[2]


def test_who_breathes_out_has_smaller_and_denser_lungs_of_the_same_mass(patient) -> None:
    litres, mass, middle = [], [], []
    p = replace(PLAIN, shape=(40, 128, 128), noise=0.0)
    for breath in (1.0, 0.7, 0.4):
        scan = acquire(*patient, replace(p, breath=breath))
        lungs = scan.lobes > 0
        litres.append(lungs.sum() * abs(np.linalg.det(scan.affine[:3, :3])) / 1e6)
        mass.append(litres[-1] * float((scan.hu[lungs] + 1000.0).mean()))
        middle.append(float(np.median(scan.hu[lungs])))
    assert litres[0] > 1.12 * litres[1] > 1.12 * 1.12 * litres[2]
    assert middle[0] + 15 < middle[1] < middle[2] - 15
    assert mass == pytest.approx([mass[0]] * 3, rel=0.05)


def test_the_same_lobes_and_lesions_at_every_depth_of_breath() -> None:
    anatomy = draw_anatomy(3)
    findings = draw_findings(anatomy, "covid-19", 2, step=5.0)
    shares, burden = [], []
    for breath in (1.0, 0.4):
        scan = acquire(anatomy, findings, replace(PLAIN, shape=(40, 128, 128), breath=breath))
        counts = np.bincount(scan.lobes.ravel(), minlength=6)[1:]
        shares.append(counts / counts.sum())
        burden.append(np.isin(scan.lesions, (1, 2))[scan.lobes > 0].mean())
    assert (shares[1] > 0.05).all()
    assert shares[1][[0, 3]].sum() > shares[0][[0, 3]].sum(), "the upper lobes lose least"
    assert burden[1] == pytest.approx(burden[0], rel=0.35)


def test_breathing_blurs_the_domes_and_leaves_the_masks_on_what_is_seen(patient) -> None:
    """Half-grey voxels at the domes become more, and the lungs' mask holds aerated voxels still."""
    grey, aerated = [], []
    p = replace(PLAIN, shape=(60, 128, 128), noise=0.0, spacing=5.0, rotation=1.0, table=20.0)
    for breathing in (0.0, 12.0):
        scan = acquire(*patient, replace(p, breathing=breathing))
        low = scan.hu[:30]
        grey.append(((low > -650) & (low < -150)).sum())
        aerated.append((scan.hu < -500)[scan.lobes > 0].mean())
    assert grey[1] > 1.1 * grey[0]
    assert aerated[1] > aerated[0] - 0.03


def test_the_beating_heart_has_a_double_border_on_the_left(patient) -> None:
    p = replace(PLAIN, shape=(60, 128, 128), noise=0.0, spacing=5.0, rotation=0.6)
    still, beating = (acquire(*patient, replace(p, heartbeat=beat)).hu.astype(float) for beat in (0.0, 8.0))
    _, _, i = np.nonzero(np.abs(beating - still) > 100)
    assert i.size > 200
    assert (i > 64).mean() > 0.9, "the left of the patient"
    assert (beating - still).min() < -300, "lung comes where the heart was"


def test_contrast_agent_brightens_blood_and_not_fat(patient) -> None:
    plain, bright = (acquire(*patient, replace(PLAIN, noise=0.0, contrast=c)).hu.astype(float) for c in (0.0, 150.0))
    gain = bright - plain
    airy = np.abs(gain[(plain < -150) & (plain > -1000)])
    assert np.median(airy) < 1, "lung and fat, but for what shares a voxel with a vessel"
    assert (airy > 40).mean() < 0.05
    assert (gain > 100).mean() > 0.005


def test_metal_streaks_the_image_and_leaves_the_masks(patient) -> None:
    with_device = draw_anatomy(6, replace(Patient.draw(6), device="pacemaker"))
    p = replace(PLAIN, shape=(16, 128, 128), noise=0.0)
    plain, metal = acquire(*patient, p), acquire(with_device, patient[1], replace(p, electrodes=True))
    assert np.array_equal(plain.lobes, metal.lobes)
    assert np.array_equal(plain.lesions, metal.lesions)
    gain = metal.hu.astype(float) - plain.hu
    assert metal.hu.max() == 3071
    assert plain.hu.max() < 1500
    lungs = plain.lobes > 0
    touched = np.abs(gain).max((1, 2)) > 1000
    assert 1 < touched.sum() < 12
    assert gain[touched][lungs[touched]].std() > 15
    assert not gain[~(np.abs(gain) > 5).any((1, 2))].any()
