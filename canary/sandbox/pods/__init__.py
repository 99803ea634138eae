"""What a kubelet does, on loopback: every pod is an HTTP server of its own, behaving as its environment says."""
