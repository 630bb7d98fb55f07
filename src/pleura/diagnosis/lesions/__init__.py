"""A mask of lesions in; how much lesion there is, of what kind and where, out."""
