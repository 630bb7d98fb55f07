"""Published cohorts: their layouts on disk, and what it takes to make a Pleura cohort of each."""
