import struct
from dataclasses import replace

import pytest

from pleura.errors import WireError
from pleura.federation.secure_sum.adders.create import create_adder
from pleura.federation.secure_sum.layout import Layout, Values
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet
from pleura.federation.secure_sum.wire import HEADER_BYTES, SERVER, Form, PartFormat

TERMS = RoundTerms(
    federation="three lungs",
    round=7,
    attempt=2,
    members=tuple(f"{i:064x}" for i in range(5)),
    most_hospitals=10,
    layout=Layout((Values(name="a", size=10, clip=1.0),)),
    backend="plain",
)
FORM = Form.of(bytes(range(32)), total_bytes=40, part_bytes=16)
FORMAT = PartFormat(TERMS, FORM)
UPLOADS = UploadSet(TERMS, range(4))
PAYLOADS = [bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 40))]


def test_a_form_cuts_into_equal_parts_and_a_rest() -> None:
    assert [Form.of(b"", total, 16).parts for total in (0, 1, 16, 17, 32, 33)] == [1, 1, 1, 2, 2, 3]
    for total in range(70):
        form = Form.of(b"", total, 16)
        assert sum(map(form.payload_bytes, range(form.parts))) == total


def test_header_by_hand() -> None:
    part = FORMAT.pack(3, 1, [PAYLOADS[1][:5], PAYLOADS[1][5:]])
    assert len(part) == HEADER_BYTES + 16 == 148
    assert part[:8] == b"PLEURSUM"
    assert struct.unpack("<HHIIIIII", part[8:36]) == (1, 4, 7, 2, 3, 1, 3, 16)
    assert part[36:68] == bytes(range(32))
    assert part[68:100] == TERMS.digest
    assert part[100:132] == bytes(32)
    assert part[132:] == PAYLOADS[1]
    got = FORMAT.parse_upload(part)
    assert (got.sender, got.part, bytes(got.payload)) == (3, 1, PAYLOADS[1])
    assert got.payload.readonly


def _changed(part: bytes, at: int, field: bytes) -> bytes:
    return part[:at] + field + part[at + len(field) :]


GOOD = FORMAT.pack(3, 1, [PAYLOADS[1]])


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (b"", "a header of 132 bytes, got 0"),
        (GOOD[:131], "got 131 in all"),
        (_changed(GOOD, 0, b"PLEURSUN"), "begins with b'PLEURSUN'"),
        (_changed(GOOD, 8, b"\2"), "format 2, this program reads 1"),
        (_changed(GOOD, 10, b"\1"), "part's backend: ring, expected plain"),
        (_changed(GOOD, 10, b"\x63"), r"part's backend: unknown \(99\), expected plain"),
        (_changed(GOOD, 12, b"\x08"), "part's round: 8, expected 7"),
        (_changed(GOOD, 16, b"\x01"), "part's attempt: 1, expected 2"),
        (_changed(GOOD, 20, b"\x05"), "comes from hospital 5; the round has hospitals 0 to 4"),
        (_changed(GOOD, 20, struct.pack("<I", SERVER)), "comes from hospital 65535"),
        (_changed(GOOD, 24, b"\x03"), "part 3 was sent; the vector has parts 0 to 2"),
        (_changed(GOOD, 24, b"\x02"), "the payload of part 2 has 16 bytes"),
        (_changed(GOOD, 28, b"\x04"), "number of parts: 4, expected 3"),
        (_changed(GOOD, 32, b"\x11"), "has 16 bytes and says 17, expected 16"),
        (_changed(GOOD, 36, b"\x99"), "part's parameters: 99"),
        (_changed(GOOD, 67, b"\x99"), "part's parameters"),
        (_changed(GOOD, 99, bytes([GOOD[99] ^ 1])), "part's terms"),
        (_changed(GOOD, 100, b"\1"), "names an upload set"),
        (GOOD[:-1], "has 15 bytes"),
        (GOOD + b"\0", "has 17 bytes"),
    ],
)
def test_every_mismatch_is_refused_by_name(part: bytes, message: str) -> None:
    with pytest.raises(WireError, match=message):
        FORMAT.parse_upload(part)


def test_no_bit_of_a_header_may_change_but_to_another_hospital_or_part() -> None:
    passed = set()
    for bit in range(HEADER_BYTES * 8):
        mutated = bytearray(GOOD)
        mutated[bit // 8] ^= 1 << bit % 8
        try:
            part = FORMAT.parse_upload(bytes(mutated))
        except WireError:
            continue
        passed.add((part.sender, part.part))
    # GOOD is part 1 of hospital 3; part 0 is as long
    assert passed == {(2, 1), (1, 1), (3, 0)}


@pytest.mark.parametrize(
    "other",
    [
        replace(TERMS, federation="four lungs"),
        replace(TERMS, members=TERMS.members[::-1]),
        replace(TERMS, most_hospitals=11),
        replace(TERMS, layout=Layout((Values(name="a", size=10, clip=2.0),))),
        replace(TERMS, descriptor=bytes([1] * 32)),
    ],
)
def test_terms_that_differ_in_anything_differ_in_their_hash(other: RoundTerms) -> None:
    with pytest.raises(WireError, match="part's terms"):
        PartFormat(other, FORM).parse_upload(GOOD)


@pytest.mark.parametrize("backend", ["ring", "seal", "masks", "plain"])
def test_parameters_tell_the_room_and_the_packing(backend: str) -> None:
    one = create_adder(replace(TERMS, backend=backend)).form.parameters
    others = [
        create_adder(replace(TERMS, backend=backend, most_hospitals=11)).form.parameters,
        create_adder(replace(TERMS, backend=backend, values_per_coefficient=3)).form.parameters,
    ]
    assert len({one, *others}) == 3


def test_a_sum_is_read_in_any_order() -> None:
    parts = [FORMAT.pack(SERVER, i, [payload], UPLOADS) for i, payload in enumerate(PAYLOADS)]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]):
        assert [bytes(p) for p in FORMAT.sum_payloads((parts[i] for i in order), UPLOADS)] == PAYLOADS


def test_a_sum_is_whole_and_of_these_uploads_or_refused() -> None:
    parts = [FORMAT.pack(SERVER, i, [payload], UPLOADS) for i, payload in enumerate(PAYLOADS)]
    other = UploadSet(TERMS, range(3))
    for given_parts, message in (
        ([parts[0], parts[2]], "part 1 of the sum's 3 is missing"),
        ([], "part 0 of the sum's 3 is missing"),
        ([parts[0], parts[0]], "part 0 of the sum came twice"),
        ([parts[2], parts[2]], "part 2 of the sum came twice"),
        ([*parts, parts[1]], "part 1 of the sum came twice"),
        ([GOOD], "a part of the sum was expected, this one is from hospital 3"),
        ([FORMAT.pack(SERVER, 0, [PAYLOADS[0]], other)], "a sum over other uploads"),
        ([_changed(parts[0], 100, bytes(32))], "a sum over other uploads"),
    ):
        with pytest.raises(WireError, match=message):
            list(FORMAT.sum_payloads(given_parts, UPLOADS))
