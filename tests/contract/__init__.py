"""One suite of behaviours for two servers: the sandbox's and a real kube-apiserver, so that the sandbox can't drift."""
