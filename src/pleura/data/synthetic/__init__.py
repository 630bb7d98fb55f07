"""Seeded synthetic chest CT: anatomy, findings, scanner and writer, apart."""
