"""The Python of the page on reconciling runs as it stands there."""

import ast
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reconciling.md"


def test_learning_from_one_ticket_at_a_time_runs_as_shown():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ran = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    believed = ast.literal_eval(ran.stdout)
    assert believed.keys() == {"refund", "thanks"}
    assert abs(sum(believed.values()) - 1) < 0.011
