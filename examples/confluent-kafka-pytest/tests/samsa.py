"""A broker for tests: the command `samsa` as a process, and its control API."""

import json
import re
import shutil
import subprocess
import time
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

STOPPING_SECONDS = 10


class Samsa:
    """A running broker. Use it as a context manager, or close it."""

    def __init__(self, *args: str):
        command = shutil.which("samsa")
        if command is None:
            raise RuntimeError("the command samsa is not there: npm install -g samsa")
        ports = ["--port", "0", "--control-port", "0"]
        self._process = subprocess.Popen(
            [command, "--memory", "--profile", "test", "--log-level", "warn", *ports, *args],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._url = self._control_url()
        self.bootstrap_servers = self.get("/health")["bootstrapServers"]

    def _control_url(self) -> str:
        for line in self._process.stdout:
            if match := re.search(r"control API is at (\S+)", line):
                return match[1]
        raise RuntimeError(f"samsa ended with {self._process.wait()}")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(STOPPING_SECONDS)
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def client_config(self, **more) -> dict:
        """For confluent-kafka, so that it comes back at once when the broker does."""
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "reconnect.backoff.ms": 20,
            "reconnect.backoff.max.ms": 500,
            "topic.metadata.refresh.fast.interval.ms": 20,
            **more,
        }

    def seed(self, seed: dict) -> None:
        """Topics, records and offsets to begin with, and to go back to with `reset`."""
        self.post("/seed", seed)

    def reset(self) -> None:
        """Back to the seed, with clients connected; faults end."""
        self.post("/reset")

    def fault(self, kind: str, **spec) -> "Fault":
        """Has something go wrong: fault("error", api="Produce", error="NOT_LEADER_OR_FOLLOWER")."""
        return Fault(self, self.post("/faults", {"kind": kind, **spec})["id"])

    def fence_producer(self, transactional_id: str) -> None:
        self.post(f"/transactions/{quote(transactional_id, safe='')}/fence")

    def advance_clock(self, duration: str) -> None:
        """Moves the clock on, when started with --clock virtual: "45s", "2m"."""
        self.post("/clock", {"advance": duration})

    def records(self, topic: str, **query) -> list[dict]:
        path = f"/topics/{quote(topic, safe='')}/records"
        options = "&".join(f"{name}={value}" for name, value in query.items())
        return self.get(f"{path}?{options}")["records"]

    def wait_for_messages(self, topic: str, count: int, **more) -> list[dict]:
        return self.post("/wait/messages", {"topic": topic, "count": count, **more})["records"]

    def wait_for_assignment(self, group_id: str, **more) -> dict:
        return self.post("/wait/assignment", {"groupId": group_id, **more})

    def wait_for_commit(self, group_id: str, topic: str, offset: int, **more) -> dict:
        body = {"groupId": group_id, "topic": topic, "offset": offset, **more}
        return self.post("/wait/commit", body)

    def get(self, path: str):
        return self._call("GET", path)

    def post(self, path: str, body: dict | None = None):
        return self._call("POST", path, body)

    def delete(self, path: str):
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, body: dict | None = None):
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            with urlopen(Request(self._url + path, data, headers, method=method)) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()}") from None


class Fault:
    """A fault that was made: how often it has struck, and how to end it."""

    def __init__(self, samsa: Samsa, id: int):
        self._samsa = samsa
        self._path = f"/faults/{id}"

    @property
    def hits(self) -> int:
        return self._samsa.get(self._path)["hits"]

    def wait_until_struck(self, timeout: float = 10) -> None:
        deadline = time.monotonic() + timeout
        while self.hits == 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the fault has not struck in {timeout} s")
            time.sleep(0.05)

    def stop(self) -> None:
        self._samsa.delete(self._path)
