# %% [markdown]
# # Send a rapid sequence, and take its protections away
#
# Events come twice, late and all at once. You see that nobody is told twice or told old news; then you switch off what prevents it, watch it go wrong, and switch it on again.
#
# - **You will:** send bursts of events, see how many run at once, take conditions out of the deployed workflows and put them back
# - **You need:** this checkout; no account and no Docker
# - **You know:** what notebooks 00 and 02 show; 04 helps
# - **Time:** 10 minutes
# - **Cost:** 0
# - **Simplified:** everything runs on this machine, so its cores set the pace; a flight has three bookings, not 150
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# The hops of this notebook are the last three. The protections are conditions of writes to the table:
#
# Kafka → Lambda → EventBridge → **Step Functions → DynamoDB → messages**

# %% tags=["setup"]
from flightpulse.workbench import check, connect

wb = connect()
wb.ready("Step Functions", "DynamoDB", "messages")

# %% [markdown]
# ## What if six events come at once?
#
# Within a second operations say: SW1234 is 25 minutes late; three other flights have news; SW1234 is 95 minutes late. Then Kafka delivers the first event again, as it may: it promises *at least once*, not once.
#
# **Predict:** how late is SW1234 in the end, and how many of the six change anything?
#
# <details><summary>Think, then read</summary>95 minutes: the newest news counts, not the last to arrive. Five at most change something, because the copy is recognised. Four, if the 95 minutes overtook the 25.</details>

# %%
wb.fire("rapid-sequence").timing.concurrency()

# %% [markdown]
# One bar is one execution. They overlap: nobody waits for the one before. The one that ends as `ALREADY_HANDLED` is the copy. Whether the 25 minutes end as `DONE` or `SUPERSEDED` is a race, and either is fine.

# %% tags=["nbval-check-output"]
run = wb.run("rapid-sequence")
expected = [seen.ok for seen in run.checks]
check("expectations seen", f"{sum(expected)} of {len(expected)}", "7 of 7")
outcomes = [handled.outcome for handled in run.facts.handled]
check("copies recognised", outcomes.count("ALREADY_HANDLED"), 1)
check("messages told twice", len(run.inbox().repeated()), 0)
check("messages told too late", len(run.inbox().outdated()), 0)

# %% [markdown]
# **Takeaway:** events run at the same time, and order is not kept by queueing but decided at each write. The scenario and what must be seen: [scenarios.py](../simulator/scenarios.py). In the field's words: *at-least-once delivery*, nothing is lost and some things come twice ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## What keeps it that way?
#
# Seven conditions. Each is part of one write to the table, evaluated by DynamoDB in the same instant as the write, so that of two executions only one can win.
#
# **Predict:** which one would you leave out?

# %%
wb.protections.table()

# %% [markdown]
# The first four guard the event and the flight, the others the claim of each booking, for all its messages. They overlap on purpose. The next sections switch some of them off, for real: the condition is taken out of the deployed state machine with `UpdateStateMachine`, and put back at the end of the block.

# %% tags=["nbval-check-output"]
check("protections that are on", wb.protections.table().column("").count("✓ on"), 7)

# %% [markdown]
# **Takeaway:** a promise such as "nobody is told twice" is one `ConditionExpression` that you can read: `claim`, which `ReadRequest` keeps for the states that claim, in [notify_chunk.asl.json](../flightpulse/workflows/notify_chunk.asl.json). In the field's words: *conditional write* ([glossary](../docs/glossary.md#data)).

# %% [markdown]
# ## What if nobody remembers what was told?
#
# The same event is sent twice, while `ClaimEvent` takes every event and the claim of a booking forgets what was sent.
#
# **Predict:** four messages go out for one event. How many now?

# %%
event = wb.events.delay("SW1234", 40)
with wb.protections.without("event-claim", "message-once"):
    doubled = wb.fire([event, event], reset=True)
doubled.inbox("BKG-0003").only("sms")

