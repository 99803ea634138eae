"""What is remembered beyond `.status`: history, evidence, runs, commands, and what is still to be sent.

Position is in `.status`; this database may be slow, away or lost without any rollout or rollback waiting for it.
"""

from canary.lean import hollow_out, leave_out

hollow_out("sqlalchemy.ext.asyncio.session", "sqlalchemy.ext.asyncio.scoping")  # the ORM comes with them: 7 MiB
leave_out("mako.ext.pygmentplugin")  # Alembic's templates would colour their errors: 4 MiB that a migration leaves behind
