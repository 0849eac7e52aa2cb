"""The reference answer of the scenario ledger."""
import json
import re
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

MAX_BODY = 16384


class Refusal(Exception):
    """An answer of status 400 and above."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text


def is_integer(value, low, high):
    return type(value) is int and low <= value <= high


class Ledger:
    """Accounts and transfers, behind one lock."""

    def __init__(self):
        self._lock = threading.Lock()
        self._opened = {}
        self._balances = {}
        self._transfers = {}

    def _account(self, name):
        if name not in self._balances:
            raise Refusal(404, "there is no such account")
        return {"name": name, "balance": self._balances[name]}

    def open(self, name, balance):
        with self._lock:
            status = 200 if name in self._opened else 201
            if self._opened.setdefault(name, balance) != balance:
                raise Refusal(409, "the account was opened with another balance")
            self._balances.setdefault(name, balance)
            return status, self._account(name)

    def account(self, name):
        with self._lock:
            return self._account(name)

    def transfer(self, transfer):
        with self._lock:
            known = self._transfers.get(transfer["id"])
            if known == transfer:
                return 200
            if known is not None:
                raise Refusal(409, "the id was used for another transfer")
            source, target, amount = transfer["from"], transfer["to"], transfer["amount"]
            self._account(target)
            if self._account(source)["balance"] < amount:
                raise Refusal(409, "the account has less than the amount")
            self._balances[source] -= amount
            self._balances[target] += amount
            self._transfers[transfer["id"]] = transfer
            return 201

    def read(self, name):
        with self._lock:
            if name not in self._transfers:
                raise Refusal(404, "there is no such transfer")
            return self._transfers[name]

    def page(self, limit, after):
        with self._lock:
            every = list(self._transfers.values())
            begin = 0
            if after is not None:
                if after not in self._transfers:
                    raise Refusal(404, "there is no such transfer")
                begin = list(self._transfers).index(after) + 1
        items = every[begin:begin + limit]
        more = begin + limit < len(every)
        return {"items": items, "next": items[-1]["id"] if more else None}


LEDGER = Ledger()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    def log_message(self, *_args):
        pass

    def _answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _body(self):
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
        return body

    def _allow(self, *methods):
        if self.command not in methods:
            raise Refusal(405, "the method is not allowed")

    def _account(self, name):
        self._allow("GET", "PUT")
        if self.command == "GET":
            return self._answer(200, LEDGER.account(name))
        balance = self._body().get("balance")
        if not is_integer(balance, 0, 10**9) or not re.fullmatch("[a-z]{1,20}", name):
            raise Refusal(400, "the name or the balance is not valid")
        return self._answer(*LEDGER.open(name, balance))

    def _transfers(self, query):
        self._allow("GET", "POST")
        if self.command == "GET":
            limit = query.get("limit", ["10"])[-1]
            if not re.fullmatch("[0-9]{1,9}", limit) or not 1 <= int(limit) <= 50:
                raise Refusal(400, "limit is not valid")
            return self._answer(200, LEDGER.page(int(limit), query.get("after", [None])[-1]))
        body = self._body()
        transfer = {key: body.get(key) for key in ("id", "from", "to", "amount")}
        names = [transfer["id"], transfer["from"], transfer["to"]]
        if not all(isinstance(name, str) for name in names) or not 1 <= len(transfer["id"]) <= 40:
            raise Refusal(400, "id, from and to must be strings")
        if not is_integer(transfer["amount"], 1, 10**18) or transfer["from"] == transfer["to"]:
            raise Refusal(400, "the amount is not valid, or from and to are the same")
        return self._answer(LEDGER.transfer(transfer), transfer)

    def _serve(self):
        url = urlsplit(self.path)
        account = re.fullmatch("/accounts/([^/]+)", url.path)
        transfer = re.fullmatch("/transfers/([^/]+)", url.path)
        if account:
            self._account(unquote(account[1]))
        elif transfer:
            self._allow("GET")
            self._answer(200, LEDGER.read(unquote(transfer[1])))
        elif url.path == "/transfers":
            self._transfers(parse_qs(url.query, keep_blank_values=True))
        else:
            raise Refusal(404, "there is no such path")

    def _handle(self):
        try:
            self._serve()
        except Refusal as refusal:
            self._answer(refusal.status, {"error": refusal.text})

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _handle


class Server(ThreadingHTTPServer):
    """Takes many connections at once."""

    request_queue_size = 128
    daemon_threads = True


def main():
    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(0))
    server.serve_forever()


main()
