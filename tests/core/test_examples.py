"""The examples of the documentation run, and say what they promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def run(program: str) -> str:
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_core_makes_an_invoice_by_itself_in_forty_lines() -> None:
    path = EXAMPLES / "embed_core.py"
    assert len(path.read_text().splitlines()) <= 40
    decision, invoice, document = run(path.read_text()).split("\n", 2)
    assert decision == "intra_eu_seller_country: 21.00 %, Directive 2006/112/EC Art. 59c"
    assert invoice == "SCAI-2026-000001 2026-01-15 EUR 453.75"
    frozen = json.loads(document)
    assert frozen["schema"] == "scaicontrol.document/1"
    assert frozen["buyer"]["company_name"] == "Café Central SA"
    assert frozen["totals"] == {
        "gross_cents": 45375,
        "net_cents": 37500,
        "payable_cents": 45375,
        "prepaid_cents": 0,
        "tax_cents": 7875,
    }


def test_the_core_asks_for_nothing_but_its_two_dependencies() -> None:
    program = f"""
import sys
before = set(sys.modules)
exec(compile(open({str(EXAMPLES / "embed_core.py")!r}).read(), "embed_core.py", "exec"))
loaded = [sys.modules[name] for name in set(sys.modules) - before]
installed = [module for module in loaded if "site-packages" in (getattr(module, "__file__", None) or "")]
print(sorted({{module.__name__.partition(".")[0] for module in installed}}))
"""
    assert run(program).splitlines()[-1] == "['attr', 'attrs', 'stdnum']"