# %% [markdown]
# Maya's phone rings twice with the same words. Both executions ended as `DONE`: each believed that it was the only one.

# %% tags=["nbval-check-output"]
check("messages told twice without the two", len(doubled.inbox().repeated()), 4)
event = wb.events.delay("SW1234", 40)
guarded = wb.fire([event, event], reset=True)
check("messages told twice with them", len(guarded.inbox().repeated()), 0)
check(
    "how the copies ended",
    sorted(handled.outcome for handled in guarded.facts.handled),
    ["ALREADY_HANDLED", "DONE"],
)

# %% [markdown]
# **Takeaway:** at-least-once delivery is safe when every effect is claimed by an id that comes from the event, never from a clock or a random number. Why each message is claimed, sent and then confirmed: [decision 2](../docs/decisions.md). In the field's words: *idempotency*, doing it twice has the effect of doing it once ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## What if old news may come after new?
#
# First the news of 95 minutes, then an older event that got stuck somewhere: 25 minutes, known five minutes earlier.
#
# **Predict:** what does Maya read last, and what does the table say, when nothing compares the times?

# %%
from datetime import UTC, datetime, timedelta

earlier = datetime.now(UTC) - timedelta(minutes=5)
with wb.protections.without("newest-on-flight", "message-order"):
    first = wb.fire(wb.events.delay("SW1234", 95), reset=True)
    wb.fire(wb.events.delay("SW1234", 25, at=earlier))
wb.inbox(passenger="PAX-0001", flight="SW1234", since=first.began_at).only("sms")

# %% [markdown]
# Maya was told 95 minutes, then 25. She comes back to the gate more than an hour too early. The table agrees with the wrong message, so the API and the dashboards would too.

# %% tags=["nbval-check-output"]
told = wb.inbox(flight="SW1234", since=first.began_at)
check("messages told too late without the two", len(told.outdated()), 4)
check("minutes late, says the table", wb.table.flight("SW1234").delay_minutes, 25)
first = wb.fire(wb.events.delay("SW1234", 95), reset=True)
late = wb.fire(wb.events.delay("SW1234", 25, at=earlier))
check("how the late event ends with them", late.execution().outcome, "SUPERSEDED")
check("minutes late, says the table now", wb.table.flight("SW1234").delay_minutes, 95)

# %% [markdown]
# **Takeaway:** the time at which operations *knew* decides, not the time of arrival. Time and id make one text that DynamoDB can compare: [claims of order](../docs/decisions.md) are decision 1.

# %% [markdown]
# ## Is one of the two enough?
#
# Now only one of them is off at a time. The other one stays.
#
# **Predict:** for each: is the flight wrong, are the passengers?

# %%
from datetime import UTC, datetime, timedelta

seen = {}
for off in ("newest-on-flight", "message-order"):
    with wb.protections.without(off):
        first = wb.fire(wb.events.delay("SW1234", 95), reset=True)
        wb.fire(wb.events.delay("SW1234", 25, at=datetime.now(UTC) - timedelta(minutes=5)))
    outdated = wb.inbox(flight="SW1234", since=first.began_at).outdated()
    minutes = wb.table.flight("SW1234").delay_minutes
    seen[off] = f"table says {minutes} min, {len(outdated)} messages too late"

# %% [markdown]
# The line with `✗` is right to complain: the late event was applied, and nobody heard of it. Without `newest-on-flight` the table is wrong and the passengers are not. Without `message-order` both are right, today: that one is for an execution that is overtaken *after* it has passed the flight.

# %% tags=["nbval-check-output"]
check(
    "without newest-on-flight", seen["newest-on-flight"], "table says 25 min, 0 messages too late"
)
check("without message-order", seen["message-order"], "table says 95 min, 0 messages too late")
check("protections that are on again", wb.protections.table().column("").count("✓ on"), 7)

