"""How fast a study's surfaces are made and how large the files are, on masks of 300 slices of 512 x 512.

The masks are those of a synthetic chest, its 60 slices of 5 mm each drawn five times to make 300 of 1 mm. The surfaces
are also held against the masks: closed, and of the same volume. The page's part is measured with everything in it that
a whole diagnosis would show.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np

from _table import Row, report
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.export.key_slices import coronal_picture, key_pictures
from pleura.export.meshes.gltf import write_glb
from pleura.export.meshes.stl import write_stl
from pleura.export.meshes.study_surfaces import study_surfaces
from pleura.export.meshes.surface import open_edges
from pleura.export.view3d import make_view
from pleura.imaging.volume import Volume

RUNS = 5
REPEAT = 5


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Median wall and processor seconds of some calls, after one that warms up."""
    call()
    walls, cpus = [], []
    for _ in range(RUNS):
        wall, cpu = perf_counter(), process_time()
        call()
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    return median(walls), median(cpus)


def main() -> None:
    """Measure and report."""
    size = SIZES["full"]
    protocol = Protocol.draw(5, shape=size.shape, spacing=size.spacing)
    case = generate_case(seed=5, label="covid-19", severity=2, protocol=protocol)
    affine = np.array(case.volume.affine)
    affine[:3, 0] /= REPEAT
    hu, lungs, lesions = (np.repeat(one, REPEAT, axis=0) for one in (case.volume.hu, case.lungs, case.lesions))
    volume = Volume(hu=hu, affine=affine, source=case.volume.source)
    wall, cpu = timed(lambda: study_surfaces(lungs, lesions, affine))
    surfaces = study_surfaces(lungs, lesions, affine)
    masks = {
        "right-lung": lungs == 1,
        "left-lung": lungs == 2,
        "ground-glass": lesions == 1,
        "consolidation": lesions == 2,
    }
    errors = {
        one.name: abs(one.surface.volume_ml / (masks[one.name].sum() * volume.voxel_ml) - 1)
        for one in surfaces
        if one.name in masks
    }
    faces = sum(len(one.surface.faces) for one in surfaces)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def write() -> None:
            write_stl(folder / "lungs.stl", [one.surface for one in surfaces if not one.solid])
            write_stl(folder / "lesions.stl", [one.surface for one in surfaces if one.solid])
            write_glb(folder / "surfaces.glb", surfaces)

        writing, _ = timed(write)
        sizes = {path.name: path.stat().st_size / 1e6 for path in folder.iterdir()}
    view_wall, view_cpu = timed(lambda: make_view(surfaces))
    heat = (255 * (lesions > 0)).astype(np.uint8)
    pictures_wall, pictures_cpu = timed(
        lambda: (
            key_pictures(volume, lungs, heat=heat, kinds=lesions),
            coronal_picture(volume, lungs, heat=heat, kinds=lesions),
        )
    )
    pictures = (
        *key_pictures(volume, lungs, heat=heat, kinds=lesions),
        coronal_picture(volume, lungs, heat=heat, kinds=lesions),
    )
    view = make_view(surfaces)
    assert view is not None
    pngs = sum(len(one.ct) + len(one.lesions or b"") + len(one.heat or b"") for one in pictures) + len(view.still)
    page = (4 / 3 * pngs + len(view.scene) + len(view.script)) / 1e6
    what = f"300 x 512 x 512, {faces} triangles; median of {RUNS}"
    report(
        "meshes",
        [
            Row(name="surfaces", value=wall, unit="s", target="<= 3", detail=what),
            Row(name="surfaces, processor", value=cpu, unit="s", detail="the same, without waiting"),
            Row(name="STL and glTF", value=writing, unit="s", detail="written to disk"),
            Row(name="all files", value=sum(sizes.values()), unit="MB", target="<= 3", detail=str(sorted(sizes))),
            Row(
                name="volume error",
                value=100 * max(errors.values()),
                unit="%",
                target="<= 1",
                detail="of the worst of lungs, ground glass and consolidation, against the mask",
            ),
            Row(
                name="open edges",
                value=sum(open_edges(one.surface.faces) for one in surfaces if one.name in masks),
                unit="edges",
                target="<= 0",
                detail="of the same",
            ),
            Row(name="still picture and scene", value=view_wall, unit="s", detail=f"{view_cpu:.2f} s processor"),
            Row(name="key slices", value=pictures_wall, unit="s", detail=f"{pictures_cpu:.2f} s processor; 5 planes"),
            Row(
                name="report.html",
                value=page,
                unit="MB",
                target="<= 3",
                detail="pictures, scene and viewer, as embedded",
            ),
        ],
    )


if __name__ == "__main__":
    main()
