"""What the simulated phone's camera and album hold: small PNG pictures drawn by arithmetic."""

import functools
import math
import struct
import zlib

WIDTH, HEIGHT = 320, 240
# Sky, sun and hills of each picture.
_LIGHTS = {
    "现场照片.png": ((126, 182, 236), (255, 244, 200), (62, 122, 84)),
    "傍晚.png": ((246, 170, 118), (255, 232, 170), (96, 66, 92)),
    "设备铭牌.png": ((198, 206, 214), (236, 240, 244), (88, 98, 110)),
}
NAMES = tuple(_LIGHTS)


@functools.cache
def photograph(name: str) -> bytes:
    """The PNG of one of ``NAMES``."""
    sky, sun, hills = _LIGHTS[name]
    rows = []
    for y in range(HEIGHT):
        row = bytearray(b"\x00")
        fade = 0.7 + 0.3 * y / HEIGHT
        for x in range(WIDTH):
            ridge = 150 + 26 * math.sin(x / 47) + 9 * math.sin(x / 13)
            if y > ridge:
                row += bytes(int(part * (1.2 - 0.5 * (y - ridge) / 90)) for part in hills)
            elif (x - 236) ** 2 + (y - 66) ** 2 < 26**2:
                row += bytes(sun)
            else:
                row += bytes(min(255, int(part * fade + 20)) for part in sky)
        rows.append(bytes(row))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
