"""The bench's own arithmetic and plumbing. Nothing here looks at how long anything takes."""

from __future__ import annotations

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pikepdf
import pytest

from bench import load, report
from bench.__main__ import chosen, read_arguments
from bench.floor import app as floor
from bench.load import Call, Target
from bench.measures import MEASURES
from bench.measures.uploads import multipart, scan_pdf
from bench.report import Row
from bench.stats import Spread, quantile


def test_quantiles():
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([1, 2], 0.5) == 1.5
    assert quantile([5], 0.99) == 5
    with pytest.raises(ValueError):
        quantile([], 0.5)
    assert Spread.of([0.001, 0.002, 0.003]).p50 == 2


@pytest.mark.parametrize(
    ("ratio", "least", "verdict"),
    [(2.0, False, "ok"), (2.1, False, "MISS"), (0.4, True, "MISS"), (0.6, True, "ok"), (None, False, "")],
)
def test_verdicts(ratio: float | None, least: bool, verdict: str):
    assert Row("G1", "list", "", "", ratio, 0.5 if least else 2, least).verdict == verdict


def test_a_failed_measure_is_never_ok():
    row = Row("G1", "list", "", "", failed=True, note="no such page")
    assert row.verdict == report.FAILED
    assert "no such page" in report.table([row])


def test_results_are_kept(tmp_path: Path):
    kept = report.keep(tmp_path, [Row("G1", "列表", "1 ms", "1 ms", 1.0, 2.0)], {"cores": 2})
    assert '"verdict": "ok"' in kept.read_text()
    assert (tmp_path / "latest.md").read_text().splitlines()[2] == "| G1 | 列表 | 1 ms | 1 ms | 1.00 | ≤ 2 | ok |"


def test_measures_are_chosen_by_key():
    assert chosen("") == list(MEASURES)
    assert [measure.keys for measure in chosen("g2, G14")] == [("G14",), ("G2",)]
    with pytest.raises(SystemExit):
        chosen("G99")
    assert read_arguments(["--quick", "--only", "G1"]).quick


class _Counting(BaseHTTPRequestHandler):
    """Answers 200 to /good and 500 to everything else, and counts."""

    protocol_version = "HTTP/1.1"
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        body = b"yes" if self.path == "/good" else b"<h1>no</h1>"
        self.send_response(200 if self.path == "/good" else 500)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server():
    _Counting.seen = []
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Counting)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made.server_address[1]
    made.shutdown()
    made.server_close()


def test_alternating_load_counts_only_after_the_warm_up_and_tells_bad_answers(server: int):
    targets = [Target("a", server, (Call("/good"),)), Target("b", server, (Call("/bad"),))]
    done = load.run(load.plan_of("alternate", targets, rounds=3, warm_up=2))
    assert len(done["a"]["seconds"]) == 3 and not done["a"]["bad"]
    assert done["b"]["seconds"] == [] and "no" in done["b"]["bad"]
    assert _Counting.seen == ["/good", "/bad"] * 5


def test_a_rush_sends_each_call_once(server: int):
    target = Target("a", server, tuple(Call("/good") for _ in range(20)))
    done = load.run(load.plan_of("rush", [target], clients=4, seconds=30, once=True))
    assert len(done["seconds"]) == 20 and done["statuses"] == {"200": 20}
    assert len(_Counting.seen) == 20


def test_the_floor_does_its_work(tmp_path: Path):
    app = floor.create_app(tmp_path / "floor.db", tmp_path)
    with floor.database:
        floor.database.create_tables(floor.TABLES)
        unit, account = floor.Unit.create(name="一个单位"), floor.Account.create(name="穆知秋")
        digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # SHA-256 of "x"
        floor.SignIn.create(token_hash=digest, account=account, unit=unit, seen_at="")
        sheet = floor.Sheet.create(account=account)
    client = app.test_client(use_cookies=False)
    assert client.get("/unit").status_code == 403
    headers = {"Cookie": "floor=x"}
    assert "一个单位" in client.get("/unit", headers=headers).get_data(as_text=True)
    assert 14_000 < len(client.get("/constants", headers=headers).data) < 20_000
    assert client.post("/write", headers=headers, data={"sheet": sheet.id, "text": "新"}).status_code == 204
    assert client.post("/write", headers=headers, data={"sheet": sheet.id + 1, "text": "新"}).status_code == 404
    sent = {"file": (io.BytesIO(b"abc"), "a.pdf")}
    assert client.post("/upload", headers=headers, data=sent).status_code == 204
    assert (tmp_path / "upload.bin").read_bytes() == b"abc"
    with floor.database.connection_context() if floor.database.is_closed() else floor.database.atomic():
        assert floor.Sheet.get_by_id(sheet.id).data == "新"
    floor.database.close()


def test_the_scan_is_a_pdf_of_the_wanted_size():
    data = scan_pdf(megabytes=2)
    assert 1_000_000 < len(data) < 3_500_000
    with pikepdf.open(io.BytesIO(data)) as document:
        assert len(document.pages) >= 1
    assert data in multipart(data, "2身份证.pdf")
