"""Training of segmenters: a recipe and a cohort with masks in, a model folder out."""
