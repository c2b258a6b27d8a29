"""A Hub of one's own: what `huggingface_hub` asks of the real one to make a repository and to commit small files."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_test"


class Hub:
    """What was asked of it.

    Attributes:
        repos: By name whether it is private.
        files: By repository and path, the bytes.
        messages: Of the commits.
    """

    def __init__(self) -> None:
        self.repos: dict[str, bool] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.messages: list[str] = []


@contextmanager
def run_hub() -> Iterator[tuple[str, Hub]]:
    """Serves one on loopback; gives its address and itself."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._answer(401, {"error": "Invalid user token."})
            elif self.path == "/api/repos/create":
                asked = json.loads(body)
                name = f"{asked['organization']}/{asked['name']}" if asked.get("organization") else asked["name"]
                hub.repos[name] = asked.get("private", False)
                self._answer(200, {"url": f"http://{self.headers['Host']}/{name}"})
            elif self.path == "/api/validate-yaml":
                self._answer(200, {"errors": [], "warnings": []})
            elif self.path.endswith("/preupload/main"):
                names = [one["path"] for one in json.loads(body)["files"]]
                kept = {"uploadMode": "regular", "shouldIgnore": False, "oid": None}
                files = [{"path": name, **kept} for name in names]
                self._answer(200, {"files": files})
            elif self.path.endswith("/commit/main"):
                repo = "/".join(self.path.split("/")[3:5])
                for line in body.splitlines():
                    part = json.loads(line)
                    if part["key"] == "header":
                        hub.messages.append(part["value"]["summary"])
                    elif part["key"] == "file":
                        hub.files[repo, part["value"]["path"]] = base64.b64decode(part["value"]["content"])
                self._answer(200, {"commitUrl": f"http://{self.headers['Host']}/{repo}/commit/1", "commitOid": "1"})
            else:
                self._answer(404, {"error": f"not here: {self.path}"})

        def do_GET(self) -> None:
            self._answer(200, {"sha": "0", "siblings": [], "id": "/".join(self.path.split("/")[3:5])})

        def _answer(self, code: int, content: dict[str, Any]) -> None:
            encoded = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", hub
    finally:
        server.shutdown()
        server.server_close()
