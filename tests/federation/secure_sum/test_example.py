"""The example of the documentation: run as it is shown, and the numbers of its page."""

import re
import subprocess
import sys
from pathlib import Path

from pleura.federation.secure_sum.ring.parameters import Parameters
from pleura.federation.secure_sum.slots import half_range

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "how-to" / "add-vectors-securely.md").read_text(encoding="utf-8")
EXAMPLE = DOCS / "examples" / "secure_sum.py"


def test_the_example_is_the_one_shown_and_prints_what_the_page_says() -> None:
    assert f"```python\n{EXAMPLE.read_text(encoding='utf-8')}```" in PAGE
    done = subprocess.run([sys.executable, str(EXAMPLE)], capture_output=True, text=True, check=True, timeout=300)
    assert done.stderr == ""
    assert f"It prints `{done.stdout.strip()}`." in PAGE


def test_the_table_of_levels() -> None:
    rows = re.findall(r"^\| (\d+) \| ([\d,]+) \| ([\d.]+) \| ([\d,]+) \| ([\d.]+) \|$", PAGE, flags=re.MULTILINE)
    assert [int(row[0]) for row in rows] == [3, 10, 50, 128]
    for hospitals, *numbers in rows:
        for values, half, size in ((4, *numbers[:2]), (3, *numbers[2:])):
            parameters = Parameters(most_hospitals=int(hospitals), values_per_coefficient=values)
            assert half_range(parameters.levels) == int(half.replace(",", ""))
            assert abs(parameters.bytes(25_000_000) / 25_000_000 - float(size)) < 0.006
