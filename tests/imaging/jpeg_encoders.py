"""Unsigned pictures in, JPEG lossless and JPEG-LS streams out: plain second ways to test the readers with.

References: ITU-T T.81, annex H (JPEG lossless, Huffman); ITU-T T.87 (JPEG-LS), lossless with default parameters.
"""

import numpy as np


class _Bits:
    """Bits in, stuffed bytes out: after FF comes a zero byte (JPEG) or a zero bit (JPEG-LS)."""

    def __init__(self, zero_bit: bool) -> None:
        self.out = bytearray()
        self.value, self.count, self.room = 0, 0, 8
        self.zero_bit = zero_bit

    def put(self, value: int, count: int) -> None:
        for k in range(count - 1, -1, -1):
            self.value = self.value << 1 | (value >> k & 1)
            self.count += 1
            if self.count == self.room:
                self._byte(self.value)

    def _byte(self, value: int) -> None:
        self.out.append(value)
        self.value, self.count, self.room = 0, 0, 8
        if value == 0xFF:
            if self.zero_bit:
                self.room = 7
            else:
                self.out.append(0)

    def finish(self) -> bytes:
        while self.count:
            self.put(0 if self.zero_bit else 1, 1)
        if self.out[-1] == 0xFF:
            self.out.append(0)
        return bytes(self.out)


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def jpeg_lossless(picture: np.ndarray, bits: int) -> bytes:
    """JPEG lossless, predictor 1 (the voxel to the left), all Huffman codes of five bits."""
    rows, columns = picture.shape
    values = picture.astype(np.int64)
    predicted = np.empty_like(values)
    predicted[:, 1:] = values[:, :-1]
    predicted[1:, 0] = values[:-1, 0]
    predicted[0, 0] = 1 << (bits - 1)
    stream = _Bits(zero_bit=False)
    for difference in ((values - predicted + 32768) % 65536 - 32768).ravel().tolist():
        category = abs(difference).bit_length()
        stream.put(category, 5)
        if 0 < category < 16:
            stream.put(difference if difference > 0 else difference + (1 << category) - 1, category)
    lengths = bytes([0, 0, 0, 0, 17, *[0] * 11])
    frame = bytes([bits]) + rows.to_bytes(2, "big") + columns.to_bytes(2, "big") + bytes([1, 1, 0x11, 0])
    return (
        b"\xff\xd8"
        + _segment(0xC3, frame)
        + _segment(0xC4, b"\0" + lengths + bytes(range(17)))
        + _segment(0xDA, bytes([1, 1, 0, 1, 0, 0]))
        + stream.finish()
        + b"\xff\xd9"
    )


_J = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15]


def jpeg_ls(picture: np.ndarray, bits: int) -> bytes:
    """JPEG-LS, lossless, one component."""
    rows, columns = picture.shape
    top = (1 << bits) - 1
    span = top + 1
    limit = 2 * (bits + max(8, bits))
    factor = (min(top, 4095) + 128) // 256
    t1, t2, t3 = factor + 2, 4 * factor + 3, 17 * factor + 4
    start = max(2, (span + 32) // 64)
    A, B, C, N = [start] * 367, [0] * 367, [0] * 367, [1] * 367  # contexts 365 and 366 end runs
    run_negatives = [0, 0]
    run = 0
    stream = _Bits(zero_bit=True)

    def quantize(g: int) -> int:
        size = abs(g)
        level = 0 if size == 0 else 1 if size < t1 else 2 if size < t2 else 3 if size < t3 else 4
        return level if g >= 0 else -level

    def golomb(value: int, k: int, most: int) -> None:
        high = value >> k
        if high < most - bits - 1:
            stream.put(1, high + 1)
            stream.put(value & ((1 << k) - 1), k)
        else:
            stream.put(1, most - bits)
            stream.put(value - 1, bits)

    def wrap(error: int) -> int:
        error %= span
        return error - span if error >= (span + 1) // 2 else error

    above = [0] * (columns + 2)
    for row in picture.astype(int).tolist():
        line = [above[1], *row, 0]
        above[columns + 1] = above[columns]
        x = 1
        while x <= columns:
            a, b, c, d = line[x - 1], above[x], above[x - 1], above[x + 1]
            if a == b == c == d:
                length = 0
                while x + length <= columns and line[x + length] == a:
                    length += 1
                ended = x + length > columns
                x += length
                while length >= 1 << _J[run]:
                    stream.put(1, 1)
                    length -= 1 << _J[run]
                    run = min(31, run + 1)
                if ended:
                    if length:
                        stream.put(1, 1)
                    break
                stream.put(0, 1)
                stream.put(length, _J[run])
                b, value = above[x], line[x]
                same = int(a == b)
                sign = -1 if not same and a > b else 1
                error = wrap(sign * (value - b))
                q = 365 + same
                k, total = 0, A[q] + (N[q] >> 1 if same else 0)
                while N[q] << k < total:
                    k += 1
                negatives = run_negatives[same]
                flip = (k == 0 and error > 0 and 2 * negatives < N[q]) or (
                    error < 0 and (2 * negatives >= N[q] or k != 0)
                )
                mapped = 2 * abs(error) - same - int(flip)
                golomb(mapped, k, limit - _J[run] - 1)
                if error < 0:
                    run_negatives[same] += 1
                A[q] += (mapped + 1 - same) >> 1
                if N[q] == 64:
                    A[q], N[q], run_negatives[same] = A[q] >> 1, N[q] >> 1, run_negatives[same] >> 1
                N[q] += 1
                run = max(0, run - 1)
                x += 1
                continue
            q = 81 * quantize(d - b) + 9 * quantize(b - c) + quantize(c - a)
            sign = -1 if q < 0 else 1
            q = abs(q)
            predicted = min(a, b) if c >= max(a, b) else max(a, b) if c <= min(a, b) else a + b - c
            predicted = min(max(predicted + sign * C[q], 0), top)
            error = wrap(sign * (line[x] - predicted))
            k = 0
            while N[q] << k < A[q]:
                k += 1
            if k == 0 and 2 * B[q] <= -N[q]:
                mapped = 2 * error + 1 if error >= 0 else -2 * (error + 1)
            else:
                mapped = 2 * error if error >= 0 else -2 * error - 1
            golomb(mapped, k, limit)
            B[q] += error
            A[q] += abs(error)
            if N[q] == 64:
                A[q], B[q], N[q] = A[q] >> 1, B[q] >> 1, N[q] >> 1
            N[q] += 1
            if B[q] <= -N[q]:
                C[q] = max(-128, C[q] - 1)
                B[q] = max(B[q] + N[q], 1 - N[q])
            elif B[q] > 0:
                C[q] = min(127, C[q] + 1)
                B[q] = min(B[q] - N[q], 0)
            x += 1
        above = [line[0], *row, 0]
    frame = bytes([bits]) + rows.to_bytes(2, "big") + columns.to_bytes(2, "big") + bytes([1, 1, 0x11, 0])
    return (
        b"\xff\xd8" + _segment(0xF7, frame) + _segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + stream.finish() + b"\xff\xd9"
    )
