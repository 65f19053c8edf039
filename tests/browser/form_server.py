"""A web team's server: the files of docs/forms as they are, with the API's address, under the policy that the docs give."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

FORMS = Path(__file__).parents[2] / "docs" / "forms"
KINDS = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
# Where the files say that the API is.
PLACEHOLDER = "https://API"


def policy():
    """The policy as docs/forms/README.md has it, so that what is read there is what is tested."""
    text = (FORMS / "README.md").read_text()
    return " ".join(re.search(r"```\nContent-Security-Policy: (.*?)\n```", text, re.DOTALL)[1].split())


class FormServer:
    def __init__(self, api_url, port):
        address = urlsplit(api_url)
        origin = f"{address.scheme}://{address.netloc}"

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                file = FORMS / urlsplit(self.path).path.lstrip("/")
                if file.parent != FORMS or file.suffix not in KINDS or not file.is_file():
                    return self.send_error(404)
                body = file.read_text().replace(PLACEHOLDER, api_url).encode()
                self.send_response(200)
                self.send_header("content-type", KINDS[file.suffix])
                self.send_header("content-length", str(len(body)))
                self.send_header("content-security-policy", policy().replace(PLACEHOLDER, origin))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
