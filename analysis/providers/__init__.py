"""Where numbers come from: one module per kind of metric provider, behind `providers.base.MetricSource`."""
