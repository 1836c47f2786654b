"""A real Chromium, and a server on loopback that gives it our own files and whatever a test wants it to ask."""

import base64
import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from api.pages import assets

STATIC = Path(__file__).parents[2] / "api" / "pages" / "static"
AXE = Path(__file__).parents[1] / "judges" / "node_modules" / "axe-core" / "axe.min.js"
AXE_FINDINGS = """async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations, passes } = await axe.run(document, { runOnly: tags });
    const found = violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]);
    return { found, passed: passes.length };
}"""
"""To be evaluated in a page that has axe: what it found, and how many rules passed."""

TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8"}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium of this machine. Skips or, in CI, fails where it is missing."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "Chromium is not installed; on Debian: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        # No sandbox: tests run as root in containers, and open nothing but our own pages.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def static_site(pages: Mapping[str, str]) -> Iterator[str]:
    """The origin of a server with these pages, and our static files below /static/ with and without their version."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.partition("?")[0].replace(assets.PREFIX, "/static", 1)
            if name in pages:
                self._send(pages[name].encode(), TYPES[".html"])
            elif name.startswith("/static/") and (file := STATIC / name.removeprefix("/static/")).is_file():
                self._send(file.read_bytes(), TYPES[file.suffix])
            else:
                self.send_error(404)

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """The test says what was wrong."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


BENCH = """<!doctype html><meta charset="utf-8"><title>bench</title><script type="module">
import { verify } from "/static/verifier/verify.js";
import { parseTime } from "/static/verifier/document.js";
import { Unreachable, WrongChain } from "/static/verifier/outcome.js";
import { credentialIn } from "/static/verifier/baked.js";
import { httpStatus, reader } from "/static/verifier/sources.js";
import { parse, canonical } from "/static/verifier/json.js";
import { hex, unhex } from "/static/verifier/bytes.js";
import { keccak } from "/static/verifier/bundle/keccak.js";
import { verifyBundle } from "/static/verifier/bundle/offline.js";
import { beside } from "/static/beside.js";
import { Catalogue, view } from "/static/view.js";

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function judge(vector) {
  const chain = () => ({
    async lookup(root, key) {
      if ("unreachable" in vector.chain) throw new Unreachable(vector.chain.unreachable);
      if ("other_chain" in vector.chain) throw new WrongChain(0, vector.chain.other_chain);
      const found = vector.chain.lookups.find((one) => one.root === root && one.key === key);
      if (!found) throw new Error("the contract was asked something else");
      return found;
    },
  });
  const status = {
    async fetch() {
      if ("unreachable" in vector.status) throw new Unreachable(vector.status.unreachable);
      return bytesOf(vector.evidence);
    },
  };
  const components = (vector.components ?? []).map(({ name, data }) => ({ name, bytes: bytesOf(data) }));
  const given = { trust: vector.trust, chain, status, now: parseTime(vector.now), components };
  const made = await verify(bytesOf(vector.data), given);
  const seen = {};
  for (const [language, messages] of Object.entries(vector.messages ?? {})) {
    seen[language] = wordsOf(made, messages, vector.rows);
  }
  const checks = Object.fromEntries(made.checks.map(({ id, outcome, code }) => [id, { outcome, code }]));
  const lines = (found) => found?.map(({ report, ...line }) => line) ?? null;
  const { verdict, endorsements, components: parts } = made;
  return { verdict, checks, seen, endorsements: lines(endorsements), components: lines(parts) };
}

const wordsOf = (report, messages, rows) => {
  const catalogue = new Catalogue(messages);
  const inside = report.document ? beside(report, catalogue) : { endorsements: [], components: [] };
  return { ...view(report, catalogue, rows), ...inside };
};

const flaw = (read) => {
  try {
    return ["ok", read()];
  } catch (error) {
    if (!error.code) throw error;
    return [error.code, null];
  }
};

globalThis.judge = judge;
globalThis.readJson = (data) => flaw(() => canonical(parse(bytesOf(data))));
globalThis.readBaked = async (data) => {
  try {
    return ["ok", btoa(String.fromCharCode(...(await credentialIn(bytesOf(data)))))];
  } catch (error) {
    if (!error.code) throw error;
    return [error.code, null];
  }
};
globalThis.lookUp = async (registry, root, key) => {
  try {
    const { facts, pending } = await reader(registry).lookup(root, key);
    return ["ok", pending, facts.code_sha256, facts.block_number, facts.block_time > 2 ** 53, facts.anchor_number];
  } catch (error) {
    return [error.constructor.name];
  }
};
globalThis.evidenceOf = (origins, list) =>
  httpStatus(origins).fetch(list, 1).then(() => "ok", (error) => error.constructor.name);
globalThis.keccaks = (inputs) => inputs.map((data) => hex(keccak(bytesOf(data))));
// Each bundle is the vector's own, with its members replaced by `members`; so many can be asked about at once.
globalThis.judgeBundles = async (vector, changes) => {
  const blockHash = vector.block_hash && unhex(vector.block_hash);
  const given = { trust: vector.trust, blockHash, now: parseTime(vector.now) };
  const found = [];
  for (const members of changes) {
    const text = members === null ? vector.bundle : JSON.stringify({ ...JSON.parse(vector.bundle), ...members });
    const made = await verifyBundle(new TextEncoder().encode(text), given);
    const checks = Object.fromEntries(made.checks.map(({ id, outcome, code }) => [id, { outcome, code }]));
    const { code, detail } = made.checks[0];
    const said = code === "format.bundle" ? { refused: detail.code } : { verdict: made.verdict, checks };
    const words = Object.values(vector.messages ?? {}).map((messages) => wordsOf(made, messages, vector.rows));
    found.push(words.length ? { ...said, words } : said);
  }
  return found;
};
globalThis.ready = true;
</script>"""
"""A page that gives our modules what a test hands it. `judge` takes what `given` makes of a vector."""


def given(vector: dict[str, Any], data: bytes) -> dict[str, Any]:
    """A vector with this file, as `judge` takes it: file and evidence as the bytes they are, in base64."""
    evidence = json.dumps(vector["status"].get("evidence"), ensure_ascii=False, separators=(",", ":"))
    return vector | {"data": _base64(data), "evidence": _base64(evidence.encode("utf-8", "surrogatepass"))}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
