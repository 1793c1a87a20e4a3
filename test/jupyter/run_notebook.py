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
    kernel_name = notebook.metadata.kernelspec.name
    client = NotebookClient(notebook, kernel_name=kernel_name, kernel_manager_class=manager, timeout=40, allow_errors=True)
    client.execute()
    sys.stdout.write(nbformat.writes(notebook))


main()
