"""A mesh on loopback that splits real requests by what the TrafficSplits and EndpointSlices say, as Linkerd's proxy does."""
