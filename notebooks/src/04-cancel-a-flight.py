# %% [markdown]
# # Cancel a flight and follow what it sets off
#
# One event says that a flight will not go. Three bookings need another flight, three people need to know, and a rebooking system nobody has written yet needs a call. You watch how each of them gets its due.
#
# - **You will:** find bookings by their status, step through the workflow, see a table report its own changes, and try to delay a flight that is cancelled
# - **You need:** this checkout; no account and no Docker
# - **You know:** what notebooks 00 and 02 show
# - **Time:** 15 minutes
# - **Cost:** 0
# - **Simplified:** no seat is rebooked: `rebooking.needed` ends in the audit log, where a rebooking system would listen
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# The hop under study is in bold:
#
# Kafka → Lambda → EventBridge → **Step Functions** → **DynamoDB** → **stream** → audit log

# %% tags=["setup"]
from flightpulse.workbench import check, connect
from flightpulse.workbench.explore import TableExplorer

wb = connect()
wb.ready("Step Functions", "DynamoDB", "stream")
table = TableExplorer(wb.session)

# %% [markdown]
# ## Which bookings need another flight?
#
# Fog closes the runways; SW9012 from Phoenix to Oakland will not go. It has three bookings, one of them already checked in.
#
# **Predict:** an agent wants every booking that needs another flight, of whatever flight, the oldest first. How is that read from the table without reading all of it?
#
# <details><summary>Think, then read</summary>By an index whose partition key is the status: GSI2. A booking whose status changes moves to another partition by itself.</details>

# %%
run = wb.fire("cancellation")
waiting = table.read("bookings-by-status", "NEEDS_REBOOKING")
columns = ("booking_id", "flight_id", "GSI2PK", "GSI2SK", "rebooking_priority")
waiting.where(flight_id="SW9012").only(*columns)

# %% tags=["nbval-check-output"]
found = [item["booking_id"] for item in waiting.items if item["flight_id"] == "SW9012"]
check("bookings of SW9012 in GSI2", sorted(found), ["BKG-0008", "BKG-0009", "BKG-0010"])
check("oldest first", found, sorted(found, key=lambda name: wb.table.booking(name).created_at))

# %% [markdown]
# `GSI2PK` is the status and `GSI2SK` the moment of booking, so the order of the rows is the order of the queue. BKG-0010 was booked before BKG-0009.
#
# **Takeaway:** a status that people ask for is the key of an index. All access patterns are in [keys.py](../flightpulse/domain/keys.py) and in [Explore the single table](09-explore-the-single-table.ipynb).

# %% [markdown]
# ## In which order does it happen?
#
# The workflow has four things to do: change the flight, mark the bookings, tell the passengers, call the rebooking system.
#
# **Predict:** which order would you choose, if it may fail after any of them?
#
# <details><summary>Think, then read</summary>The flight first: from then on no older news is told. Then the bookings, so that an agent whom a passenger calls sees the truth. Then the passengers. The rebooking system last: it may act on its own, and nobody should be rebooked before they know.</details>

# %%
wb.run("cancellation").execution().player()

# %% tags=["nbval-check-output"]
visits = [visit.name for visit in wb.run("cancellation").execution().history.visits]
steps = ["ApplyToFlight", "MarkForRebooking", "NotifyPassengers", "CallRebooking"]
check("order", [name for name in visits if name in steps], steps)

# %% [markdown]
# Step to `MarkForRebooking`: it is a Map, one iteration for each booking, and each writes one item. On GitHub you see the last picture; in JupyterLab and on the site it moves.
#
# **Takeaway:** the order of effects is a decision about failures. Each state says its reason in its `Comment`: [cancellation.asl.json](../flightpulse/workflows/cancellation.asl.json). In the field's words: *orchestration*, one part holds the whole sequence ([glossary](../docs/glossary.md#who-decides-what-happens-next)).

# %% [markdown]
# ## What did the table say about it?
#
# DynamoDB keeps a stream: every write, with the item before and after.
#
# **Predict:** one event about three bookings. How many writes did it take?
#
# <details><summary>Count, then look</summary>A claim for the event, one for the flight, one for each booking; then two for each booking (claim and confirm), and one that closes the event's claim.</details>

