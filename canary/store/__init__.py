"""What is remembered beyond `.status`: history, evidence, runs, commands, and what is still to be sent.

Position is in `.status`; this database may be slow, away or lost without any rollout or rollback waiting for it.
"""

from canary.lean import leave_out

leave_out("mako.ext.pygmentplugin")  # Alembic's templates would colour their errors: 4 MiB that a migration leaves behind
