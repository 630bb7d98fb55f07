"""One module a backend, the server's side: payloads in, their sum out; holds no key."""
