"""The resource: its models, its CRD, its status, and the words in which bad input is refused."""

from canary.lean import put_off

put_off("cel.cli")  # CEL's command line, which its package imports: 26 of its 30 MiB
