"""Two classifiers in, whether one is better out: areas and proportions, on the same cases or on others."""
