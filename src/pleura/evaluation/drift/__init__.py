"""Cases of a hospital at go-live and later ones in; whether the model's answers have changed, out."""
