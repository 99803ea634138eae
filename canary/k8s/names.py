"""Names that are written into the cluster: changing one orphans what was written under the old one."""

GROUP = "canary.delivery"
VERSION = "v1alpha1"

FIELD_MANAGER = "canary-delivery"
FINALIZER = f"{GROUP}/release"

CANARY_LABEL = f"{GROUP}/canary"
ROLE_LABEL = f"{GROUP}/role"
COMMAND_ANNOTATION = f"{GROUP}/command"
HELD_ANNOTATION = f"{GROUP}/held"
DEFERRED_ANNOTATION = f"{GROUP}/deferred-template"
