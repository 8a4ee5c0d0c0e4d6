"""The page about the sweep: its code runs as it stands, from the first block to the last."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "book" / "many_trainings.md"


def test_the_code_of_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    code = "\n".join(blocks)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert re.fullmatch(r"[+-]0\.\d{3} ± 0\.\d{3}\n", result.stdout)
