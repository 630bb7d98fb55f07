"""Reading times in; ratios of times between conditions, tiers, and readers and a program out."""
