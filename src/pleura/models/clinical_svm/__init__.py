"""Clinical values of a patient in; the probability of a disease by a support vector machine, and why, out."""
