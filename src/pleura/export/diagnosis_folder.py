"""A Diagnosis in; its report, masks, heat map and surfaces in one folder out, all or none."""

from pathlib import Path

from pleura.diagnosis.pipeline import Diagnosis
from pleura.diagnosis.report import DISCLAIMER
from pleura.export.html import report_html
from pleura.export.key_slices import coronal_picture, key_pictures
from pleura.export.lesion_kinds import split_kinds
from pleura.export.meshes.gltf import write_glb
from pleura.export.meshes.stl import write_stl
from pleura.export.meshes.study_surfaces import study_surfaces
from pleura.export.result_folder import result_folder
from pleura.export.view3d import make_view
from pleura.imaging.nifti_write import write_nifti

__all__ = ["write_diagnosis"]


def write_diagnosis(diagnosis: Diagnosis, out: Path) -> None:
    """Write everything a diagnosis holds.

    On the study's own grid: `lungs.nii.gz` holds 0 outside, 1 right, 2 left; `heatmap.nii.gz` 0 to 1 (stored as uint8
    with a slope), where there is a map; `lesions.nii.gz` 0 none, 1 lesion, where they were looked for. In the patient's
    millimetres: `lungs.stl`, `lesions.stl` where there are any, and `surfaces.glb`, which holds both with their names.

    Parameters
    ----------
    diagnosis : what `diagnose_study` gave
    out : a folder that does not exist or is empty

    Raises
    ------
    OutputError
        If the folder holds something or cannot be written; nothing is left behind.
    """
    volume, lungs, heat, lesions = diagnosis.volume, diagnosis.lungs, diagnosis.heat, diagnosis.lesions
    findings = diagnosis.report.lesions
    kinds = None
    if lesions is not None and findings is not None:
        kinds = split_kinds(lesions, volume.hu, findings.consolidation_from_hu)
    pictures = (
        *key_pictures(volume, lungs, heat=heat, kinds=kinds, slices=() if findings is None else findings.key_slices),
        coronal_picture(volume, lungs, heat=heat, kinds=kinds),
    )
    surfaces = study_surfaces(lungs, kinds, volume.affine)
    with result_folder(out) as folder:
        write_nifti(folder / "lungs.nii.gz", lungs, volume.affine, description="1 right lung, 2 left lung")
        if heat is not None:
            description = f"Grad-CAM. {DISCLAIMER}"
            write_nifti(folder / "heatmap.nii.gz", heat, volume.affine, scale=1 / 255, description=description)
        if lesions is not None:
            write_nifti(folder / "lesions.nii.gz", lesions, volume.affine, description=f"1 lesion. {DISCLAIMER}")
        for name, solid in (("lungs.stl", False), ("lesions.stl", True)):
            drawn = [one.surface for one in surfaces if one.solid == solid]
            if drawn:
                write_stl(folder / name, drawn, description=DISCLAIMER)
        if surfaces:
            write_glb(folder / "surfaces.glb", surfaces, description=DISCLAIMER)
        page = report_html(diagnosis.report, pictures, make_view(surfaces))
        (folder / "report.html").write_text(page, encoding="utf-8")
        (folder / "report.json").write_text(diagnosis.report.model_dump_json(indent=2) + "\n", encoding="utf-8")
