"""One measured case in, as JSON on the command line; CPU seconds, bytes and peak memory out, as JSON on a line.

Run by `secure_sum.py` in a process of its own, so that memory is this case's alone. Every case goes from float32 values
to bytes as they are sent, from such bytes to a sum on the server, and from the sum's bytes to float32 values. Three
hospitals upload the same values (with the backend masks, all do), and the server's time is that of adding ten uploads,
by upload. Memory is counted in the first run of a process; where there are more, time is counted in the others.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

CLIP = 1.0
UPLOADS = 3
ADDED = 10


class Clock:
    """CPU and wall seconds by name; CPU seconds are those of all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def run(self, name: str) -> Iterator[None]:
        """Add what is done in the block to `name`."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - cpu
        self.seconds[f"{name} wall"] = self.seconds.get(f"{name} wall", 0.0) + time.perf_counter() - wall


def peak() -> int:
    """Largest resident memory of this process up to now, in bytes; the parent is small, so that it is not counted."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def draw(sizes: Sequence[int]) -> list[np.ndarray]:
    """Give float32 values like a network's updates, made in chunks so that no large array comes and goes."""
    rng = np.random.default_rng(20201121)
    arrays = []
    for size in sizes:
        array = np.empty(size, np.float32)
        for start in range(0, size, 1 << 16):
            part = array[start : start + (1 << 16)]
            rng.standard_normal(part.size, np.float32, part)
            part *= np.float32(0.1)
        arrays.append(np.clip(array, -CLIP, CLIP, out=array))
    return arrays


@lru_cache(maxsize=1)
def keyrings_of(hospitals: int, *, seal: bool) -> list[Any]:
    """Give each hospital's keys, the member list and the group key."""
    with tempfile.TemporaryDirectory() as folder:
        return federation(hospitals, Path(folder), seal=seal)


def federation(hospitals: int, folder: Path, *, seal: bool) -> list[Any]:
    """Make the keys of a federation in a folder."""
    from pleura.federation.secure_sum.ciphers.keyring import Keyring
    from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
    from pleura.federation.secure_sum.keys.group_key import GroupKey
    from pleura.federation.secure_sum.keys.identity import HospitalKeys
    from pleura.federation.secure_sum.keys.members import MemberList

    keys = [HospitalKeys.create(folder / str(i), f"hospital {i}") for i in range(hospitals)]
    members = MemberList.make(CoordinatorKey.create(folder / "coordinator"), "benchmark", [k.public for k in keys])
    group, message = GroupKey.make(keys[0], members)
    shared = None
    if seal:
        from pleura.federation.secure_sum.ciphers.seal_context import make_seal_key

        shared = make_seal_key(group)
    return [Keyring(k, members, GroupKey.open(message, k, members), shared) for k in keys]


def add_up(form: Any, adder: Any, uploads: list[list[bytes]]) -> list[Any]:
    """Parse every part and add it to the sum: what a server does with uploads."""
    return [
        adder.add_up(part, [form.parse_upload(parts[part]).payload for parts in uploads])
        for part in range(adder.form.parts)
    ]


