"""The kernel: one warm Sage that forks a child per computation. main.py starts it; next: main.py."""
