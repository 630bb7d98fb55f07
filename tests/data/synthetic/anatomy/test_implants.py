from dataclasses import replace

import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.anatomy.implants import draw_electrodes, skin_in_front
from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.anatomy.primitives import sample
from pleura.data.synthetic.anatomy.regions import COARSE_STEP

PATIENT = replace(Patient.draw(6), device="", sternal_wires=False)


def depth_of(anatomy, name: int, points: np.ndarray) -> np.ndarray:
    """Signed distance of points to one of the coarse surfaces, mm."""
    return np.array([sample(anatomy.fields[name], anatomy.origin, 1 / COARSE_STEP, *p) for p in points])


def test_metal_is_rare_and_more_so_in_the_young() -> None:
    crowd = [Patient.draw(seed) for seed in range(4000)]
    for rare, least, most in (("device", 0.003, 0.015), ("sternal_wires", 0.008, 0.028)):
        with_it = np.array([bool(getattr(p, rare)) for p in crowd])
        old = np.array([p.age > 55 for p in crowd])
        assert least < with_it.mean() < most
        assert with_it[old].mean() > 2 * with_it[~old].mean()


def test_a_patient_without_metal_has_none() -> None:
    implants = draw_anatomy(6, PATIENT).implants
    assert implants.walls.shape == implants.inside.shape == (0, 11)


@pytest.mark.parametrize("device", ["pacemaker", "defibrillator"])
def test_a_device_lies_under_the_skin_and_its_lead_ends_in_the_heart(device) -> None:
    anatomy = draw_anatomy(6, replace(PATIENT, device=device))
    can, lead = anatomy.implants.walls, anatomy.implants.inside
    assert (can[:, 0] > 30).all(), "on the left"
    assert (depth_of(anatomy, 0, can[:, :3]) < -3).all(), "under the skin"
    assert (depth_of(anatomy, 1, can[:, :3]) > 0).all(), "outside the ribs"
    tip = lead[-1, 4:7]
    assert depth_of(anatomy, 3, tip[None])[0] < 0, "in the heart"
    assert np.linalg.norm(lead[0, :3] - can[-1, :3]) < 3, "it leaves the device"
    assert lead[:, 3].max() == pytest.approx(1.7 if device == "defibrillator" else 1.0)
    gaps = np.linalg.norm(lead[1:40, :3] - lead[:39, 4:7], axis=1)
    assert gaps.max() < 1e-6, "in one piece"


def test_wires_go_round_the_sternum() -> None:
    anatomy = draw_anatomy(6, replace(PATIENT, sternal_wires=True))
    wires = anatomy.implants.walls
    assert len(wires) == 6 * 5
    assert np.abs(wires[:, 0]).max() < 20
    assert wires[:, 2].max() - wires[:, 2].min() > 0.35 * anatomy.shape.H
    assert (depth_of(anatomy, 0, wires[:, :3]) < 0).all()


def test_electrodes_stick_to_the_skin() -> None:
    anatomy = draw_anatomy(6, PATIENT)
    rows = draw_electrodes(anatomy.shape, anatomy.fields, anatomy.origin)
    snaps = rows[rows[:, 3] == 2.4]
    assert len(snaps) == 3
    above = depth_of(anatomy, 0, snaps[:, :3])
    assert (above > -2).all()
    assert (above < 8).all()
    for x, y, z in snaps[:, :3]:
        assert skin_in_front(x, z, anatomy.fields, anatomy.origin) == pytest.approx(y + 3, abs=1e-6)
