import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from pleura.data.synthetic.case import SyntheticCase, generate_case
from pleura.data.synthetic.findings.kinds import CONSOLIDATION, FLUID, GROUND_GLASS, NODULE
from pleura.data.synthetic.findings.stage import Stage
from pleura.data.synthetic.scanner.protocol import Protocol
from pleura.errors import RecipeError
from pleura.settings import CLASSES, LABELS

SEEDS = (1, 6, 17)
DISEASES = CLASSES[1:]


def voxels(case: SyntheticCase) -> bytes:
    arrays = (case.volume.hu, case.volume.affine, case.lungs, case.lobes, case.lesions)
    return b"".join(array.tobytes() for array in arrays)


def centre(mask: np.ndarray, case: SyntheticCase) -> np.ndarray:
    """Mean place of a mask in the patient, (L, P, S), mm."""
    index = np.c_[np.argwhere(mask), np.ones(mask.sum())]
    return (index @ case.volume.affine.T)[:, :3].mean(0)


@pytest.mark.parametrize("label", LABELS)
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tiny, label) -> None:
    protocol = Protocol.draw(1, scanner="GE LightSpeed16", shape=(24, 64, 64))
    again = generate_case(seed=1, label=label, severity=2, protocol=protocol)
    assert voxels(again) == voxels(tiny(1, label))
    assert again.volume.source.sha256 == tiny(1, label).volume.source.sha256
    other = generate_case(seed=2, label=label, severity=2, protocol=protocol)
    assert voxels(other) != voxels(again)


@pytest.mark.parametrize("label", CLASSES)
def test_what_a_case_says_of_itself(tiny, label) -> None:
    case = tiny(6, label, 3)
    assert case.label == label
    assert case.severity == (0 if label == "healthy" else 3)
    assert case.volume.source.format == "synthetic"
    assert case.volume.source.scanner == "LightSpeed16"
    assert any("synthetic" in note for note in case.volume.source.notes)
    assert label not in case.volume.source.series_description, "what a study says must not give its class away"
    for mask in (case.lungs, case.lobes, case.lesions):
        assert mask.dtype == np.uint8
        assert mask.shape == case.volume.shape


