"""The schema's history; `canary.store.schema` runs it when the controller starts."""
