"""A small RTSP server that plays a transport stream at its own pace, over the RTSP connection itself (interleaved)."""

from __future__ import annotations

import socket
import struct
import threading
import time
from pathlib import Path

_PACKET = 188
_PACKETS_A_MESSAGE = 7
_SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:track1\r\n"


class RtspServer:
    """Serves one client after another; each hears the same seconds of the file, then the connection is cut.

    Args:
        path: an MPEG transport stream.
        duration_s: how long the whole file plays.
        plays: how many clients are served; later ones are refused.

    """

    def __init__(self, path: Path, *, duration_s: float, plays: int = 1) -> None:
        self._data, self._duration_s, self._plays = path.read_bytes(), duration_s, plays
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://me:secret@127.0.0.1:{self._listener.getsockname()[1]}/main"
        self.transports: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        for _ in range(self._plays):
            client, _ = self._listener.accept()
            with client:
                self._talk(client)
        self._listener.close()

    def _talk(self, client: socket.socket) -> None:
        """Answer requests until PLAY, then send the stream."""
        with client.makefile("rb") as lines:
            while True:
                request = lines.readline().decode().split()
                if not request:
                    return
                headers = {}
                while (line := lines.readline().decode().strip()) != "":
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                self._answer(client, request[0], headers)
                if request[0] == "PLAY":
                    self._play(client)
                    return

    def _answer(self, client: socket.socket, method: str, headers: dict[str, str]) -> None:
        body, more = "", ""
        if method == "OPTIONS":
            more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        if method == "DESCRIBE":
            body, more = _SDP, "Content-Type: application/sdp\r\n"
        if method == "SETUP":
            self.transports.append(headers.get("transport", ""))
            more = f"Transport: {headers.get('transport', '')}\r\nSession: 1\r\n"
        head = f"RTSP/1.0 200 OK\r\nCSeq: {headers.get('cseq', '0')}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        client.sendall((head + body).encode())

    def _play(self, client: socket.socket) -> None:
        """Send the file as RTP messages of seven packets, paced evenly."""
        size = _PACKET * _PACKETS_A_MESSAGE
        messages = [self._data[start : start + size] for start in range(0, len(self._data), size)]
        started_s = time.monotonic()
        for number, payload in enumerate(messages):
            at_s = number / len(messages) * self._duration_s
            time.sleep(max(0.0, started_s + at_s - time.monotonic()))
            rtp = struct.pack(">BBHII", 0x80, 33, number & 0xFFFF, round(at_s * 90_000), 1) + payload
            try:
                client.sendall(struct.pack(">BBH", 0x24, 0, len(rtp)) + rtp)
            except OSError:
                return
