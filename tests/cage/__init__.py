"""A real service is killed while its pins and its cabinet live on in another process, as they do in a Pi's kernel."""
