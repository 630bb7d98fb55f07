"""A descriptor, for tests that need any."""

from federation.rounds.thorax import LAYOUT, NAME
from pleura.federation.rounds.descriptor import Descriptor

DESCRIPTOR = Descriptor(
    federation=NAME,
    round=4,
    attempt=1,
    previous="ab" * 32,
    model="cd" * 32,
    members=tuple(f"{i:064x}" for i in range(5)),
    member_list=2,
    member_list_digest="ef" * 32,
    most_hospitals=16,
    layout=LAYOUT,
    backend="ring",
    values_per_coefficient=4,
    recipe="toy",
    recipe_hash="01" * 32,
    local_epochs=1.5,
    epsilon=0.0,
    server_reads_model=False,
    quorum=3,
    deadline=1_700_000_000,
)
