"""One module a backend, the hospital's side: slots in, payloads out; the sum's payloads in, slots out."""
