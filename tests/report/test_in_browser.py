"""The page in a real browser, where one is installed: its script runs, its policy holds, nothing else runs."""

import shutil
import subprocess

import pytest

from daiw.report.page import report_html

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--enable-logging=stderr", "--dump-dom", "--virtual-time-budget=3000")  # fmt: skip


@pytest.mark.system
@pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed (apt install chromium)")
@pytest.mark.parametrize("which", ["page", "hostile"])
def test_only_our_script_runs(which, request, tmp_path):
    text = report_html(request.getfixturevalue(which))
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    command = [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", (tmp_path / "report.html").as_uri()]
    run = subprocess.run(command, capture_output=True, timeout=60, check=True)
    page, log = run.stdout.decode(), run.stderr.decode(errors="replace")
    assert '<html lang="en" class="js">' in page
    assert page.count("<script") == 1
    assert "Content Security Policy" not in log
    assert "Uncaught" not in log
