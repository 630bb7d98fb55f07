"""Parts of a report in; findings out, a rule or a few a module."""
