"""What a controller manager does, as far as it can be observed: Deployments, ReplicaSets, Jobs and EndpointSlices."""