# %%
wb.run("cancellation").item_changes

# %% tags=["nbval-check-output"]
changes = wb.run("cancellation").item_changes
check("writes", len(changes), 1 + 1 + 3 + 2 * 3 + 1)
written = changes.to_frame()
check(
    "of them to the bookings' own items", int(written["pk"].str.startswith("BOOKING#").sum()), 3
)
booking = next(change for change in changes if change.pk == "BOOKING#BKG-0009")
status = next(change for change in booking.changes.changed if change.key == "booking_status")
check("BKG-0009 went from, to", (status.before, status.after), ("CHECKED_IN", "NEEDS_REBOOKING"))

# %% [markdown]
# Find the three lines with `booking_status`. The status is on the booking's own item; the flight's side of the booking notes who was told.
#
# **Takeaway:** a stream makes the table tell its own story, whoever wrote to it. It is one line of the stack: [table.py](../flightpulse/stack/table.py). In the field's words: *change stream* ([glossary](../docs/glossary.md#data)).

# %% [markdown]
# ## Who noticed without being asked?
#
# The workflow never calls StreamHandler. The table's stream does, and the function decides which of the twelve writes are worth an event.
#
# **Predict:** which ones?
#
# <details><summary>Think, then read</summary>Those where a status changed: three bookings and one flight. Who was told is nobody else's business.</details>

# %%
wb.run("cancellation").audit

# %% tags=["nbval-check-output"]
events = wb.run("cancellation").audit.to_frame()["detail_type"].value_counts().sort_index()
for name, number in events.items():
    check(name, number, {"booking.status_changed": 3}.get(name, 1))

# %% [markdown]
# Four of the five lines came from StreamHandler; `rebooking.needed` came from the workflow. All carry the same correlation id as the passengers' messages.
#
# **Takeaway:** what follows from a state belongs on the stream, so that no writer can forget it. What is worth an event: [status_changes.py](../flightpulse/use_cases/status_changes.py), published by [report_changes.py](../flightpulse/use_cases/report_changes.py).

# %% [markdown]
# ## What does the passenger read?
#
# Hannah has ordered wheelchair assistance and wants e-mails and texts.
#
# **Predict:** the model must not promise a new flight. What can a good message still offer?

# %%
wb.run("cancellation").inbox("BKG-0008")

# %% tags=["nbval-check-output"]
messages = [message.text for message in wb.run("cancellation").messages]
check("that say sorry", sum("sorry" in text or "apolog" in text for text in messages), 5)
check(
    "that say how to rebook",
    sum("contact us" in text or "our team" in text for text in messages),
    5,
)
check(
    "that promise another flight", sum("we have rebooked" in text.lower() for text in messages), 0
)

# %% [markdown]
# An apology, what to do next, the code to have at hand, and that her request is known. The text does it in 160 characters.
#
# **Takeaway:** bad news is told with a next step, or not told well. The brief that writer and reviewer share asks for both: [cancellation.toml](../flightpulse/messages/news/cancellation.toml). [Write to every tier](03-write-to-every-tier.ipynb) tries that.

# %% [markdown]
# ## When is the rebooking system called?
#
# `rebooking.needed` is a hook: whoever rebooks passengers adds a rule to the bus and changes nothing here.
#
# **Predict:** how many times is it sent for three bookings, and before or after the passengers know?

# %%
call = next(
    entry
    for entry in wb.run("cancellation").audit
    if entry.detail_type == "rebooking.needed"
)
call.detail

# %% tags=["nbval-check-output"]
told = max(message.at for message in wb.run("cancellation").messages)
check("called after the last message", call.at >= told, True)
check(
    "bookings, priority",
    (call.detail["bookings_marked"], call.detail["rebooking_priority"]),
    (3, "HIGH"),
)

# %% [markdown]
# Once, with a count and no names: who is concerned is read from GSI2 by those who may. Its `rebooking_id` is made from the event's id, so a repeated call is recognised.
#
# **Takeaway:** an event tells those who care that something is true; it does not tell them what to do. Its shape: [rebooking_needed.json](../flightpulse/schemas/rebooking_needed.json).

