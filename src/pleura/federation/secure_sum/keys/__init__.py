"""A hospital's own keys, the signed list of members, and the group key of each membership epoch."""
