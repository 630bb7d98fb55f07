"""Cohorts: the table of cases, its checks, the volume cache, torch data sets and the synthetic generator."""
