"""A Diagnosis in; report.json, report.html, heatmap.nii.gz and lungs.nii.gz in one folder out, all or none."""

from pathlib import Path

from pleura.diagnosis.pipeline import Diagnosis
from pleura.diagnosis.report import DISCLAIMER
from pleura.export.html import report_html
from pleura.export.key_slices import coronal_picture, key_pictures
from pleura.export.result_folder import result_folder
from pleura.imaging.nifti_write import write_nifti

__all__ = ["write_diagnosis"]


def write_diagnosis(diagnosis: Diagnosis, out: Path) -> None:
    """Write everything a diagnosis holds.

    `heatmap.nii.gz` holds 0 to 1 (stored as uint8 with a slope), `lungs.nii.gz` holds 0 outside, 1 right, 2 left; both
    are on the study's own grid.

    Parameters
    ----------
    diagnosis : what `diagnose_study` gave
    out : a folder that does not exist or is empty

    Raises
    ------
    OutputError
        If the folder holds something or cannot be written; nothing is left behind.
    """
    volume, lungs, heat = diagnosis.volume, diagnosis.lungs, diagnosis.heat
    pictures = (*key_pictures(volume, lungs, heat), coronal_picture(volume, lungs, heat))
    with result_folder(out) as folder:
        write_nifti(
            folder / "heatmap.nii.gz", heat, volume.affine, scale=1 / 255, description=f"Grad-CAM. {DISCLAIMER}"
        )
        write_nifti(folder / "lungs.nii.gz", lungs, volume.affine, description="1 right lung, 2 left lung")
        (folder / "report.html").write_text(report_html(diagnosis.report, pictures), encoding="utf-8")
        (folder / "report.json").write_text(diagnosis.report.model_dump_json(indent=2) + "\n", encoding="utf-8")
