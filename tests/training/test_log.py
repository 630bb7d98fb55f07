import csv
from pathlib import Path

from pleura.training.log import row_in_words, write_log

ROWS = [
    {"epoch": 1.0, "train_loss": 1.25, "train_accuracy": 0.5, "seconds": 3.2},
    {"epoch": 2.0, "train_loss": 1.0, "train_accuracy": 0.75, "validation_loss": 0.9, "validation_accuracy": 0.8}
    | {"seconds": 4.0},
]


def test_the_log_reads_back(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("old")
    write_log(tmp_path / "log.csv", ROWS)
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert rows[0]["validation_loss"] == ""
    assert float(rows[1]["validation_loss"]) == 0.9
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_a_row_is_said_with_validation_only_where_there_was_one() -> None:
    assert row_in_words(ROWS[0]) == "epoch 1: loss 1.250, accuracy 0.500; 3 s"
    assert "validation loss 0.900, accuracy 0.800" in row_in_words(ROWS[1])
