"""A new hospital's labelled cases in; whether a model may be used there, and with what changes, out."""
