"""Truth and scores in; a cut-off chosen by a rule, and what it is worth on other cases, out."""
