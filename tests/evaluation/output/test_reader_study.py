"""What is written of a reader study is read back."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pleura.evaluation.output.reader_study import study_table, write_study
from pleura.evaluation.readers.results import StudySettings, evaluate_readings
from pleura.evaluation.readers.tier_study import covidet_tiers, simulate_study


def test_everything_is_written_and_marked(tmp_path: Path) -> None:
    drawn = simulate_study(replace(covidet_tiers(), readers=(2, 2, 2), positives=15, negatives=15), seed=1)
    result = evaluate_readings(drawn, StudySettings(program="SIMULATED DL2"))
    write_study(tmp_path, drawn, result)
    made = {path.name for path in tmp_path.iterdir()}
    figures = {f"{name}.{kind}" for name in ("points", "differences") for kind in ("png", "svg")}
    assert made == {"readers.json", "points.csv", "contrasts.csv", "times.csv", *figures}
    table = json.loads((tmp_path / "readers.json").read_text())
    assert table == json.loads(json.dumps(study_table(result), allow_nan=False))
    assert "SIMULATED" in table["warning"]
    rows = {}
    for name in ("points", "contrasts", "times"):
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            rows[name] = list(csv.DictReader(file))
        assert {row["simulated"] for row in rows[name]} == {"SIMULATED"}
    assert len(rows["points"]) == 12 + 1 + 8  # readings of readers, the program, votes
    assert result.points[0].sensitivity is not None
    assert float(rows["points"][0]["sensitivity"]) == pytest.approx(result.points[0].sensitivity.value, abs=1e-6)
    wanted = next(one for one in result.between_conditions if one.analysis == "random" and one.merit == "auc")
    found = [row for row in rows["contrasts"] if (row["kind"], row["merit"]) == ("between_conditions", "auc")]
    assert float(found[0]["p"]) == pytest.approx(wanted.p, abs=1e-6)
