"""A small Kubernetes API server that the real kubectl can use, over the sandbox's store.

A request goes: `server` (HTTP) → `calls` (what it names) → `verbs` → `reads`, `writes`, `deletes`, `streams`; a write passes
`admission` (unknown fields, defaults, validation) and `ownership` (managedFields). What a kind is, is in `kinds`.
"""

from canary.sandbox.apiserver.server import ApiServer

__all__ = ["ApiServer"]
