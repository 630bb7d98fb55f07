"""A hospital's cohort and the global model in, its update out; the opened sum in, the next global model out."""
