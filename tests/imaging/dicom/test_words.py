"""Names that real headers carry, sorted by hand."""

import pytest

from pleura.imaging.dicom.words import contrast_phase, is_localizer_name, kernel_class, other_region


@pytest.mark.parametrize(
    ("kernel", "kind"),
    [
        ("LUNG", "lung"),
        ("STANDARD", "standard"),
        ("CHST", "standard"),
        ("SOFT", "soft"),
        ("BONE", "bone"),
        ("BONEPLUS", "bone"),
        ("EDGE", "bone"),
        ("DETAIL", "lung"),
        ("B31f", "standard"),
        ("B20s", "soft"),
        ("B70f", "lung"),
        ("B80f", "lung"),
        ("I50f", "lung"),
        ("I31f\\3", "standard"),
        ("Br40d\\3", "standard"),
        ("Bl57d\\3", "lung"),
        ("Bl57d", "lung"),
        ("L", "lung"),
        ("YL", "lung"),
        ("B", "standard"),
        ("YB", "standard"),
        ("A", "soft"),
        ("D", "bone"),
        ("FC51", "lung"),
        ("FC86", "lung"),
        ("FC13", "standard"),
        ("FC08", "standard"),
        ("FC30", "bone"),
        ("B_SOFT_B", "soft"),
        ("B_SHARP_C", "lung"),
        ("something", "unknown"),
        ("", "unknown"),
    ],
)
def test_kernel_class(kernel: str, kind: str) -> None:
    assert kernel_class(kernel) == kind


@pytest.mark.parametrize(
    ("series", "part", "protocol", "study", "region"),
    [
        ("", "", "", "", ""),
        ("5mm", "", "2 Chest C-/Thorax", "Chest", ""),
        ("Lung 1.0", "ABDOMEN", "", "", ""),
        ("CHEST 2.5 MM/ABD.PEL 2.5MM", "", "", "CT ABD AND PELVIS WITH IV CONT", ""),
        ("5 MM STANDARD", "", "", "CT ABD AND PELVIS", "abdomen"),
        ("5 MM STANDARD", "CHEST", "", "CT ABD AND PELVIS", ""),
        ("Head 5.0", "CHEST", "", "CT CHEST", "head"),
        ("AXIAL", "HEAD", "", "", "head"),
        ("AXIAL", "ABDOMEN", "", "", "abdomen"),
        ("AXIAL", "LSPINE", "", "", "spine"),
        ("Thoracic spine 2.0", "", "", "", "spine"),
        ("Thorax_Routine", "", "", "", ""),
        ("AXIAL", "WHOLEBODY", "", "", ""),
        ("Axial", "", "Neck", "", "neck"),
        ("Torax", "", "", "", ""),
        ("ARMS UP", "", "", "", ""),
    ],
)
def test_other_region(series: str, part: str, protocol: str, study: str, region: str) -> None:
    found, said = other_region(series, part, protocol, study)
    assert found == region
    assert bool(said) == bool(region)


@pytest.mark.parametrize(
    ("series", "protocol", "study", "agent", "phase"),
    [
        ("Thorax 1.0", "", "CT CHEST", "", ""),
        ("Thorax arterial 1.0", "", "", "", "arterial"),
        ("CTA chest", "", "", "", "arterial"),
        ("CHEST 1.25 MM", "", "CT CHEST PULMONARY ANGIO WITH IV CON", "NON IONIC", "arterial"),
        ("CHEST 1.25 MM", "", "CT CHEST PULMONARY ANGIO WITH IV CON", "", ""),
        ("Thorax portal venous", "", "", "", "venous"),
        ("delayed 5 min", "", "", "", "delayed"),
        ("Thorax", "", "", "Ultravist 370", "enhanced"),
        ("Thorax", "", "", "NONE", ""),
        ("CHEST W/O", "", "CT ANGIO CHEST", "Omnipaque", ""),
        ("nativ", "angio", "", "Omnipaque", ""),
    ],
)
def test_contrast_phase(series: str, protocol: str, study: str, agent: str, phase: str) -> None:
    assert contrast_phase(series, protocol, study, agent) == phase


@pytest.mark.parametrize(
    ("name", "is_one"), [("Topogram 0.6", True), ("SCOUT", True), ("Surview", True), ("Lung", False)]
)
def test_localizer_names(name: str, is_one: bool) -> None:
    assert is_localizer_name(name) == is_one
