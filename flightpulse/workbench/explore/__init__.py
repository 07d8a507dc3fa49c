"""Explorers that answer one question each: what does the table hold, why this rule, why this branch.

::

    TableExplorer(session).read("bookings-of-flight", "SW1234")
    RuleTester(session).why_not(event, "flightpulse-cancellation")
    explain_choices(execution.definition, execution.events)
"""

from flightpulse.workbench.explore.choices import explain_choices
from flightpulse.workbench.explore.rules import RuleTester
from flightpulse.workbench.explore.table import TableExplorer

__all__ = ["RuleTester", "TableExplorer", "explain_choices"]
