"""Two measurements or two gradings of the same cases in; how far they agree out."""
