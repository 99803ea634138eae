"""What has to be in a cluster for the controller to run there: `canary install` prints it, nothing here applies anything."""

from canary.install.manifests import NAME, Document, Installation, manifests
from canary.install.rights import rules

__all__ = ["NAME", "Document", "Installation", "manifests", "rules"]
