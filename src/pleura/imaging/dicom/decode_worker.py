"""Frames to decode on standard input, their stored values on standard output; run as a process by `decode_pool`.

A request is a line of JSON. An answer is one byte, 0 done or 1 refused, four bytes of length, and the values in native
byte order or the refusal in UTF-8. Codecs are C and C++ code: if hostile bytes make one crash, loop or eat memory, that
ends this process and not the one that asked.
"""

import json
import os
import sys
from pathlib import Path
from typing import BinaryIO

from pleura.errors import PleuraError
from pleura.imaging.dicom.decode import decode_frame
from pleura.imaging.dicom.pixel_layout import PixelLayout

__all__ = ["serve"]


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each request in turn until there are no more."""
    for line in requests:
        request = json.loads(line)
        layout = PixelLayout(**(request["layout"] | {"path": Path(request["layout"]["path"])}))
        try:
            status, payload = 0, decode_frame(layout, request["index"], request["name"]).tobytes()
        except PleuraError as error:
            status, payload = 1, str(error).encode()
        answers.write(bytes([status]) + len(payload).to_bytes(4, "little"))
        answers.write(payload)
        answers.flush()


if __name__ == "__main__":
    channel = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a codec prints must not mix with the answers
    with os.fdopen(channel, "wb") as stream:
        serve(sys.stdin.buffer, stream)
