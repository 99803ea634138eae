"""A laptop without a cluster: an API server, workloads, a mesh, traffic and metrics in one process, on loopback.

It is for the demo, the tutorials and fast tests, never for production, and the controller has no code path that knows it.
"""
