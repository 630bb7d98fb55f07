"""The packed scene holds the surfaces to hundredths of a millimetre."""

import base64
import json

import numpy as np
import pytest

from export.meshes.shapes import ellipsoid, grid
from pleura.export.meshes.scene import scene_json
from pleura.export.meshes.study_surfaces import study_surfaces
from pleura.export.meshes.surface import Surface, open_edges, restore_volume


def test_the_scene_is_unpacked_to_the_same_surfaces() -> None:
    affine = grid((5.0, 2.0, 2.0))
    lungs = ellipsoid((16, 40, 40), affine, (30.0, 25.0, 30.0)).astype(np.uint8)
    lungs[:, :, 20:] *= 2
    surfaces = study_surfaces(lungs, None, affine)
    scene = json.loads(scene_json(surfaces))
    block = np.frombuffer(base64.b64decode(scene["block"]), "<u2")
    at = 0
    for one, said in zip(surfaces, scene["surfaces"], strict=True):
        steps = block[at : at + 3 * said["vertices"]].reshape(-1, 3)
        at += steps.size
        faces = block[at : at + 3 * said["faces"]].reshape(-1, 3)
        at += faces.size
        points = np.array(scene["origin"]) + scene["step"] * steps
        assert points == pytest.approx(one.surface.vertices, abs=0.01)
        assert np.array_equal(faces, one.surface.faces)
        assert said["label"] == one.label
    assert at == len(block)
    assert scene["size"] == pytest.approx(np.ptp(np.concatenate([s.surface.vertices for s in surfaces]), axis=0))


def test_a_scene_without_surfaces_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got \[\]"):
        scene_json([])


def test_a_tetrahedron_by_hand() -> None:
    """Three legs of 10 mm at right angles: a sixth of a cubic centimetre, 1.5 square centimetres and the slope."""
    corners = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    whole = Surface(vertices=corners, faces=faces)
    assert whole.volume_ml == pytest.approx(1 / 6)
    assert whole.area_cm2 == pytest.approx(1.5 + np.sqrt(3) / 2)
    assert open_edges(faces) == 0
    assert open_edges(faces[1:]) == 3
    assert open_edges(faces[:, ::-1]) == 0
    assert Surface(vertices=corners, faces=faces[:, ::-1]).volume_ml == pytest.approx(-1 / 6)


def test_a_surface_is_not_moved_farther_than_it_may_be() -> None:
    corners = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    moved = restore_volume(Surface(vertices=corners, faces=faces), 5.0, farthest_mm=0.5)
    distances = np.linalg.norm(moved.vertices - corners, axis=1)
    assert distances.max() == pytest.approx(0.5, abs=0.05)
