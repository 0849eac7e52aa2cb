#!/usr/bin/env python3
"""`retort eval` of a hosted model, against a server that fails in all the ways that servers fail: eval_api.py RETORT.
No answer is lost, none is scored that was not given, a killed run goes on, and the key appears nowhere."""
import collections
import http.server
import json
import os
import pathlib
import random
import signal
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time

retort = pathlib.Path(sys.argv[1]).resolve()
KEY = "sk-do-not-print-0123456789"
MODEL = "test-model"


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.fault_of = lambda n, messages: None
        self.delay = 0.0
        self.lock = threading.Lock()
        self.count = 0
        self.answered = collections.Counter()
        self.faults = collections.Counter()
        self.keys = set()

    def handle_error(self, request, address):
        pass  # clients that were killed


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            number = server.count
            server.count += 1
            server.keys.add(self.headers.get("Authorization"))
        assert self.path == "/v1/chat/completions" and body["model"] == MODEL
        time.sleep(server.delay)
        fault = server.fault_of(number, body["messages"])
        if fault:
            with server.lock:
                server.faults[fault] += 1
            return getattr(self, "fault_" + fault)(body)
        with server.lock:
            server.answered[json.dumps([body["messages"], body.get("seed")])] += 1
        return self.stream(body) if number % 2 else self.document(body)

    def answer(self, body):
        """Depends on the conversation alone."""
        words = body["messages"][-1]["content"].split()
        return f"<think>There are {len(words)} words.</think>{len(words)}"

    def usage(self):
        return {"prompt_tokens": 20, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 7}}

    def whole(self, body, model=MODEL + "-2026-01-01", **changes):
        return {"model": model, "usage": self.usage(), "choices": [
            {"index": 0, "message": {"role": "assistant", "content": self.answer(body)}, "finish_reason": "stop"}], **changes}

    def send(self, status, data, kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def document(self, body):
        self.send(200, json.dumps(self.whole(body)).encode())

    def events(self, body):
        text = self.answer(body)
        for at in range(0, len(text), 9):
            yield {"model": MODEL, "choices": [{"index": 0, "delta": {"content": text[at:at + 9]}, "finish_reason": None}]}
        yield {"model": MODEL, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        yield {"model": MODEL + "-2026-01-01", "choices": [], "usage": self.usage()}

    def begin_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def stream(self, body, cut=None):
        self.begin_stream()
        for n, event in enumerate(self.events(body)):
            if n == cut:
                self.close_connection = True
                return
            self.chunk(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def fault_rate(self, _):
        self.send(429, b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}', Retry_After="0")

    def fault_crash(self, _):
        self.send(500, b"<html>Internal Server Error</html>", "text/html")

    def fault_overload(self, _):
        self.send(503, b"")

    def fault_cut(self, body):
        self.stream(body, cut=2)

    def fault_malformed(self, body):
        self.send(200, json.dumps(self.whole(body)).encode()[:-9])

    def fault_other_model(self, body):
        self.send(200, json.dumps(self.whole(body, model=MODEL + "-mini")).encode())

    def fault_no_choices(self, body):
        self.send(200, json.dumps(self.whole(body, choices=[])).encode())

    def fault_bad_utf8(self, body):
        self.send(200, json.dumps(self.whole(body)).encode().replace(b"words", b"w\xff\xfes"))

    def fault_hang(self, _):
        time.sleep(4)
        self.close_connection = True

    def fault_flood(self, _):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "100000000")
        self.end_headers()
        for _ in range(1000):
            self.wfile.write(b"a" * 100000)

    def fault_key(self, _):
        self.send(401, json.dumps({"error": {"message": "Incorrect API key provided: " + KEY}}).encode())

    def fault_away(self, _):
        self.send(307, b"", Location="http://elsewhere.example/v1")


RETRIED = ["rate", "crash", "overload", "cut", "malformed", "other_model", "no_choices", "bad_utf8", "hang"]


def check(fact, what):
    if not fact:
        sys.exit(f"failed: {what}")


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.server = Server()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1#{MODEL}"
        self.env = {**os.environ, "OPENAI_API_KEY": KEY}

    def command(self, journal, *more):
        options = {"-n": "12", "--levels": "1,4", "--concurrency": "16", "--read-timeout": "1"}
        options.update(zip(more[::2], more[1::2]))
        return [str(retort), "eval", self.url, "--journal", str(self.folder / journal), "--json",
                *(word for pair in options.items() for word in pair)]

    def run(self, journal, *more, status=0):
        done = subprocess.run(self.command(journal, *more), capture_output=True, text=True, env=self.env, timeout=60)
        check(done.returncode == status, f"{journal}: exit status {done.returncode}, wanted {status}: {done.stderr}")
        check(KEY not in done.stdout + done.stderr, f"{journal}: the key is printed")
        return done

    def samples(self, journal, run):
        shown = subprocess.run([str(retort), "eval", "show", run, "--journal", str(self.folder / journal), "--json"],
                               capture_output=True, text=True, check=True).stdout
        return [{k: v for k, v in s.items() if not k.endswith("_seconds")} for s in json.loads(shown)["samples"]]

    def result(self, journal, *more, status=0):
        done = json.loads(self.run(journal, *more, status=status).stdout)
        return done, self.samples(journal, done["run"])

    # The tests, in order; `whole` is what a sound server gives.

    def sound(self):
        done, self.whole = self.result("whole")
        check(len(self.whole) > 50 and done["failed"] == 0 and done["scores"]["missing"] == 0, "a sound server's run")
        check(all(s["status"] == "ok" and s["served_by"] == MODEL + "-2026-01-01" for s in self.whole), "samples")
        check(all(s["reasoning"].startswith("There are") for s in self.whole), "thoughts are told from answers")
        check(done["call"]["prompt_tokens"] == 20 * len(self.whole), "tokens")
        check(done["cost"] is None, "no price is known")
        check(self.server.keys == {"Bearer " + KEY}, "the key is sent")
        prices = self.folder / "prices.json"
        prices.write_text(json.dumps({"prices": [{"model": MODEL, "input": 1e6, "cached_input": 0, "output": 2e5,
                                                  "currency": "USD", "published": "2026-01-02", "source": "a test"}]}))
        again = json.loads(self.run("whole", "--prices", str(prices)).stdout)
        check(abs(again["cost"]["amount"] - len(self.whole) * (16 + 2)) < 1e-6, f"cost: {again['cost']}")
        check(again["call"]["answers"] == 0, "a run that is done asks nothing")
        self.run_id = done["run"]

    def unreliable(self):
        dice = random.Random(5)
        self.server.fault_of = lambda n, _: RETRIED[n % len(RETRIED)] if dice.random() < 0.25 else None
        done, samples = self.result("flaky", "--concurrency", "64", "--retries", "20")
        check(samples == self.whole, "an unreliable server changed an answer")
        faults = dict(self.server.faults)
        check(set(faults) == set(RETRIED), f"not every fault came: {faults}")
        check(done["call"]["retries"] == sum(faults.values()), f"{done['call']['retries']} retries, {faults}")

    def broken(self):
        victims = {s["prompt"] for s in self.whole[::7]}
        self.server.fault_of = lambda _, m: "flood" if json.dumps(m, separators=(",", ":"), ensure_ascii=False) in victims else None
        done, samples = self.result("broken", "--retries", "0", status=5)
        failed = [s for s in samples if s["status"] == "api_error"]
        check(done["failed"] == len(failed) > 5, f"{done['failed']} failed")
        check(all("longer than" in s["detail"] and not s["content"] for s in failed), "why they failed")
        check(done["ended"] is None and done["scores"]["missing"] == len({(s["item"], s["sample"]) for s in failed}),
              "what failed is missing, not wrong")
        check([s for s in samples if s["status"] == "ok"] == [s for s in self.whole if s in samples], "the others are kept")
        self.server.fault_of = lambda n, _: None
        self.server.answered.clear()
        done, samples = self.result("broken")
        check(samples == self.whole and done["failed"] == 0, "the same command asks again what failed")
        check(sum(self.server.answered.values()) == done["call"]["answers"] < len(self.whole), "and nothing else")

    def killed(self):
        self.server.delay = 0.1
        kills, landed = random.Random(7), 0
        for _ in range(8):
            child = subprocess.Popen(self.command("killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.env)
            time.sleep(kills.uniform(0.1, 0.3))
            landed += child.poll() is None
            child.kill()
            child.wait()
        check(landed >= 4, f"only {landed} of 8 kills came before the end")
        check(self.result("killed")[1] == self.whole, "a killed run's journal differs")

    def interrupted(self):
        self.server.fault_of = lambda n, _: "hang"
        child = subprocess.Popen(self.command("interrupted", "--read-timeout", "60"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env)
        time.sleep(0.5)
        start = time.monotonic()
        child.send_signal(signal.SIGINT)
        error = child.communicate(timeout=20)[1]
        check(child.returncode == 130 and "the same command goes on" in error, f"Ctrl-C: {child.returncode}: {error}")
        check(time.monotonic() - start < 3, "Ctrl-C does not wait for the server")
        self.server.fault_of, self.server.delay = lambda n, _: None, 0

    def refused(self):
        for fault, says in (("key", "401: Incorrect API key provided: [key]"), ("away", "sends us on to 'http://elsewhere")):
            self.server.fault_of, self.server.count = lambda n, _, fault=fault: fault, 0
            done = self.run(fault, status=2)
            check(says in done.stderr and len(done.stderr.strip().splitlines()) == 1, f"{fault}: {done.stderr}")
            check(self.server.count <= 32, f"{fault}: {self.server.count} requests")
        self.server.fault_of = lambda n, _: None
        for more, says in ((("--think-budget", "5"), "--think-budget"), (("--api-key-env", "NOT_SET_ANYWHERE"), "is not set"),
                           (("--body", '{"model": "x"}'), "'model' is not to be set here")):
            done = subprocess.run(self.command("options", *more), capture_output=True, text=True, env=self.env)
            check(done.returncode in (2, 3, 4) and says in done.stderr, f"{more}: {done.stderr}")

    def encrypted(self):
        certificate, secret = self.folder / "cert.pem", self.folder / "key.pem"
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                               "-keyout", secret, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                               "-addext", "subjectAltName=DNS:localhost"], capture_output=True, text=True)
        check(made.returncode == 0, f"openssl: {made.stderr}")
        server = Server()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, secret)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"https://localhost:{server.server_port}/v1#{MODEL}"
        done = self.run("unvouched", status=2)
        check("certificate is not vouched for" in done.stderr, f"an unknown certificate: {done.stderr}")
        check(server.count == 0, "a request went to a server that nobody vouches for")
        self.env["SSL_CERT_FILE"] = str(certificate)
        check([s["content"] for s in self.result("tls", "-n", "3")[1]] != [], "https")
        check(server.keys == {"Bearer " + KEY}, "the key over https")


with tempfile.TemporaryDirectory() as temporary:
    bench = Bench(pathlib.Path(temporary))
    for test in (bench.sound, bench.unreliable, bench.broken, bench.killed, bench.interrupted, bench.refused, bench.encrypted):
        start = time.monotonic()
        test()
        print(f"{test.__name__}: {time.monotonic() - start:.1f} s", flush=True)
    for path in bench.folder.iterdir():
        check(KEY.encode() not in path.read_bytes(), f"the key stands in {path.name}")
