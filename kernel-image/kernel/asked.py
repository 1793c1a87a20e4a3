"""What is asked of a session beside its computations, until it is answered; next: relay.py."""

from . import said


class Asked:
    def __init__(self, wire):
        self._wire, self._waiting = wire, {}

    def __bool__(self):
        return bool(self._waiting)

    def add(self, request):
        self._waiting[request["id"]] = request["msg_type"]

    def answered(self, reply):
        self._waiting.pop(reply["id"], None)
        self._wire.send(reply)

    def refuse(self):
        """The child is gone: who asked is answered all the same."""
        for number, msg_type in self._waiting.items():
            self._wire.send(said.refusal(number, msg_type))
        self._waiting = {}