# %% [markdown]
# ## Can a cancelled flight be late?
#
# Half an hour later a delay arrives for the same flight, sent by somebody who has not heard.
#
# **Predict:** the delay is *newer* news. Does it win?

# %%
wb.fire("cancellation")
late = wb.fire(wb.events.delay("SW9012", 45, "WEATHER"))
late.execution().table()

# %% tags=["nbval-check-output"]
check("outcome", late.execution().outcome, "SUPERSEDED")
check("flight", wb.table.flight("SW9012").status, "CANCELLED")
check("messages", len(late.messages), 0)

# %% [markdown]
# Follow the rows: `ApplyToFlight` is refused by the table (`!`), `LookAtFlight` reads why, and the event ends as *Superseded*.
#
# **Takeaway:** newest wins, but over is over. It is one condition of one write, which the table checks: `ApplyToFlight` in [delay.asl.json](../flightpulse/workflows/delay.asl.json).

# %% [markdown]
# ## What does one event cost?
#
# In an account each part of this run is paid by use: transitions between states, calls and seconds of functions, writes and reads, events, log lines. The histories and logs say how many there were; the prices are lists.
#
# **Predict:** of the parts that grow with the passengers, which is the dearest, and what are they together: a tenth of a cent, a cent, ten cents?

# %%
cost = wb.run("cancellation").cost()
cost

# %% tags=["nbval-check-output"]
growing = [line for line in cost.lines if line.grows]
dearest = max(growing, key=lambda line: line.dollars)
check("the dearest part", dearest.what, "Step Functions, state transitions")
check("it all is less than half a cent", sum(line.dollars for line in growing) < 0.005, True)

# %% [markdown]
# **Takeaway:** a *cost per event* is a figure to design by. CloudWatch's custom metrics are paid by the hour in which they have values, for one event as for a thousand; the rest grows. Here a state is worth more than a millisecond: whoever wants it cheaper merges states, or moves short steps from Standard to Express workflows. In a terminal: `flightpulse cost`. Prices: [prices.py](../flightpulse/workbench/costs/prices.py).

# %% [markdown]
# ## What we simplified
#
# - Nobody is rebooked. `rebooking.needed` is an event without a listener but the audit log.
# - On AWS an index lags a moment behind the table, and a stream may deliver a record twice; here neither happens. The change's id is derived from the record, so a copy would be recognised.
# - A cancelled flight stays cancelled. Reinstating one would need an event type of its own: [Add an event type](11-add-an-event-type.ipynb).

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Cancel SW5678 instead: `run = wb.fire(wb.events.cancellation("SW5678", "MECHANICAL"), reset=True)`. How many bookings does `rebooking.needed` name? Then `wb.table.reset("SW5678")`.
#    <details><summary>Solution</summary>Four, says <code>run.audit</code>. Five messages go to four people: the booking knows nothing of channels, the passenger does.</details>
# 2. *Change a rule.* Ask for other statuses: `table.read("bookings-by-status", "CHECKED_IN")` before and after a cancellation of SW9012. Which booking leaves the list?
#    <details><summary>Solution</summary><code>BKG-0009</code>. Its status is the index's partition key, so one write moves it from one partition to another.</details>
# 3. *Break it.* Cancel SW9012 twice with two different events: `wb.fire("cancellation")`, then `wb.fire(wb.events.cancellation("SW9012", "CREW"))`. What do the passengers read?
#    <details><summary>Solution</summary>Only the first: the second ends as SUPERSEDED, because the flight is over. The reason on the flight stays WEATHER.</details>

# %% [markdown]
# ## Clean up
#
# This puts the flight and its bookings back to where they were. You may run it twice.

# %% tags=["cleanup"]
wb.table.reset("SW9012")

# %% [markdown]
# ## Where the code lives
#
# - The workflow: [cancellation.asl.json](../flightpulse/workflows/cancellation.asl.json)
# - The stream's function: [report_changes.py](../flightpulse/use_cases/report_changes.py)
# - What is promised about every event and item: [flightpulse-spec.md](../docs/flightpulse-spec.md)
# - Read more: [AWS: DynamoDB Streams](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html), [AWS: Standard and Express workflows](https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html)
#
# Next: [Change a gate](05-change-a-gate.ipynb).
