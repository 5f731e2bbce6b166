"""Our planner as a Python function."""
import json
import os
import subprocess


class Driver:
    def __init__(self, path=None):
        path = path or os.path.join(os.environ["SICAL_BUILD"], "tests", "planner_driver")
        self._process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        if self._process.wait() != 0:
            raise RuntimeError("the driver ended with an error")
