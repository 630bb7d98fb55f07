"""Several readers, several cases: scores in; accuracies, their variances, and tests between conditions out."""
