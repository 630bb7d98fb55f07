"""What a whole diagnosis costs: 300 slices of 512 x 512 from DICOM to the report, every step, in a fresh process.

The study is a synthetic case of 60 slices of 5 mm, interpolated linearly along z to 300 of 1 mm: what is timed does not
depend on what fine structure there is, and 300 drawn slices take a quarter of an hour. It is COVID-19 of grade II, so
that severity is graded, too.

With `--probe STUDY OUT DEVICE BACKEND` this file is the process that is measured.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

SLICES = 300
GIGABYTE = 10**9


def make_study(folder: Path) -> None:
    """Write the study, one DICOM file a slice."""
    import numpy as np

    from pleura.data.synthetic.case import generate_case
    from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
    from pleura.data.synthetic.write_dicom import write_dicom_series
    from pleura.imaging.volume import Volume

    size = SIZES["full"]
    protocol = Protocol.draw(5, shape=size.shape, spacing=size.spacing)
    case = generate_case(seed=5, label="covid-19", severity=2, protocol=protocol)
    thick = case.volume.hu
    times = SLICES // len(thick)
    affine = np.array(case.volume.affine)
    affine[:3, 0] /= times
    affine[:3, 3] -= affine[:3, 0] * (times - 1) / 2  # the slabs keep their place
    hu = np.empty((SLICES, *thick.shape[1:]), np.int16)
    for k, at in enumerate(np.clip((np.arange(SLICES) - (times - 1) / 2) / times, 0, len(thick) - 1)):
        low = min(int(at), len(thick) - 2)
        hu[k] = np.rint((low + 1 - at) * thick[low] + (at - low) * thick[low + 1])
    thin = Volume(hu=hu, affine=affine, source=case.volume.source)
    write_dicom_series(replace(case, volume=thin), folder, case_id="bench", patient_id="bench", seed=5)


def probe(study: Path, out: Path, device: str, backend: str) -> None:
    """Diagnose and write the report, as the command does; print wall and CPU seconds of each step."""
    marks = [("imports", 0.0, 0.0)]
    began = time.perf_counter()

    def begin(step: str) -> None:
        marks.append((step, time.perf_counter() - began, time.process_time()))

    from pleura.diagnosis.chain import load_chain
    from pleura.diagnosis.pipeline import diagnose_study
    from pleura.export.diagnosis_folder import write_diagnosis

    begin("models")
    diagnosis = diagnose_study(study, load_chain(), device=device, backend=backend, on_step=begin)
    begin("writing")
    write_diagnosis(diagnosis, out)
    begin("end")
    failed = [failure.model_dump() for failure in diagnosis.report.failures]
    steps = [(name, later[1] - wall, later[2] - cpu) for (name, wall, cpu), later in pairwise(marks)]
    print(json.dumps({"steps": steps, "failed": failed, "shape": diagnosis.volume.shape}))


def measure(study: Path, out: Path, *, device: str, backend: str) -> dict[str, Any]:
    """Run the probe in a process of its own; its answer, with the process's wall and CPU seconds and peak memory."""
    command = [sys.executable, __file__, "--probe", str(study), str(out), device, backend]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answer = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the diagnosis ended with {process.returncode}")
    found: dict[str, Any] = json.loads(answer)
    if found["failed"]:
        raise SystemExit(f"steps failed: {found['failed']}")
    return found | {
        "wall": time.perf_counter() - began,
        "cpu": usage.ru_utime + usage.ru_stime,
        "bytes": usage.ru_maxrss * 1024,
    }


def main() -> None:
    """Measure and report."""
    import torch

    from _table import Row, report

    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        make_study(place / "study")
        whole = measure(place / "study", place / "out", device="cpu", backend="torch")
        other = measure(place / "study", place / "out-2", device="cpu", backend="openvino")
        gpu = None
        if torch.cuda.is_available():
            gpu = measure(place / "study", place / "out-3", device="cuda", backend="torch")
    cores = len(os.sched_getaffinity(0))
    what = f"{' x '.join(map(str, whole['shape']))} DICOM, all steps but clinical data, {cores} cores, cold process"
    rows = [
        Row(
            name="whole chain, to the written report",
            value=whole["wall"],
            unit="s",
            target="<= 30",
            detail=f"{what}; {whole['cpu']:.1f} s of CPU",
        ),
        Row(
            name="peak memory",
            value=whole["bytes"] / GIGABYTE,
            unit="GB",
            target="<= 4",
            detail="resident, of the process",
        ),
        *(
            Row(name=f"  {step}", value=wall, unit="s", detail=f"{cpu:.2f} s of CPU")
            for step, wall, cpu in whole["steps"]
        ),
        Row(
            name="whole chain, by OpenVINO",
            value=other["wall"],
            unit="s",
            detail=f"{other['cpu']:.1f} s of CPU, compiling included; {other['bytes'] / GIGABYTE:.2f} GB",
        ),
    ]
    if gpu is not None:
        steps = {step: wall for step, wall, _ in gpu["steps"]}
        begun = sum(steps.pop(step) for step in ("imports", "models", "set up"))
        rows.append(
            Row(
                name="whole chain on a GPU, loading apart",
                value=sum(steps.values()),
                unit="s",
                target="<= 3",
                detail=f"{torch.cuda.get_device_name()}; loading {begun:.1f} s",
            )
        )
    report("diagnosis", rows)
    if gpu is None:
        print("no GPU: its target (<= 3 s) was not measured")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--probe"]:
        given_study, given_out, *rest = sys.argv[2:]
        probe(Path(given_study), Path(given_out), *rest)
    else:
        main()
