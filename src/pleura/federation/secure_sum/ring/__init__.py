"""The additive ring encryption: small integers in, elements of Z_q[X]/(X^4096 + 1) out, and back."""
