"""Named surfaces in, one binary glTF 2.0 file (.glb) out, with colours, names and the patient's axes.

The numbers in the file are the patient's millimetres, L, P, S. glTF itself is in metres, its y up and its z to the
front; the root node turns and scales the one into the other, so that every viewer shows the patient upright, facing it.
"""

import json
import struct
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

import numpy as np

from pleura.export.meshes.study_surfaces import NamedSurface
from pleura.export.meshes.surface import vertex_normals
from pleura.whole_file import whole_file

__all__ = ["write_glb"]

_FLOAT, _UINT32 = 5126, 5125
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963
_LUNG_OPACITY = 0.3
_TURN = [-sqrt(0.5), 0.0, 0.0, sqrt(0.5)]
"""Quaternion (x, y, z, w) that takes (L, P, S) to (L, S, -P): a quarter turn about x."""


def write_glb(path: Path, surfaces: Sequence[NamedSurface], *, description: str = "") -> None:
    """Write surfaces as binary glTF; a file of that name is replaced only when the new one is whole.

    Parameters
    ----------
    path : ends in .glb
    surfaces : each becomes a node, a mesh and a material of its name
    description : goes into the asset's extras, beside the axes and the unit

    Raises
    ------
    OutputError
        If the file cannot be written.

    References
    ----------
    Khronos Group, glTF 2.0 Specification (ISO/IEC 12113), sections 3.4 (axes and units) and 4.4 (GLB).
    """
    buffer = bytearray()
    views: list[dict[str, object]] = []
    accessors: list[dict[str, object]] = []

    def add(array: np.ndarray, kind: str, component: int, target: int, bounds: dict[str, object]) -> int:
        views.append({"buffer": 0, "byteOffset": len(buffer), "byteLength": array.nbytes, "target": target})
        buffer.extend(array.tobytes())
        accessors.append(
            {"bufferView": len(views) - 1, "componentType": component, "count": len(array), "type": kind} | bounds
        )
        return len(accessors) - 1

    meshes = []
    for index, one in enumerate(surfaces):
        points = np.ascontiguousarray(one.surface.vertices, dtype="<f4")
        box = {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
        normals = np.ascontiguousarray(vertex_normals(one.surface), dtype="<f4")
        normals[~normals.any(axis=1)] = (0.0, 0.0, 1.0)  # the standard wants length 1, also where no area meets
        attributes = {
            "POSITION": add(points, "VEC3", _FLOAT, _ARRAY_BUFFER, box),
            "NORMAL": add(normals, "VEC3", _FLOAT, _ARRAY_BUFFER, {}),
        }
        corners = np.ascontiguousarray(one.surface.faces.ravel(), dtype="<u4")
        primitive = {
            "attributes": attributes,
            "indices": add(corners, "SCALAR", _UINT32, _ELEMENT_ARRAY_BUFFER, {}),
            "material": index,
        }
        meshes.append({"name": one.name, "primitives": [primitive]})
    document = {
        "asset": {
            "version": "2.0",
            "generator": "Pleura",
            "extras": {"axes": "LPS", "unit": "mm", "description": description},
        },
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [
            {
                "name": "patient",
                "rotation": _TURN,
                "scale": [0.001] * 3,
                "children": list(range(1, len(meshes) + 1)),
                "extras": {"axes": "the children's are L, P, S in mm; this node takes them to glTF's"},
            },
            *({"name": one.name, "mesh": index} for index, one in enumerate(surfaces)),
        ],
        "meshes": meshes,
        "materials": [_material(one) for one in surfaces],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(buffer)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(buffer)
    with whole_file(path) as made, made.open("wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, total))
        file.write(struct.pack("<I4s", len(text), b"JSON") + text)
        file.write(struct.pack("<I4s", len(buffer), b"BIN\x00") + bytes(buffer))


def _material(one: NamedSurface) -> dict[str, object]:
    """Give a dull material in the surface's colour; what is not solid is seen through."""
    colour = [(channel / 255.0) ** 2.2 for channel in one.colour]  # glTF's factors are linear
    return {
        "name": one.label,
        "pbrMetallicRoughness": {
            "baseColorFactor": [*colour, 1.0 if one.solid else _LUNG_OPACITY],
            "metallicFactor": 0.0,
            "roughnessFactor": 0.8,
        },
        "alphaMode": "OPAQUE" if one.solid else "BLEND",
    }
