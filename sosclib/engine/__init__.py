"""The Docker Engine's objects, named as in the Docker SDK, each over one node."""
