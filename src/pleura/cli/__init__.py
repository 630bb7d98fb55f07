"""The command line: one module a command group; errors become one clear line and an exit code."""
