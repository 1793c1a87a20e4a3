"""Runs a notebook through Jupyter Server's gateway client, as `jupyter lab --gateway-url` does: run_notebook.py ADDRESS < notebook > notebook."""

import sys

import nbformat
from jupyter_server.gateway.gateway_client import GatewayClient
from nbclient import NotebookClient


def main():
    gateway = GatewayClient.instance()
    gateway.url = sys.argv[1]
    notebook = nbformat.reads(sys.stdin.read(), 4)
    manager = "jupyter_server.gateway.managers.GatewayKernelManager"
    client = NotebookClient(notebook, kernel_manager_class=manager, timeout=40, allow_errors=True)
    # The gateway's manager looks for the name here, and takes python3 without it.
    client.execute(kernel_name=notebook.metadata.kernelspec.name)
    sys.stdout.write(nbformat.writes(notebook))


main()
