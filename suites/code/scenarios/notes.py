"""The reference answer of the scenario notes."""
import json
import re
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

MAX_BODY = 65536


class Refusal(Exception):
    """An answer of status 400 and above."""

    def __init__(self, status, text, headers=None):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers or {}


class Notes:
    """The notes, behind one lock."""

    def __init__(self):
        self._lock = threading.Lock()
        self._notes = {}
        self._last = 0

    def _note(self, number):
        if number not in self._notes:
            raise Refusal(404, "there is no such note")
        return self._notes[number]

    def _check_title(self, title, number):
        if any(note["title"] == title and note["id"] != number for note in self._notes.values()):
            raise Refusal(409, "the title is taken")

    def make(self, title, text):
        with self._lock:
            self._check_title(title, None)
            self._last += 1
            note = {"id": self._last, "title": title, "text": text, "version": 1, "hits": 0}
            self._notes[self._last] = note
            return dict(note)

    def page(self, limit, offset):
        with self._lock:
            notes = [dict(note) for note in self._notes.values()]
        return {"items": notes[offset:offset + limit], "total": len(notes)}

    def read(self, number):
        with self._lock:
            return dict(self._note(number))

    def replace(self, number, title, text):
        with self._lock:
            note = self._note(number)
            self._check_title(title, number)
            if (note["title"], note["text"]) != (title, text):
                note.update(title=title, text=text, version=note["version"] + 1)
            return dict(note)

    def remove(self, number):
        with self._lock:
            self._note(number)
            del self._notes[number]

    def hit(self, number):
        with self._lock:
            note = self._note(number)
            note["hits"] += 1
            return {"hits": note["hits"]}


NOTES = Notes()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    def log_message(self, *_args):
        pass

    def _answer(self, status, value=None, headers=None):
        self.send_response(status)
        for key, text in (headers or {}).items():
            self.send_header(key, text)
        data = b"" if value is None else json.dumps(value).encode()
        if value is not None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _note_body(self):
        if self.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
            raise Refusal(415, "the body must be application/json")
        size = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(size)
        if size > MAX_BODY:
            raise Refusal(413, "the body is too large")
        try:
            body = json.loads(data)
        except ValueError:
            raise Refusal(400, "the body is not JSON") from None
        if not isinstance(body, dict):
            raise Refusal(400, "the body is not an object")
        title, text = body.get("title"), body.get("text")
        if not isinstance(title, str) or not 1 <= len(title) <= 100:
            raise Refusal(400, "title must be a string of 1 to 100 characters")
        if not isinstance(text, str) or len(text) > 10000:
            raise Refusal(400, "text must be a string of at most 10000 characters")
        return title, text

    @staticmethod
    def _number(query, name, default, low, high):
        text = query.get(name, [str(default)])[-1]
        if not re.fullmatch("[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise Refusal(400, name + " is not valid")
        return int(text)

    def _collection(self, query):
        if self.command == "POST":
            note = NOTES.make(*self._note_body())
            return self._answer(201, note, {"Location": "/notes/%d" % note["id"]})
        limit = self._number(query, "limit", 20, 1, 100)
        offset = self._number(query, "offset", 0, 0, 10**18)
        return self._answer(200, NOTES.page(limit, offset))

    def _one(self, number):
        if self.command == "PUT":
            return self._answer(200, NOTES.replace(number, *self._note_body()))
        if self.command == "DELETE":
            NOTES.remove(number)
            return self._answer(204)
        return self._answer(200, NOTES.read(number))

    def _allow(self, *methods):
        if self.command not in methods:
            raise Refusal(405, "the method is not allowed", {"Allow": ", ".join(methods)})

    def _serve(self):
        url = urlsplit(self.path)
        one = re.fullmatch("/notes/([1-9][0-9]{0,17})(/hits)?", url.path)
        if url.path == "/notes":
            self._allow("GET", "POST")
            self._collection(parse_qs(url.query, keep_blank_values=True))
        elif one and one[2]:
            self._allow("POST")
            self._answer(200, NOTES.hit(int(one[1])))
        elif one:
            self._allow("GET", "PUT", "DELETE")
            self._one(int(one[1]))
        else:
            raise Refusal(404, "there is no such path")

    def _handle(self):
        try:
            self._serve()
        except Refusal as refusal:
            self._answer(refusal.status, {"error": refusal.text}, refusal.headers)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _handle


class Server(ThreadingHTTPServer):
    """Takes many connections at once."""

    request_queue_size = 128
    daemon_threads = True


def main():
    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(0))
    server.serve_forever()


main()