def measure_pleura(case: Mapping[str, Any], sizes: Sequence[int], clock: Clock) -> dict[str, float]:
    """Measure one of our backends."""
    from pleura.federation.secure_sum.adders.create import create_adder
    from pleura.federation.secure_sum.ciphers.create import create_cipher
    from pleura.federation.secure_sum.layout import Counts, Layout, Values
    from pleura.federation.secure_sum.sizes import sizes_of
    from pleura.federation.secure_sum.slots import SlotVector
    from pleura.federation.secure_sum.sums import opened_sum
    from pleura.federation.secure_sum.terms import RoundTerms, UploadSet
    from pleura.federation.secure_sum.wire import PartFormat

    backend, hospitals = case["way"], case["hospitals"]
    keyrings = keyrings_of(hospitals, seal=backend == "seal")
    segments = [Values(name=str(i), size=size, clip=CLIP) for i, size in enumerate(sizes)]
    terms = RoundTerms(
        federation="benchmark",
        round=0,
        attempt=0,
        members=tuple(k.hospital.fingerprint for k in keyrings),
        most_hospitals=hospitals,
        layout=Layout((*segments, Counts(name="weight", size=1, most=10**6))),
        backend=backend,
        values_per_coefficient=case.get("values", 4),
    )
    levels, adder = sizes_of(terms).levels, create_adder(terms)
    form = PartFormat(terms, adder.form)
    arrays: dict[str, Any] = {str(i): a for i, a in enumerate(draw(sizes))}
    arrays["weight"] = np.array([500])
    senders = list(range(hospitals if backend == "masks" else UPLOADS))
    upload_set = UploadSet(terms, senders)
    ciphers = [create_cipher(terms, i, keyrings[i], threads=case.get("threads", 1)) for i in range(hospitals)]

    def upload(place: int) -> list[bytes]:
        vector = SlotVector(terms.layout, levels, arrays)
        return [form.pack(place, part, p) for part, p in enumerate(ciphers[place].encrypt(vector))]

    before = peak()
    with clock.run("encrypt"):
        uploads = [upload(0)]
    memory = {"encrypt memory": peak() - before}
    found = {"bytes": sum(map(len, uploads[0]))}
    uploads += [upload(place) for place in senders[1:]]
    with clock.run("deal"):
        message = ciphers[0].share_message()
    messages = {place: ciphers[place].share_message() for place in senders[1:]} | {0: message}
    with clock.run("answer"):
        answer = ciphers[0].answer(upload_set, messages)
    answers = [answer, *(ciphers[i].answer(upload_set, messages) for i in range(1, terms.threshold))]
    sums = add_up(form, adder, uploads)
    total = [form.pack(65535, part, pieces, upload_set) for part, pieces in enumerate(sums)]
    with clock.run("combine"):
        slots = ciphers[0].decrypt(upload_set, form.sum_payloads(total, upload_set), answers)
    with clock.run("decrypt"):
        opened = opened_sum(terms.layout, levels, len(senders), slots)
    memory["memory"] = peak() - before
    error = max(float(np.abs(opened.values[str(i)] / len(senders) - arrays[str(i)]).max()) for i in range(len(sizes)))
    assert opened.counts["weight"][0] == 500 * len(senders)
    if "added" in case:
        del opened, sums
        copies = [*uploads, *([bytes(bytearray(part)) for part in uploads[0]] for _ in range(ADDED))][:ADDED]
        with clock.run("add"):
            add_up(form, adder, copies)
        clock.seconds["add"] /= ADDED
    return {**found, **memory, "shares": len(message), "answer bytes": len(answer), "error": error}


def measure_tenseal(sizes: Sequence[int], clock: Clock) -> dict[str, float]:
    """Measure TenSEAL as FLARE's encryptor, aggregator and decryptor use it: one shared key, a vector a tensor."""
    import tenseal as ts

    context = ts.context(
        ts.SCHEME_TYPE.CKKS,
        poly_modulus_degree=8192,
        coeff_mod_bit_sizes=[60, 40, 40],
        encryption_type=ts.ENCRYPTION_TYPE.SYMMETRIC,
        n_threads=1,
    )
    context.global_scale = 2**40
    server = ts.context_from(context.serialize(save_secret_key=False), n_threads=1)
    arrays = draw(sizes)
    before = peak()
    with clock.run("encrypt"):
        upload = [ts.ckks_vector(context, a * np.float64(1)).serialize() for a in arrays]
    memory = {"encrypt memory": peak() - before}
    sums = [ts.ckks_vector_from(server, data) for data in upload]
    with clock.run("add"):
        others = [ts.ckks_vector_from(server, data) for data in upload]
        with clock.run("add alone"):
            for one, other in zip(sums, others, strict=True):
                one.add_(other)
    del others
    total = [one.serialize() for one in sums]
    del sums
    with clock.run("decrypt"):
        opened = [np.array(ts.ckks_vector_from(context, data).decrypt(), np.float32) for data in total]
    memory["memory"] = peak() - before
    error = max(float(np.abs(o / 2 - a).max()) for o, a in zip(opened, arrays, strict=True))
    return {"bytes": sum(map(len, upload)), **memory, "error": error}


def measure(case: Mapping[str, Any], sizes: Sequence[int], clock: Clock) -> dict[str, float]:
    """Measure a case of either kind."""
    if case["way"] == "tenseal":
        return measure_tenseal(sizes, clock)
    return measure_pleura(case, sizes, clock)


def tensor_sizes() -> list[int]:
    """Sizes of the tensors of real numbers in UCADI's 3D-DenseNet, running statistics included."""
    from pleura.models.registry import create_network

    state = create_network("densenet3d", classes=4).state_dict()
    return [value.numel() for value in state.values() if value.is_floating_point()]


def main() -> None:
    """Measure one case; a small one first, so that compiling and loading are not counted."""
    case = json.loads(sys.argv[1])
    if case["way"] == "tensors":
        print(json.dumps(tensor_sizes()))
        return
    if case["way"] == "parts":
        from _ring_parts import ring_parts

        print(json.dumps(ring_parts(times=100)))
        return
    measure(case, [5000 if case["way"] == "tenseal" else 300_000], Clock())
    runs = []
    for _ in range(case.get("repeats", 1)):
        clock = Clock()
        found = measure(case, case["sizes"], clock)
        runs.append({**found, **clock.seconds})
    memory = {name: value for name, value in runs[0].items() if name.endswith("memory")}
    print(json.dumps([run | memory for run in runs[len(runs) > 1 :]]))


if __name__ == "__main__":
    main()
