"""Three hospitals and a server add vectors in one process: each hospital gets the weighted mean, the server nothing."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pleura.federation.secure_sum.ciphers.keyring import Keyring
from pleura.federation.secure_sum.hospital import HospitalRound
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.layout import Counts, Layout, Values
from pleura.federation.secure_sum.server import ServerRound
from pleura.federation.secure_sum.terms import RoundTerms
from pleura.federation.secure_sum.weighting import weigh, weighted_mean

with TemporaryDirectory() as folder:  # in earnest, each folder is at its owner's
    keys = [HospitalKeys.create(Path(folder, name), name) for name in ("north", "east", "west")]
    coordinator = CoordinatorKey.create(Path(folder, "coordinator"))
members = MemberList.make(coordinator, "example", [held.public for held in keys])
_, message = GroupKey.make(keys[0], members)
keyrings = [Keyring(held, members, GroupKey.open(message, held, members)) for held in keys]

layout = Layout((Values(name="update", size=1000, clip=1.0), Counts(name="weight", size=1, most=500)))
fingerprints = tuple(held.fingerprint for held in keys)
terms = RoundTerms(federation="example", round=0, attempt=0, members=fingerprints, most_hospitals=10, layout=layout)
updates = np.random.default_rng(7).normal(0, 0.2, (3, 1000)).astype(np.float32)
cases = [120, 340, 95]

server = ServerRound(terms)
hospitals = [HospitalRound(terms, place, keyring) for place, keyring in enumerate(keyrings)]
share_messages = {}
for hospital, update, weight in zip(hospitals, updates, cases, strict=True):
    arrays = weigh({"update": update}, weight, most=500) | {"weight": np.array([weight])}
    for part in hospital.upload(arrays):
        server.receive(part)
    share_messages[hospital.place] = hospital.share_message()

uploads = server.close()
answers = [hospital.answer(uploads, share_messages) for hospital in hospitals]
opened = hospitals[0].open(uploads, server.total_parts(), answers)
error = np.abs(weighted_mean(opened)["update"] - np.average(updates, axis=0, weights=cases)).max()
print(f"{opened.hospitals} hospitals, {opened.counts['weight'][0]} cases, off by at most {error:.0e}")  # noqa: T201
