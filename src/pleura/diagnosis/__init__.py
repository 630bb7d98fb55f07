"""From a volume to a report: each step typed and timed."""
