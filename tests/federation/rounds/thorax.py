"""A small federation on disk: coordinator, server, hospitals with a toy model, and what the rounds should come to."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from federation.rounds.kills import WatchedChannel
from federation.secure_sum.rounds import quantised_sum
from pleura.federation.rounds.commits import Commit, Commits
from pleura.federation.rounds.descriptor import Descriptor, SignedDescriptor
from pleura.federation.rounds.hospital_rounds import RoundHospital
from pleura.federation.rounds.plan import RoundPlan
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.rounds.server_round import RoundServer
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.membership import Membership
from pleura.federation.secure_sum.layout import Counts, Layout, Values
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.sums import Opened

NAME = "Thorax"
SIZE = 5
LAYOUT = Layout((Values(name="w", size=SIZE, clip=1.0), Counts(name="n", size=1, most=1000)))
RECIPE_HASH = hashlib.sha256(b"a recipe").hexdigest()
POLICY = 'recipes = ["toy"]\nbackends = ["plain", "ring", "masks"]\n'
NO_MODEL = np.zeros(SIZE, np.float32)


def contribution(fingerprint: str, model: bytes) -> dict[str, np.ndarray]:
    """What a hospital sends: a fixed function of who it is and of the model, so that a replay can make it again."""
    seed = hashlib.sha256(fingerprint.encode() + model).digest()
    rng = np.random.default_rng(np.frombuffer(seed, np.uint32))
    return {"w": rng.normal(0, 0.5, SIZE).astype(np.float32), "n": np.array([rng.integers(1, 1000)])}


def step(model: bytes, values: Mapping[str, np.ndarray], counts: Mapping[str, np.ndarray], hospitals: int) -> bytes:
    """The next model: the order of additions in it is such that a round left out or done twice shows in every bit."""
    old = np.frombuffer(model, np.float32)
    new = np.float32(0.9) * old + values["w"] / np.float32(hospitals) + np.float32(1e-3) * np.float32(counts["n"][0])
    return new.astype(np.float32).tobytes()


class Toy:
    """The toy's learning."""

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self.recipes: dict[str, str] = {"toy": RECIPE_HASH}
        self.trained = 0

    def layout(self, recipe_hash: str) -> Layout:
        return LAYOUT

    def begin(self, into: Path) -> None:
        into.write_bytes(NO_MODEL.tobytes())

    def contribute(self, model: Path, descriptor: Descriptor) -> Mapping[str, Any]:
        self.trained += 1
        return contribution(self.fingerprint, model.read_bytes())

    def advance(self, model: Path, opened: Opened, descriptor: Descriptor, into: Path) -> None:
        into.write_bytes(step(model.read_bytes(), opened.values, opened.counts, opened.hospitals))

    def digest(self, model: Path) -> str:
        return hashlib.sha256(model.read_bytes()).hexdigest()


class Clock:
    """A clock that goes on when somebody sleeps by it."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Thorax:
    """A federation whose server and hospitals can be thrown away and loaded again."""

    def __init__(self, folder: Path, hospitals: int = 4, **plan: Any) -> None:
        self.folder = folder
        self.clock = Clock()
        self.coordinator = CoordinatorKey.create(folder / "coordinator")
        self.server_key = ServerKey.create(folder / "server-keys")
        self.endorsement = Endorsement.make(self.coordinator, NAME, 1, self.server_key.public)
        self.keys: dict[str, HospitalKeys] = {}
        for number in range(hospitals):
            self.enrol(f"h{number}")
        self.lists = [MemberList.make(self.coordinator, NAME, [keys.public for keys in self.keys.values()])]
        settings: dict[str, Any] = {"backend": "plain", "settle_s": 1.0, "answer_grace_s": 60.0}
        self.plan = RoundPlan(recipe="toy", recipe_hash=RECIPE_HASH, layout=LAYOUT, **(settings | plan))
        self.channel = WatchedChannel()
        for name in list(self.keys):
            self.join(name)
            self.start(name)

    def enrol(self, name: str) -> None:
        self.keys[name] = HospitalKeys.create(self.folder / name / "keys", name)
        (self.folder / name / "policy.toml").write_text(POLICY)

    def join(self, name: str) -> None:
        Membership.join(self.folder / name / "keys", self.coordinator.public, [one.to_bytes() for one in self.lists])

    def start(self, name: str) -> RoundHospital:
        """Load a hospital from the disk, and connect it."""
        at = self.folder / name
        keys = HospitalKeys.load(at / "keys")
        handler = RoundHospital(
            at / "rounds", keys, at / "keys", at / "policy.toml", Toy(keys.fingerprint), clock=self.clock
        )
        self.channel.connect(name, handler)
        return handler

    def server(self) -> RoundServer:
        """Load the server from the disk."""
        return RoundServer(
            self.folder / "server",
            self.plan,
            self.server_key,
            self.endorsement,
            [one.to_bytes() for one in self.lists],
            self.coordinator.public,
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    def change_members(self, names: list[str]) -> None:
        publics = [self.keys[name].public for name in names]
        self.lists.append(MemberList.make(self.coordinator, NAME, publics, self.lists[-1]))

    def model(self, name: str) -> bytes:
        """The hospital's model as it lies on the disk."""
        (path,) = (self.folder / name / "rounds" / "models").glob("*.model")
        return path.read_bytes()

    def commits(self) -> list[Commit]:
        return Commits(self.folder / "server", NAME).all

    def descriptor(self, commit: Commit, kept: Mapping[str, bytes]) -> Descriptor:
        return SignedDescriptor.from_bytes(kept[commit.descriptor], self.coordinator.public).descriptor

    def descriptors(self) -> dict[str, bytes]:
        """Every descriptor that lies at the server, by its digest."""
        found = {}
        for path in (self.folder / "server" / "rounds").glob("*/attempt-*/descriptor"):
            signed = SignedDescriptor.from_bytes(path.read_bytes(), self.coordinator.public)
            found[signed.descriptor.digest.hex()] = path.read_bytes()
        return found

    def replay(self, kept: Mapping[str, bytes]) -> bytes:
        """The model that the committed rounds should come to, from the hospitals' numbers in clear."""
        model = NO_MODEL.tobytes()
        for number, commit in enumerate(self.commits()):
            assert commit.round == number
            descriptor = self.descriptor(commit, kept)
            assert descriptor.model == hashlib.sha256(model).hexdigest()
            vectors = {place: contribution(descriptor.members[place], model) for place in commit.senders}
            values, counts = quantised_sum(LAYOUT, sizes_of(descriptor.terms).levels, vectors)
            model = step(model, values, counts, len(vectors))
        return model


def ledger_rows(thorax: Thorax, name: str) -> list[dict[str, Any]]:
    """A hospital's records, read without its code."""
    lines = (thorax.folder / name / "rounds" / "ledger").read_text().splitlines()
    return [json.loads(line[65:]) for line in lines]
