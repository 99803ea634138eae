"""What to do next: pure planning, and routers that render traffic objects. No I/O, no clock."""