@pytest.mark.parametrize("seed", SEEDS)
def test_left_right_front_back_feet_head(tiny, seed) -> None:
    case = tiny(seed, "healthy")
    hu, lobes = case.volume.hu, case.lobes
    right, left = centre(case.lungs == 1, case), centre(case.lungs == 2, case)
    assert right[0] < -30 < 30 < left[0], "x grows to the patient's left"
    assert (case.lungs == 1).sum() > (case.lungs == 2).sum(), "the heart takes room from the left lung"
    upper, middle, lower = (centre(lobes == n, case) for n in (1, 2, 3))
    assert upper[2] > lower[2] + 40, "z grows to the head"
    assert centre(lobes == 4, case)[2] > centre(lobes == 5, case)[2] + 40
    assert middle[1] < lower[1] - 30, "y grows to the back: the middle lobe lies in front of the lower one"
    # the spine lies behind everything between the lungs
    k, _, i = np.meshgrid(*(np.arange(n) for n in case.volume.shape), indexing="ij")
    x = case.volume.affine[0, 2] * i + case.volume.affine[0, 3] - 0.5 * (left[0] + right[0])
    spine = centre((hu > 150) & (np.abs(x) < 15) & (k < hu.shape[0] // 2), case)
    assert spine[1] > max(right[1], left[1])
    # the heart lies more to the left; the liver fills the right below the domes, gas and fat lie on the left
    base = np.flatnonzero((case.lungs > 0).any((1, 2)))
    heart = slice(base[0] + len(base) // 3, base[0] + len(base) // 2)
    between = (hu[heart] > -20) & (hu[heart] < 350) & (np.abs(x[heart]) < 75)
    rows = np.flatnonzero((case.lungs[heart] > 0).any((0, 2)))
    front = between[:, rows[0] : (rows[0] + rows[-1]) // 2]
    assert x[heart][:, rows[0] : (rows[0] + rows[-1]) // 2][front].mean() > 5
    low = slice(max(base[0] - 1, 0), base[0] + 2)
    inside = (np.abs(x[low]) > 25) & (np.abs(x[low]) < 90) & (case.lungs[low] == 0)
    inside[:, : rows[0]], inside[:, rows[-1] :] = False, False
    soft = (hu[low] > 0) & (hu[low] < 250)
    assert soft[inside & (x[low] < 0)].mean() > soft[inside & (x[low] > 0)].mean()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("label", LABELS)
def test_masks_agree_with_each_other(tiny, seed, label) -> None:
    case = tiny(seed, label, 3)
    assert set(np.unique(case.lesions)) <= {0, GROUND_GLASS, CONSOLIDATION, NODULE, FLUID}
    assert np.array_equal(case.lungs > 0, case.lobes > 0)
    assert np.array_equal(case.lungs == 1, np.isin(case.lobes, (1, 2, 3)))
    assert set(np.unique(case.lobes)) == {0, 1, 2, 3, 4, 5}
    in_lung = np.isin(case.lesions, (GROUND_GLASS, CONSOLIDATION, NODULE))
    assert (case.lungs[in_lung] > 0).all()
    assert (case.lungs[case.lesions == FLUID] == 0).all()
    disease = np.isin(case.lesions, (GROUND_GLASS, CONSOLIDATION, FLUID)).any()
    assert disease == (label not in ("healthy", "nodule"))
    if label == "nodule":
        assert (case.lesions == NODULE).sum() * case.volume.voxel_ml > 0.7, "15 mm across and more"


def test_lung_volume_is_that_of_a_person(tiny) -> None:
    for seed in SEEDS:
        case = tiny(seed, "healthy")
        litres = (case.lungs > 0).sum() * case.volume.voxel_ml / 1000
        assert 1.7 < litres < 7.5
        ratio = (case.lungs == 1).sum() / (case.lungs == 2).sum()
        assert 1.0 < ratio < 1.35
        assert not case.lungs[:, [0, -1]].any()
        assert not case.lungs[:, :, [0, -1]].any()
        assert not case.lungs[[0, -1]].any(), "the slices cover the lungs"


def test_tissues_have_their_hounsfield_units(tiny) -> None:
    seen: dict[str, list[np.ndarray]] = {}
    for seed in SEEDS:
        for label in CLASSES:
            case = tiny(seed, label, 3)
            hu = case.volume.hu
            clear = (case.lungs > 0) & (case.lesions == 0)
            for name, mask in (
                ("lung", clear),
                ("ground glass", case.lesions == GROUND_GLASS),
                ("consolidation", case.lesions == CONSOLIDATION),
                ("fluid", case.lesions == FLUID),
            ):
                seen.setdefault(name, []).append(hu[mask])
            assert hu.min() >= -1024
            assert hu.max() <= 3071
    median = {name: float(np.median(np.concatenate(parts))) for name, parts in seen.items()}
    assert -900 < median["lung"] < -760
    assert median["lung"] + 80 < median["ground glass"] < -300
    assert -250 < median["consolidation"] < 100
    assert -120 < median["fluid"] < 60
    healthy = tiny(1, "healthy").volume
    assert np.median(healthy.hu[healthy.hu > 250]) < 1000
    assert np.median(healthy.hu[:, 8, 8]) <= -1000


def test_burden_grows_with_severity(tiny) -> None:
    for label in DISEASES:
        burden = []
        for severity in (1, 2, 3):
            cases = [tiny(seed, label, severity) for seed in SEEDS[:2]]
            lesion = sum(np.isin(c.lesions, (GROUND_GLASS, CONSOLIDATION)).sum() for c in cases)
            burden.append(lesion / sum((c.lobes > 0).sum() for c in cases))
        assert burden[0] < burden[1] < burden[2]


@pytest.mark.parametrize("label", ["covid-19", "bacterial"])
def test_a_stage_grows_the_lesions_of_the_same_patient(label) -> None:
    protocol = Protocol.draw(6, scanner="GE LightSpeed16", shape=(24, 64, 64))
    burden, before = [], None
    for extent in (0.0, 0.4, 0.8, 1.4):
        stage = Stage(day=8, extent=extent, consolidation=0.2)
        case = generate_case(seed=6, label=label, severity=2, protocol=protocol, stage=stage)
        disease = np.isin(case.lesions, (GROUND_GLASS, CONSOLIDATION))
        burden.append(disease.sum())
        if before is not None:
            assert disease[before].mean() > 0.98, "what was diseased stays so"
        before = disease if disease.any() else None
    assert burden[0] == 0
    assert burden[0] < burden[1] < burden[2] < burden[3]


def test_tuberculosis_lies_higher_than_covid(tiny) -> None:
    height: dict[str, list[float]] = {"covid-19": [], "tuberculosis": []}
    for seed in range(30, 34):
        for label in height:
            case = tiny(seed, label)
            lungs = np.nonzero(case.lungs)[0]
            lesion = np.nonzero(np.isin(case.lesions, (GROUND_GLASS, CONSOLIDATION)))[0]
            height[label].append((lesion.mean() - lungs.min()) / np.ptp(lungs))
    assert np.mean(height["tuberculosis"]) > np.mean(height["covid-19"]) + 0.15


def test_classes_differ_by_place_and_density(tiny) -> None:
    """COVID-19 lies further out than other viral pneumonia; bacterial is denser and keeps to fewer lobes."""
    depth: dict[str, list[float]] = {label: [] for label in DISEASES}
    dense: dict[str, list[float]] = {label: [] for label in DISEASES}
    lobes: dict[str, list[float]] = {label: [] for label in DISEASES}
    for seed in range(30, 36):
        for label in DISEASES:
            case = tiny(seed, label)
            lesion = np.isin(case.lesions, (GROUND_GLASS, CONSOLIDATION))
            inward = distance_transform_edt(case.lobes > 0, sampling=case.volume.spacing)
            depth[label].append(inward[lesion].mean() / inward[case.lobes > 0].mean())
            dense[label].append((case.lesions[lesion] == CONSOLIDATION).mean())
            share = np.bincount(case.lobes[lesion], minlength=6)[1:] / lesion.sum()
            lobes[label].append(1 / (share**2).sum())  # how many lobes share the disease evenly
    mean = {label: np.mean(values) for label, values in depth.items()}
    assert mean["covid-19"] < mean["other-viral"]
    assert np.mean(dense["bacterial"]) > 2 * np.mean(dense["covid-19"])
    assert np.mean(lobes["bacterial"]) < 2.5 < np.mean(lobes["covid-19"])


def test_one_seed_is_one_patient(tiny) -> None:
    first, second = tiny(6, "healthy"), tiny(6, "covid-19")
    assert first.patient == second.patient
    assert np.array_equal(first.lobes, second.lobes)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"label": "covid"}, "healthy, covid-19, other-viral, bacterial"),
        ({"severity": 0}, "severity must be 1, 2 or 3"),
        ({"severity": 4}, "got 4"),
        ({"seed": -1}, "seed must be 0 or more"),
    ],
)
def test_refuses_what_it_cannot_draw(arguments, expected) -> None:
    with pytest.raises(RecipeError, match=expected):
        generate_case(**({"seed": 1, "label": "covid-19", "severity": 2} | arguments))
