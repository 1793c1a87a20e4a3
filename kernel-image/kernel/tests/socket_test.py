"""A kernel that is reached by a socket, as in a pod, where the agent is another container of the same sandbox; next: run.py."""

import json
import subprocess
import unittest

from drive import Kernel

SOCKET = "@sandcell-kernel"
ABSTRACT = "\0sandcell-kernel"
# Stands for the agent's side: its input to the socket, the socket to its output.
BRIDGE = """
import os, socket, threading, time
line = socket.socket(socket.AF_UNIX)
for _ in range(3000):
    try: line.connect(%r); break
    except OSError: time.sleep(0.1)
def inward():
    while data := os.read(0, 65536): line.sendall(data)
    line.shutdown(socket.SHUT_WR)
threading.Thread(target=inward, daemon=True).start()
with open(1, "wb") as out:
    while data := line.recv(65536): out.write(data), out.flush()
os._exit(0)
""" % ABSTRACT


class BySocket(Kernel):
    def configure(self):
        path = self.directory + "/config.json"
        with open(path) as file:
            config = json.load(file)
        config["process"]["args"] += ["--socket", SOCKET]
        with open(path, "w") as file:
            json.dump(config, file)

    def launch(self, command, **how):
        self.container = super().launch(command, **how)
        for _ in range(100):
            state = subprocess.run(self.base + ["state", self.name], capture_output=True).stdout
            if state and json.loads(state)["status"] == "running":
                break
        agent = ["exec", "-user", "65534:65534", self.name, "/usr/bin/python3", "-c", BRIDGE]
        return super().launch(self.base + agent, **how)

    def stop(self):
        super().stop()
        self.container.wait(20)
        self.container.stdin.close()


class Socket(unittest.TestCase):
    def test_a_kernel_answers_by_its_socket_and_ends_with_the_connection(self):
        kernel = BySocket()
        try:
            self.assertEqual(kernel.run("1+1").data["text/plain"], "2")
            code = "import socket\ntry: socket.socket(socket.AF_UNIX).connect(%r)\nexcept OSError as e: print(type(e).__name__)" % ABSTRACT
            self.assertEqual(kernel.run(code, language="python").text(), "ConnectionRefusedError\n")
            # More than a socket holds, while the agent says nothing.
            lines = 4096
            much = kernel.run("for _ in range(%d): print('x' * 1023)" % lines, language="python")
            self.assertEqual(len(much.text()), lines * 1024)
            # A pod is told to end as a whole: the agent decides when its kernel does.
            subprocess.run(kernel.base + ["kill", kernel.name, "TERM"], check=True)
            self.assertEqual(kernel.run("2+2").data["text/plain"], "4")
            kernel.process.stdin.close()
            self.assertEqual(kernel.container.wait(20), 0)
        finally:
            kernel.close()