# %% [markdown]
# **Takeaway:** two independent checks at different moments cover each other's gaps. A race between them needs luck to be seen, so a test makes it: [test_protections_on_the_stack.py](../tests/integration/workbench/test_protections_on_the_stack.py).

# %% [markdown]
# ## What does a burst look like?
#
# Five flights with five delays each, all sent at once: 25 records.
#
# **Predict:** the broker takes 25 records in a few milliseconds. Where do they wait?

# %%
flights = ["SW1234", "SW3456", "SW5678", "SW7890", "SW9012"]
burst = wb.fire(
    [wb.events.delay(flight, minutes) for minutes in range(20, 120, 20) for flight in flights],
    reset=True,
)
burst.timing.backlog()

# %%
burst.timing.throughput()

# %% [markdown]
# The dotted area is the backlog: sent and not yet handled to the end. Nothing is lost in it. It is the buffer that lets a sender go on at its own pace.

# %% tags=["nbval-check-output"]
executions = burst.executions.to_frame()
check(
    "events handled to the end", int(executions["outcome"].isin(["DONE", "SUPERSEDED"]).sum()), 25
)
check(
    "minutes late in the end",
    {wb.table.flight(flight).delay_minutes for flight in flights},
    {100},
)
check(
    "messages told twice or too late",
    len(burst.inbox().repeated()) + len(burst.inbox().outdated()),
    0,
)

# %% [markdown]
# **Takeaway:** a log with a consumer turns a burst into a backlog, and the protections hold while it drains. For thousands of records with copies and disorder there is `flightpulse chaos disorder`. In the field's words: *backlog*, and *backpressure* where a sender is slowed down instead ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## What we simplified
#
# - All executions share this machine's cores, so bars grow longer as more run. On AWS they would not.
# - Locally a changed definition counts at once. On AWS `UpdateStateMachine` takes some seconds to reach every start, and `wb.protections.without` waits for that and wants `agree=True`.
# - Sending an event twice stands for what Kafka, a rule or a retry does when an answer is lost.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Send the burst with ten delays for each flight: `range(10, 110, 10)`. How does the backlog change?
#    <details><summary>Solution</summary>It begins at 50 instead of 25 and takes about twice as long to drain. Nothing is told twice or too late.</details>
# 2. *Change a rule.* Within `wb.protections.without("cancelled-is-final")` fire `wb.events.cancellation("SW9012")`, then `wb.events.delay("SW9012", 20)`. What do passengers read?
#    <details><summary>Solution</summary>Cancelled, then 20 minutes late; the table says DELAYED. With the protection the delay ends as SUPERSEDED.</details>
# 3. *Break it.* Restart the kernel while `input()` waits in a `wb.protections.without("event-claim")` block. Is the protection lost?
#    <details><summary>Solution</summary>No: what is off is written down first. <code>wb.ready()</code> in the new kernel says "on again: event-claim".</details>

# %% [markdown]
# ## Clean up
#
# This puts the flights back to where they were, and any state machine back to what the stack deployed. You may run it twice.

# %% tags=["cleanup"]
wb.protections.restore()
wb.table.reset("SW1234", "SW3456", "SW5678", "SW7890", "SW9012")

# %% [markdown]
# ## Where the code lives
#
# - What each protection is, and how it is taken out: [protections.py](../flightpulse/workbench/faults/protections.py)
# - Switching, and coming back after a kill: [protection_switch.py](../flightpulse/workbench/faults/protection_switch.py)
# - The conditions themselves: [flightpulse/workflows](../flightpulse/workflows)
# - Read more: [AWS: making retries safe with idempotent APIs](https://aws.amazon.com/builders-library/making-retries-safe-with-idempotent-APIs/), [AWS: conditions of writes](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html), [Kafka: delivery semantics](https://kafka.apache.org/documentation/#semantics)
#
# Next: [Watch metrics, logs and alarms](07-watch-metrics-logs-and-alarms.ipynb).
