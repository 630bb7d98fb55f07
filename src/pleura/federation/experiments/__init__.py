"""A recipe and a cohort of several hospitals in; the paper's two experiments and two sweeps, each as a folder, out."""
