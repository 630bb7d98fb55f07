"""Lungs against the generator's own, against a chest of ellipsoids, on a real patient's two kernels; what has none."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from diagnosis.chest_phantom import chest_phantom
from imaging.lungs.boxes import lung_boxes, volume_of
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.errors import NoLungsError
from pleura.imaging.lungs import lung_litres, lung_notes, segment_lungs
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.settings import CLASSES


def _dice(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def _with(volume: Volume, hu: npt.NDArray[np.int16]) -> Volume:
    return Volume(hu=np.ascontiguousarray(hu), affine=volume.affine, source=volume.source)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_dice_against_the_generators_masks() -> None:
    kinds = [("healthy", 0), *((label, severity) for label in CLASSES[1:] for severity in (1, 2, 3))]
    whole, sides = [], []
    for seed, (label, severity) in enumerate(kinds, 71):
        protocol = Protocol.draw(seed, shape=SIZES["small"].shape)
        case = generate_case(seed=seed, label=label, severity=severity, protocol=protocol)
        mask = segment_lungs(case.volume)
        whole.append(_dice(mask > 0, case.lungs > 0))
        sides += [_dice(mask == side, case.lungs == side) for side in (1, 2)]
    assert np.mean(whole) >= 0.95
    assert min(whole) >= 0.90
    assert min(sides) >= 0.84  # the right lung of the last case is solid nearly everywhere: 0.848


def test_the_ellipsoids_of_a_phantom_are_found_on_their_sides() -> None:
    volume, block = chest_phantom(side="left", low=True)
    mask = segment_lungs(volume)
    assert (mask.dtype, mask.shape) == (np.uint8, volume.shape)
    aerated = np.asarray(volume.hu < -600) & (np.abs(np.arange(96) - 47.5) * 4 > 15) & (np.asarray(volume.hu) > -950)
    columns = np.broadcast_to(np.arange(96), volume.shape)
    assert _dice(mask == 1, (aerated | block) & (columns < 48)) > 0.95
    assert _dice(mask == 2, (aerated | block) & (columns >= 48)) > 0.95
    assert (mask[block] == 2).mean() > 0.95


def test_the_mirrored_chest_gives_the_mirrored_lungs() -> None:
    volume, _ = chest_phantom(side="right", low=False)
    mask = segment_lungs(volume)
    mirrored = segment_lungs(_with(volume, volume.hu[:, :, ::-1]))[:, :, ::-1]
    swapped = np.choose(mirrored, [0, 2, 1])
    assert _dice(mask == 1, swapped == 1) > 0.98
    assert _dice(mask == 2, swapped == 2) > 0.98


def test_a_couch_and_the_gas_in_the_stomach_do_not_count() -> None:
    volume, _ = chest_phantom(side="left", low=False)
    plain = segment_lungs(volume)
    hu = np.array(volume.hu)
    hu[:, 84:85, 10:86] = -300  # a couch behind the back, carbon fibre
    hu[0:3, 40:50, 60:72] = -980  # gas below the left lung
    mask = segment_lungs(_with(volume, hu))
    assert not mask[0:3, 40:50, 60:72].any()
    assert not mask[:, 80:].any()
    assert _dice(mask > 0, plain > 0) > 0.97


@pytest.mark.parametrize(("first", "last"), [(0, 30), (18, 48)])
def test_a_scan_may_begin_or_end_within_the_lungs(first: int, last: int) -> None:
    volume, _ = chest_phantom(side="left", low=True)
    whole = segment_lungs(volume)
    part = segment_lungs(_with(volume, volume.hu[first:last]))
    assert _dice(part > 0, whole[first:last] > 0) > 0.93


@pytest.mark.parametrize("hu", [-1000, 0, 40])
def test_air_water_and_tissue_have_no_lungs(hu: int) -> None:
    volume, _ = chest_phantom(side="left", low=True)
    with pytest.raises(NoLungsError):
        segment_lungs(_with(volume, np.full(volume.shape, hu, np.int16)))


def test_noise_has_no_lungs(rng: np.random.Generator) -> None:
    volume, _ = chest_phantom(side="left", low=True)
    with pytest.raises(NoLungsError):
        segment_lungs(_with(volume, rng.integers(-1000, 1000, volume.shape).astype(np.int16)))


def test_a_white_out_is_found_and_said_and_a_dense_couch_does_not_matter() -> None:
    hu, right, left = lung_boxes()
    hu[left] = 40
    hu[6:34, 10:46, 43:45] = hu[6:34, 10:46, 35:37] = -90  # mediastinal fat
    volume = volume_of(hu)
    mask = segment_lungs(volume)
    assert _dice(mask == 1, right) > 0.95
    assert _dice(mask == 2, left) > 0.85
    assert "the left lung holds hardly any air: its outline is inferred from the other side" in lung_notes(mask, volume)
    hu[:, 54:57] = 300  # over the whole width, against the back
    assert _dice(segment_lungs(_with(volume, hu)) > 0, mask > 0) > 0.98


@pytest.mark.slow
def test_two_kernels_of_a_real_patient_agree(real_data: Path) -> None:
    litres = []
    for kernel in ("sharp", "soft"):
        volume, _ = load_study(real_data / "ct" / "lung-pet-ct-dx-a0001" / kernel)
        right, left = lung_litres(segment_lungs(volume), volume)
        assert 2 <= right + left <= 9
        assert right > left
        litres.append(right + left)
    assert abs(litres[0] - litres[1]) <= 0.03 * np.mean(litres)
