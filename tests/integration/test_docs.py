"""The documents say what is so: their examples are run, and what they copy from the program is compared with it."""
import json
import re
import subprocess

from conftest import BUILD, ROOT
from wire import WebSocket


def test_every_setting_is_in_the_document():
    printed = subprocess.run([BUILD / "bin" / "whiplyd", "--settings"], capture_output=True, text=True, timeout=10, check=True).stdout
    written = (ROOT / "docs" / "config.md").read_text().split("<!-- settings -->\n")[1]
    # Where plugins are looked for depends on the prefix.
    where = re.compile(r"^\| `plugin_path` .*$", re.M)
    assert where.sub("", printed) == where.sub("", written), "run whiplyd --settings, and put it at the end of docs/config.md"


def test_the_documents_config_is_one(tmp_path):
    blocks = re.findall(r"```\n(.*?)```", (ROOT / "docs" / "config.md").read_text(), re.S)
    assert len(blocks) == 2
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "2",
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "fullchain.pem"], check=True, capture_output=True)
    text = "\n".join(blocks).replace("/var/lib/whiply", f"{tmp_path}/var").replace("/etc/whiply", str(tmp_path))
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "empty.conf").write_text("")
    (tmp_path / "doc.conf").write_text(text)
    checked = subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", tmp_path / "doc.conf", "-L", BUILD / "plugins" / ".libs"],
                             capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_protocols_example_happens_as_written(whiply):
    blocks = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "protocol.md").read_text(), re.S)
    lines = [json.loads(line) for block in blocks for line in block.splitlines()]
    with WebSocket(whiply.http, greet=False) as ws:
        for line in lines:
            if "id" in line and "method" in line:
                assert ws.post(line["method"], **line["params"]) == line["id"]
            elif "method" in line:
                assert set(line["params"]) <= set(ws.notification(line["method"])), line["method"]
            else:
                got = ws.answer_to(line["id"])
                assert set(got["result"]) == set(line["result"]), got


def test_every_link_between_documents_leads_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests" / "bench").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} names {target}"
