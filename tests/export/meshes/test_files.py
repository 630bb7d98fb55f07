"""STL and glTF as a reader of the formats' descriptions reads them back."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from export.meshes.shapes import ellipsoid, grid
from pleura.errors import OutputError
from pleura.export.meshes.gltf import write_glb
from pleura.export.meshes.stl import write_stl
from pleura.export.meshes.study_surfaces import NamedSurface, study_surfaces


@pytest.fixture(scope="module")
def surfaces() -> tuple[NamedSurface, ...]:
    affine = grid((5.0, 2.0, 2.0))
    shape = (16, 40, 40)
    lungs = ellipsoid(shape, affine, (30.0, 25.0, 30.0)).astype(np.uint8)
    lungs[:, :, 20:] *= 2
    kinds = ellipsoid(shape, affine, (12.0, 12.0, 12.0)).astype(np.uint8)
    kinds[8:] *= 2
    return study_surfaces(lungs, kinds, affine)


def test_what_there_is_gets_a_surface(surfaces: tuple[NamedSurface, ...]) -> None:
    assert [one.name for one in surfaces] == ["right-lung", "left-lung", "ground-glass", "consolidation"]
    assert [one.solid for one in surfaces] == [False, False, True, True]
    right, left = (one.surface.vertices[:, 0].mean() for one in surfaces[:2])
    assert right < left  # L grows to the patient's left
    assert len(study_surfaces(np.zeros((4, 4, 4), np.uint8), None, grid((1.0, 1.0, 1.0)))) == 0


def test_stl_holds_every_triangle_and_its_normal(tmp_path: Path, surfaces: tuple[NamedSurface, ...]) -> None:
    path = tmp_path / "a.stl"
    write_stl(path, [one.surface for one in surfaces[:2]], description="For ± research")
    raw = path.read_bytes()
    assert raw[:80] == b"SPACE=LPS; UNIT=mm; For ? research".ljust(80)  # and no file begins with "solid"
    (count,) = struct.unpack("<I", raw[80:84])
    assert len(raw) == 84 + 50 * count
    assert count == sum(len(one.surface.faces) for one in surfaces[:2])
    volume, start = 0.0, np.concatenate([one.surface.vertices[one.surface.faces] for one in surfaces[:2]])
    for n in range(0, count, 7):
        numbers = struct.unpack_from("<12fH", raw, 84 + 50 * n)
        normal, corners = np.array(numbers[:3]), np.array(numbers[3:12]).reshape(3, 3)
        assert np.array_equal(corners.astype(np.float32), start[n])
        across = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        assert normal * np.linalg.norm(across) == pytest.approx(across, abs=1e-4)
        assert numbers[12] == 0
    triangles = np.frombuffer(raw[84:], np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")]))["c"]
    a, b, c = triangles.astype(np.float64).transpose(1, 0, 2)
    volume = float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6000  # positive: the normals point outward
    assert volume == pytest.approx(sum(one.surface.volume_ml for one in surfaces[:2]), rel=1e-4)


def test_glb_is_read_back_and_the_patient_stands_upright_and_faces_the_viewer(
    tmp_path: Path, surfaces: tuple[NamedSurface, ...]
) -> None:
    path = tmp_path / "a.glb"
    write_glb(path, surfaces, description="For research")
    raw = path.read_bytes()
    magic, version, total = struct.unpack_from("<4sII", raw)
    assert (magic, version, total) == (b"glTF", 2, len(raw))
    length, kind = struct.unpack_from("<I4s", raw, 12)
    assert kind == b"JSON"
    assert length % 4 == 0
    document = json.loads(raw[20 : 20 + length])
    block, kind = struct.unpack_from("<I4s", raw, 20 + length)
    assert kind == b"BIN\x00"
    body = raw[28 + length :]
    assert len(body) == block == document["buffers"][0]["byteLength"]
    assert document["asset"]["extras"]["axes"] == "LPS"

    def read(index: int) -> np.ndarray:
        accessor = document["accessors"][index]
        view = document["bufferViews"][accessor["bufferView"]]
        kind, width = {5126: "<f4", 5125: "<u4"}[accessor["componentType"]], {"VEC3": 3, "SCALAR": 1}[accessor["type"]]
        numbers = np.frombuffer(body, kind, accessor["count"] * width, view["byteOffset"])
        assert numbers.nbytes == view["byteLength"]
        return numbers.reshape(-1, width)

    root = document["nodes"][0]
    assert [document["nodes"][child]["name"] for child in root["children"]] == [one.name for one in surfaces]
    for one, child in zip(surfaces, root["children"], strict=True):
        (primitive,) = document["meshes"][document["nodes"][child]["mesh"]]["primitives"]
        points = read(primitive["attributes"]["POSITION"])
        assert np.array_equal(points, one.surface.vertices)
        assert np.array_equal(read(primitive["indices"]).ravel(), one.surface.faces.ravel())
        assert np.linalg.norm(read(primitive["attributes"]["NORMAL"]), axis=1) == pytest.approx(1, abs=1e-4)
        bounds = document["accessors"][primitive["attributes"]["POSITION"]]
        assert bounds["min"] == points.min(axis=0).tolist()
        assert bounds["max"] == points.max(axis=0).tolist()
        material = document["materials"][primitive["material"]]
        assert (material["alphaMode"] == "OPAQUE") == one.solid
    x, y, z, w = root["rotation"]
    turn = np.array(  # a unit quaternion as a matrix
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    assert turn @ (0, 0, 1) == pytest.approx((0, 1, 0))  # the head is glTF's +y, up
    assert turn @ (0, -1, 0) == pytest.approx((0, 0, 1))  # the front is +z, to the viewer
    assert turn @ (1, 0, 0) == pytest.approx((1, 0, 0))  # the left hand is then on the viewer's right
    assert root["scale"] == [0.001] * 3


@pytest.mark.parametrize("name", ["a.stl", "a.glb"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, surfaces: tuple[NamedSurface, ...], name: str) -> None:
    path = tmp_path / "absent" / name
    with pytest.raises(OutputError, match="absent"):
        write_stl(path, [surfaces[0].surface]) if name.endswith("stl") else write_glb(path, surfaces)
